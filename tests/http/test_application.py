"""The application around the API: the layers between the server and a route, and the spans of an operator's OpenTelemetry."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN_CONTEXT, NonRecordingSpan, Span, Tracer, TracerProvider
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse

from groupchat.http.app import create_app
from groupchat.http.web.application import Application
from tests.http.site import messages_of


class Recorded(NonRecordingSpan):
    """A span that keeps its attributes."""

    def __init__(self, attributes: Mapping[str, Any]) -> None:
        super().__init__(INVALID_SPAN_CONTEXT)
        self.attributes = dict(attributes)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self.attributes |= attributes


class Traces(TracerProvider, Tracer):
    """The setup of an operator's instrumentation, which keeps all spans here."""

    def __init__(self) -> None:
        self.spans: list[Recorded] = []

    def get_tracer(self, *_: Any, **__: Any) -> Tracer:
        return self

    def start_span(self, *_: Any, attributes: Mapping[str, Any] | None = None, **__: Any) -> Span:
        self.spans.append(Recorded(attributes or {}))
        return self.spans[-1]

    def start_as_current_span(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def test_nothing_is_between_the_server_and_the_router(plain_site):
    app = create_app(plain_site.services)

    assert app.build_middleware_stack() is app.router


async def test_middleware_that_is_added_is_used():
    app = Application()
    app.add_middleware(GZipMiddleware, minimum_size=1)
    app.add_route("/", lambda _: PlainTextResponse("x" * 100))

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://groupchat.test") as client:
        assert (await client.get("/")).headers["content-encoding"] == "gzip"


async def test_an_operators_tracing_gets_a_span_per_request_by_its_paths_template(plain_site, monkeypatch: pytest.MonkeyPatch):
    made, traces = await plain_site.group(), Traces()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: traces)

    await plain_site.get(messages_of(made))
    await plain_site.get(messages_of({"id": "cnv_unknown"}))

    route = "/v1/conversations/{conversation_id}/messages"
    assert [(each.attributes["http.route"], each.attributes["http.response.status_code"]) for each in traces.spans] == [
        (route, 200),
        (route, 404),
    ]
