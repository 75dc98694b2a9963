"""An operation that is more than a JSON value: its response is a stream, a file, or sets a cookie."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from groupchat.http.services import Services
from groupchat.http.web.operation import Operation
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming


class Handled(Struct, frozen=True):
    """An operation, and the function that writes its whole response. The function also authenticates the caller."""

    operation: Operation
    handle: Callable[[Services, Incoming], Awaitable[Reply]]

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Return the response, or raise the refusal."""
        return await self.handle(services, incoming)
