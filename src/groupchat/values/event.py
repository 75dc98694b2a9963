"""The base of every event, its wire name and its envelope (R31).

An event is one fact in business words. Its envelope, `Recorded`, says who, when and by which request; the store writes it. The wire
name (`groupchat.conversation.created`) is stored, so a class may be renamed or moved freely.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from eventsourcing.utils import TopicError, register_topic, resolve_topic
from msgspec import Meta, Raw, Struct, convert, json

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone."""
ActorKind = Literal["user", "participant", "carrier", "process"]


class Event(Struct, frozen=True, kw_only=True, gc=False):
    """A fact. Subclasses are frozen, keyword-only structs registered with `stored_as`.

    A change of shape needs a higher `class_version` and a static method `upcast_v1_v2(state: dict)`, as the `eventsourcing` library
    documents. Released shapes stay readable forever (R34).
    """

    TOPIC: ClassVar[str] = ""
    class_version: ClassVar[int] = 1


E = TypeVar("E", bound=Event)

EVENT_TYPES: dict[str, type[Event]] = {}
"""Every event class by its wire name."""


def stored_as(topic: str) -> Callable[[type[E]], type[E]]:
    """Give an event class its wire name, which never changes."""

    def register(event_type: type[E]) -> type[E]:
        event_type.TOPIC = topic
        register_topic(topic, event_type)
        EVENT_TYPES[topic] = event_type
        return event_type

    return register


def decode(name: str, data: bytes | Raw, shape: int) -> Event:
    """Return an event of a wire name from its data as JSON, upcast from the shape that it was written in (R34).

    Raises `ValueError` (of which msgspec's errors are subclasses) for an unknown name, a shape that is newer than this groupchat,
    or invalid data.
    """
    try:
        event_type = cast("type[Event]", resolve_topic(name))
    except TopicError as error:
        msg = f"no event is called {name!r} here; install the version of groupchat that wrote it"
        raise ValueError(msg) from error
    if shape == event_type.class_version:
        return _decoder(event_type).decode(data)
    if shape > event_type.class_version:
        msg = f"its shape is version {shape}, but this groupchat knows {event_type.class_version}; install the one that wrote it"
        raise ValueError(msg)
    state: dict[str, Any] = json.decode(data)
    for version in range(shape, event_type.class_version):
        getattr(event_type, f"upcast_v{version}_v{version + 1}")(state)
    return convert(state, event_type)


@cache
def _decoder(event_type: type[Event]) -> json.Decoder[Event]:
    return json.Decoder(event_type)


class Actor(Struct, frozen=True, gc=False):
    """The origin of an event: the id of a user or participant (whose id is the number), or the name of a carrier or process."""

    kind: ActorKind
    id: str


class Cause(Struct, frozen=True, kw_only=True, gc=False):
    """The origin of a command: the workspace, the actor, the request, and its cause (the id of an event or request)."""

    workspace_id: str
    actor: Actor
    correlation_id: str
    causation_id: str


class Recorded(Struct, frozen=True, kw_only=True, gc=False):
    """A stored event: `version` counts its stream from 1, `position` the whole store from 1."""

    event: Event
    stream: str
    version: int
    position: int
    at: datetime
    cause: Cause

    @property
    def id(self) -> str:
        """The event's own id, stable forever: `<stream>/<version>`."""
        return f"{self.stream}/{self.version}"

    @property
    def type(self) -> str:
        """The event's wire name."""
        return self.event.TOPIC

    def causes(self, process: str) -> Cause:
        """Return the origin of what a process does because of this event."""
        cause = self.cause
        return Cause(
            workspace_id=cause.workspace_id,
            actor=Actor("process", process),
            correlation_id=cause.correlation_id,
            causation_id=self.id,
        )


def of_types(batch: Iterable[Recorded], types: frozenset[type[E]]) -> list[tuple[E, Recorded]]:
    """Return the events of these types, each with its envelope. `isinstance` takes ten times as long where the type is another."""
    return cast("list[tuple[E, Recorded]]", [(recorded.event, recorded) for recorded in batch if type(recorded.event) in types])
