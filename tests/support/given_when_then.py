"""Given what happened, when a command comes, then these events follow: tests of deciders read like the rules.

    given(contact, a_contact_created()).when(Change(name="Ann")).then(Renamed(contact_id="ctc_1", name="Ann"))
    given(contact).when(Delete()).refused(NotFoundError)

`then` and `nothing` lead on: `.then(...).when(...)` gives the next command to what is so by then.
"""

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import pytest

from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded
from tests.support.builders import recorded

S = TypeVar("S")
R = TypeVar("R", bound=RefusalError)


class Decider(Protocol):
    """An aggregate's module."""

    def evolve(self, state: Any, recorded: Recorded, /) -> Any: ...

    def decide(self, command: Any, state: Any, /) -> list[Event]: ...


def given(decider: Decider, *events: Event | Recorded) -> "Given":
    """Begin with a history; bare events get an envelope with versions from 1 and increasing times."""
    return Given(decider, history(events))


def fold(evolve: Callable[[S | None, Recorded], S | None], events: Iterable[Event | Recorded]) -> S | None:
    """Return the state that a history leads to."""
    state: S | None = None
    for each in history(events):
        state = evolve(state, each)
    return state


def history(events: Iterable[Event | Recorded]) -> list[Recorded]:
    """Return events as entries of a stream; each bare one follows the one before it."""
    stream: list[Recorded] = []
    for event in events:
        stream.append(event if isinstance(event, Recorded) else recorded(event, version=len(stream) + 1))
    return stream


class Given:
    """A stream with its history."""

    def __init__(self, decider: Decider, events: list[Recorded]) -> None:
        self.decider = decider
        self.events = events

    @property
    def state(self) -> Any:
        """The state after the history."""
        return fold(self.decider.evolve, self.events)

    def when(self, command: Any) -> "When":
        """Give a command to the aggregate."""
        return When(self, command)


class When(Generic[R]):
    """A command that waits for its expectation."""

    def __init__(self, before: Given, command: Any) -> None:
        self.before = before
        self.command = command

    def then(self, *expected: Event) -> Given:
        """Expect exactly these events, in this order; return the stream with them."""
        events = self.before.decider.decide(self.command, self.before.state)
        assert events == list(expected)
        return given(self.before.decider, *self.before.events, *events)

    def nothing(self) -> Given:
        """Expect that the command adds no event."""
        return self.then()

    def refused(self, error: type[R], **members: Any) -> R:
        """Expect a refusal with these members (others may be there); return it."""
        with pytest.raises(error) as caught:
            self.before.decider.decide(self.command, self.before.state)
        assert {name: caught.value.members[name] for name in members} == members
        return caught.value


def locs_of(refusal: RefusalError) -> list[str]:
    """Return the places that a refusal names."""
    return [error["loc"] for error in refusal.members["errors"]]
