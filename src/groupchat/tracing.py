"""Traces of a request through the log: the request, the reactions to its events, calls to carriers and webhooks, and Kafka.

Off unless OTEL_EXPORTER_OTLP_ENDPOINT is set. Events carry no trace context, because what is stored is stored forever. A trace is
found by the correlation id, which every event has: its hexadecimal digits are the trace's id.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    ProxyTracerProvider,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
)

from groupchat.values.errors import ExpectedError

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Standard variables of OpenTelemetry. The others, such as OTEL_SERVICE_NAME and OTEL_TRACES_SAMPLER, also work."""
_CORRELATION_ID = re.compile(r"req_([0-9a-f]{32})")
_LINKS = 32
"""The largest number of traces that the span of a batch names."""

_tracer = trace.get_tracer("groupchat")


class NoTracingError(ExpectedError):
    """Traces are requested, and the packages that send them are missing."""


def start(environment: Mapping[str, str]) -> Callable[[], None]:
    """Send traces if an endpoint is set; return what sends the rest at the end. Raises `NoTracingError`."""
    if not any(environment.get(name) for name in ENDPOINTS):
        return _nothing
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError as error:
        msg = f"{ENDPOINTS[0]} is set, but the packages that send traces are missing. Install groupchat[otel]."
        raise NoTracingError(msg) from error
    named = {} if environment.get("OTEL_SERVICE_NAME") else {"service.name": "groupchat"}
    provider = TracerProvider(resource=Resource.create(named))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def current_correlation_id() -> str | None:
    """Return the correlation id that belongs to the trace of the running request; none if the request has no trace."""
    span = trace.get_current_span()
    return f"req_{span.get_span_context().trace_id:032x}" if span.is_recording() else None


@contextmanager
def reacting(name: str, correlation_id: str) -> Iterator[None]:
    """Record what follows from an event, in the trace of the request that led to it."""
    with _span(name, SpanKind.CONSUMER, correlation_id):
        yield


@contextmanager
def calling(name: str, correlation_id: str | None = None) -> Iterator[None]:
    """Record a call to another server, within what is running, or in the trace of a request."""
    with _span(name, SpanKind.CLIENT, correlation_id):
        yield


def failed() -> None:
    """Mark what is being recorded as failed, where a failure is a result and not an error."""
    trace.get_current_span().set_status(StatusCode.ERROR)


@contextmanager
def publishing(name: str, correlation_ids: Collection[str]) -> Iterator[None]:
    """Record the publishing of a batch, with links to the traces of the requests that led to its events."""
    with _span(name, SpanKind.PRODUCER) as span:
        if span.is_recording():
            span.set_attribute("messaging.batch.message_count", len(correlation_ids))
            for each in list(dict.fromkeys(correlation_ids))[:_LINKS]:
                if context := _context_of(each):
                    span.add_link(context)
        yield


@contextmanager
def _span(name: str, kind: SpanKind, correlation_id: str | None = None) -> Iterator[Span]:
    """Record a span. Of an error, it has only the type, because messages may quote people's texts."""
    if isinstance(trace.get_tracer_provider(), ProxyTracerProvider):  # nobody records, and a span would cost 30 microseconds
        yield INVALID_SPAN
        return
    context = None if correlation_id is None else _context_of(correlation_id)
    parent = None if context is None else trace.set_span_in_context(NonRecordingSpan(context))
    attributes = None if correlation_id is None else {"groupchat.correlation_id": correlation_id}
    with _tracer.start_as_current_span(
        name, context=parent, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def _context_of(correlation_id: str) -> SpanContext | None:
    """Return the trace that a correlation id belongs to; none if a caller has chosen the id."""
    found = _CORRELATION_ID.fullmatch(correlation_id)
    if found is None or not (trace_id := int(found[1], 16)):
        return None
    span_id = trace_id & 0xFFFF_FFFF_FFFF_FFFF or 1  # of no span: events don't say which one led to them
    return SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _nothing() -> None:
    """Send nothing."""
