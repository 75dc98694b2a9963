"""Counting carriers' responses and their duration, for Prometheus. No label has an id, a number or people's text."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from prometheus_client import Counter, Histogram
from prometheus_client.registry import Collector

from groupchat.carriers.port import CarrierRefusedError
from groupchat.tracing import calling

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class CarrierCounts:
    """The counts of one process, in no registry yet."""

    def __init__(self) -> None:
        self._calls = Counter(
            "groupchat_carrier_calls",
            "Calls to a carrier, by outcome: answered, refused, put_off (refused for now) or unclear.",
            ("carrier", "outcome"),
            registry=None,
        )
        self._seconds = Histogram(
            "groupchat_carrier_call_seconds", "Time of a call to a carrier.", ("carrier",), buckets=_SECONDS, registry=None
        )
        self._unconfirmed = Counter(
            "groupchat_carrier_unconfirmed", "Messages of which a carrier doesn't know what happened.", ("carrier",), registry=None
        )

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """The metrics that a registry collects."""
        return (self._calls, self._seconds, self._unconfirmed)

    @contextmanager
    def counted(self, carrier: str) -> Iterator[None]:
        """Count the call that is made in the block, by what it raises."""
        began, outcome = monotonic(), "unclear"
        try:
            with calling(f"carrier {carrier}"):
                yield
            outcome = "answered"
        except CarrierRefusedError as refused:
            outcome = "refused" if refused.retry_after is None else "put_off"
            raise
        finally:
            self._calls.labels(carrier, outcome).inc()
            self._seconds.labels(carrier).observe(monotonic() - began)

    def unconfirmed(self, carrier: str) -> None:
        """Count a message that stays unconfirmed until a receipt or a person settles it."""
        self._unconfirmed.labels(carrier).inc()
