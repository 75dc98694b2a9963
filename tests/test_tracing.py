"""Traces: one for a request and everything that follows from it in the log, without texts; off unless they are asked for."""

import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from groupchat import tracing
from tests.http.conftest import alone_on
from tests.http.site import messages_of, open_site

MESSAGE_SENT = "groupchat.conversation.message_sent"
SECRET = "Practice moves to 6 pm"


@pytest.fixture
def spans(monkeypatch):
    """Record all spans; the fixture returns those that have ended."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("groupchat"))
    return exporter.get_finished_spans


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


@pytest.fixture
async def sent(spans, database):
    """Send a message and let it be delivered; return the request's response, and the spans."""
    with alone_on(database) as store:
        async with open_site(store) as site:
            group = await site.group()
            response = await site.post(messages_of(group), {"body": SECRET})
            assert await site.services.progress.wait_for(["delivery"], int(response.headers["Groupchat-Position"]), 30)
            await site.client.get("/healthz")
    return response, spans()


def trace_id(span):
    return f"{span.context.trace_id:032x}"


async def test_a_message_has_one_trace_from_its_request_to_the_call_of_the_carrier(sent):
    response, spans = sent
    correlation_id = response.headers["Groupchat-Correlation-Id"]
    names = {span.name for span in spans if f"req_{trace_id(span)}" == correlation_id}

    assert {"POST /v1/conversations/{conversation_id}/messages", f"delivery {MESSAGE_SENT}", "carrier simulator"} <= names


async def test_the_call_of_the_carrier_is_within_the_reaction_that_made_it(sent):
    _, spans = sent
    reactions = {span.context.span_id for span in spans if span.name == f"delivery {MESSAGE_SENT}"}
    calls = [span for span in spans if span.name == "carrier simulator"]

    assert calls
    assert {span.parent.span_id for span in calls} <= reactions


async def test_no_span_has_a_message_and_health_checks_have_none(sent):
    _, spans = sent
    text = "".join(span.to_json() for span in spans)

    assert SECRET not in text
    assert "/healthz" not in text


def test_of_an_error_a_span_has_only_the_type(spans):
    with pytest.raises(ValueError, match=SECRET), tracing.reacting("delivery", f"req_{1:032x}"):
        raise ValueError(SECRET)

    (span,) = spans()
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "ValueError")
    assert SECRET not in span.to_json()


def test_a_batch_is_linked_to_the_traces_of_its_events(spans):
    with tracing.publishing("relay", [f"req_{1:032x}", f"req_{2:032x}", f"req_{1:032x}", "a caller's own"]):
        pass

    (span,) = spans()
    assert [link.context.trace_id for link in span.links] == [1, 2]
    assert span.attributes["messaging.batch.message_count"] == 4


def test_what_follows_under_a_callers_own_correlation_id_can_be_searched_by_it(spans):
    with tracing.reacting("delivery", "crm-7"):
        pass

    (span,) = spans()
    assert (span.parent, span.attributes["groupchat.correlation_id"]) == (None, "crm-7")


def test_nothing_is_sent_unless_an_endpoint_is_set(monkeypatch):
    monkeypatch.setattr(trace, "set_tracer_provider", lambda _: pytest.fail("tracing has begun"))

    tracing.start({"OTEL_SERVICE_NAME": "groupchat"})()


def test_missing_packages_are_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(tracing.NoTracingError, match=r"Install groupchat\[otel\]"):
        tracing.start({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
