"""Refusals of the store, which any command can meet."""

from groupchat.values.errors import RefusalError


class VersionConflictError(RefusalError):
    """The command lost to concurrent changes in every one of its tries."""

    slug = "version-conflict"


class UnavailableError(RefusalError):
    """The store can't be reached now; whether the command was stored is not known, and repeating it tells."""

    slug = "unavailable"


class PositionAheadError(RefusalError):
    """The caller knows a position that the log does not have, as after a restore from a backup: waiting would lose what comes."""

    slug = "position-ahead"

    def __init__(self, position: int, head: int) -> None:
        msg = f"Position {position} is beyond the end of the log ({head}). The database may have been restored from a backup."
        super().__init__(msg, head=head)


class OverloadedError(UnavailableError):
    """Too many appends wait already; nothing of the command was stored."""
