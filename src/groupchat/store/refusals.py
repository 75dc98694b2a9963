"""Refusals of the store, which any command can meet."""

from groupchat.store.database import is_passing
from groupchat.values.errors import RefusalError


class VersionConflictError(RefusalError):
    """The command lost to concurrent changes in every one of its tries."""

    slug = "version-conflict"

    def __init__(self, message: str = "Other requests keep changing the same thing. Nothing was stored. Try again.") -> None:
        super().__init__(message)


class UnavailableError(RefusalError):
    """The store can't be reached now. It is unknown whether the command was stored."""

    slug = "unavailable"


def may_pass(error: BaseException) -> bool:
    """Return whether the same work may succeed later: the database is away for now, or others were faster in every try."""
    return is_passing(error) or isinstance(error, UnavailableError | VersionConflictError)


class PositionAheadError(RefusalError):
    """The caller knows a position that the log does not have, as after a restore from a backup. Waiting would miss events."""

    slug = "position-ahead"

    def __init__(self, position: int, head: int) -> None:
        msg = f"Position {position} is beyond the end of the log ({head}). The database may have been restored from a backup."
        super().__init__(msg, head=head)


class OverloadedError(UnavailableError):
    """Too many appends are waiting. Nothing of the command was stored."""
