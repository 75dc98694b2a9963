"""What the store refuses, whatever the command."""

from groupchat.values.errors import RefusalError


class VersionConflictError(RefusalError):
    """The command lost to concurrent changes in every one of its tries."""

    slug = "version-conflict"


class UnavailableError(RefusalError):
    """The store can't be reached now; whether the command was stored is not known, and repeating it tells."""

    slug = "unavailable"


class OverloadedError(UnavailableError):
    """Too many appends wait already; nothing of the command was stored."""
