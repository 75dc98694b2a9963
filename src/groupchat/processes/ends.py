"""How the handling of events ended."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from groupchat.values.event import Recorded


class End(Struct, frozen=True):
    """The result of handling a key's events: success, or the remaining events and the reason."""

    left: Sequence[Recorded] = ()
    error: Exception | None = None
    due: datetime | None = None


class Reacted(Struct, frozen=True):
    """The events of a key that a process has reacted to, and the result."""

    events: Sequence[Recorded]
    end: End
