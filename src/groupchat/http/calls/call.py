"""A parsed request, as handlers receive it: the caller, the parameters, and a way to run a command for the caller."""

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
    """A parsed request: the caller, the path's parameters, and the terms that its headers set for its command."""

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
        """Whether the command's value is stored as the response, so that it must exist before the command is stored."""
        return self.terms.remember is not None

    async def run(
        self, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Written[T]:
        """Run a command in the caller's name and on the request's terms; the result has its value.

        With an idempotency key, the value is stored as the response, so a `POST` responds with exactly that. Raises the command's
        refusal, `PreconditionFailedError`, and `AnsweredBeforeError` if the key already has a response.
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
