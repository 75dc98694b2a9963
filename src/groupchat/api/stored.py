"""The base of all types of events."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class Actor(Struct, frozen=True):
    """Who caused an event: the id of a user or participant (whose id is the number), or the name of a carrier or process."""

    kind: Literal["user", "participant", "carrier", "process"]
    id: str


class Stored(Struct, frozen=True, kw_only=True, tag_field="type"):
    """A stored event. `position` is its place in the log, and where a stream resumes."""

    stream: str
    version: int
    position: int
    at: datetime
    actor: Actor
    correlation_id: str

    @property
    def id(self) -> str:
        """The event's own id, stable forever."""
        return f"{self.stream}/{self.version}"

    @property
    def type(self) -> str:
        """The event's type, such as `groupchat.conversation.message_sent`."""
        return str(self.__struct_config__.tag)


class UnknownEvent(Struct, frozen=True, kw_only=True):
    """An event of a type that this version of the client does not know."""

    type: str
    stream: str
    version: int
    position: int
    at: datetime
    actor: Actor
    correlation_id: str
    data: dict[str, Any]
