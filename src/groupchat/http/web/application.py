"""FastAPI as the application: routing, the place for middleware, telemetry; and nothing around a request that nobody asked for."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class Application(FastAPI):
    """FastAPI without the five layers of middleware that it always has.

    They answer exceptions, limit bodies and close uploaded files. A `Resource` does the first two, in the words of the API, and
    there are no uploads; they would be a third of what a call costs (docs/adr/0007-msgspec-on-the-hot-path.md).
    """

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router, within what was added by `add_middleware`."""
        app: ASGIApp = self.router
        for middleware, args, kwargs in reversed(self.user_middleware):
            app = middleware(app, *args, **kwargs)
        return app


class Elsewhere:
    """Answers at every path that is not routed."""

    def __init__(self, http: ASGIApp, others: ASGIApp) -> None:
        self._http = http
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an HTTP request; leave the rest to Starlette."""
        await (self._http if scope["type"] == "http" else self._others)(scope, receive, send)
