"""Operations that are more than a JSON value: the response is a stream, a file, or sets a cookie."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from groupchat.commands.caller import Caller
from groupchat.http.calls.recording import recording
from groupchat.http.services import Services
from groupchat.http.web.operation import Operation
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming


class Handled(Struct, frozen=True):
    """An operation, and the function that writes its whole response to a caller."""

    operation: Operation
    handle: Callable[[Services, Incoming, Caller], Awaitable[Reply]]

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Return the response, or raise the refusal, which is recorded."""
        who = await services.door.admit(incoming)
        with recording(services, incoming, who, self.operation.path):
            return await self.handle(services, incoming, who)


class Unadmitted(Struct, frozen=True):
    """An operation whose function also authenticates the caller, as the beginning of a session does."""

    operation: Operation
    handle: Callable[[Services, Incoming], Awaitable[Reply]]

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Return the response, or raise the refusal."""
        return await self.handle(services, incoming)
