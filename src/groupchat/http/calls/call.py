"""A request that is read, as handlers get it: who calls, what they ask, and how a command is run for them."""

from collections.abc import Awaitable, Callable
from typing import Concatenate, Generic, ParamSpec, TypeVar

from msgspec import Struct

from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Written
from groupchat.http.services import Services
from groupchat.queries.views import Views
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.store.terms import Terms
from groupchat.values.event import Cause

P = ParamSpec("P")
T = TypeVar("T")
B = TypeVar("B")
Q = TypeVar("Q")


class Call(Struct, frozen=True):
    """A request that is read: who makes it, the path's parameters, and the terms that its headers set for its command."""

    services: Services
    who: Caller
    path: dict[str, str]
    terms: Terms

    @property
    def store(self) -> EventStore:
        """The event store."""
        return self.services.store

    @property
    def views(self) -> Views:
        """The read models."""
        return self.services.views

    @property
    def keeps_answer(self) -> bool:
        """Whether the command's value is kept as the request's answer, so must be made before the command is stored."""
        return self.terms.remember is not None

    async def run(
        self, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Written[T]:
        """Run a command in the caller's name and on the request's terms; the answer has its value.

        With an idempotency key the value is what is kept as the answer, so a `POST` answers with just that. Raises the command's
        refusal, `PreconditionFailedError`, `AnsweredBeforeError` where the key has an answer.
        """
        return await self.run_as(self.who.cause(), command, self.who, *args, **given)

    async def run_as(
        self, cause: Cause, command: Callable[Concatenate[Decision, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Written[T]:
        """Run a command in another's name, such as a participant's, and on the request's terms; see `run`."""
        outcome = await self.store.run_under(self.terms, cause, command, *args, **given)
        return Written(value=outcome.value, position=outcome.position)


class Reading(Call, Generic[Q], frozen=True):
    """A request with query parameters."""

    query: Q


class Writing(Call, Generic[B], frozen=True):
    """A request with a body."""

    body: B
