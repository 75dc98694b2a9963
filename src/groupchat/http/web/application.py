"""FastAPI as the application: routing, middleware, telemetry; without layers around a request that nobody asked for."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send


class Application(FastAPI):
    """FastAPI without its five default layers of middleware.

    They respond to exceptions, limit bodies and close uploaded files. A `Resource` does the first two, in the API's own words, and
    there are no uploads. They would be a third of a call's cost (docs/adr/0007-msgspec-on-the-hot-path.md).
    """

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router, wrapped in the middleware from `add_middleware`."""
        app: ASGIApp = self.router
        for middleware, args, kwargs in reversed(self.user_middleware):
            app = middleware(app, *args, **kwargs)
        return app


class Elsewhere:
    """Responds at every path without a route."""

    def __init__(self, http: ASGIApp, others: ASGIApp) -> None:
        self._http = http
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to an HTTP request; leave everything else to Starlette."""
        await (self._http if scope["type"] == "http" else self._others)(scope, receive, send)
