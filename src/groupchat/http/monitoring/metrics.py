"""Metrics for Prometheus: this process's responses, stored events and open streams. No label has an id, a number or people's text.

Each process has its own. Followers' positions are read from the database, so every HTTP process reports those of all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.registry import Collector

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Other methods, which any client can make up, are counted as one."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """Counts, in a separate registry."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        of_request = ("operation", "method")
        self._requests = self._counter("requests", "Requests answered, by path template.", *of_request, "status")
        self._seconds = self._histogram(
            "request_seconds", "Time from a request's head to its answer, by path template.", *of_request
        )
        self._problems = self._counter("problems", "Problems answered, by slug.", "slug")
        self._unrecorded = self._counter("refusals_unrecorded", "Refusals that were not recorded, by reason.", "reason")
        self._batch = self._histogram("append_batch_size", "Appends stored in one transaction.", buckets=_SIZES)
        self._append = self._histogram("append_seconds", "Time of a transaction that stores appends.")
        self._webhooks = self._counter(
            "carrier_webhooks", "Requests to carriers' webhooks, by outcome: stored, forged or failed.", "carrier", "outcome"
        )
        self._unknown = self._counter(
            "carrier_webhook_events_unknown",
            "Events in carriers' webhooks that have no meaning for groupchat. They are acknowledged.",
            "carrier",
        )
        self._webhook_seconds = self._histogram(
            "carrier_webhook_seconds", "Time until a carrier's webhook was acknowledged.", "carrier"
        )
        self._followers = {
            name: self._gauge(f"follower_{name}", meaning, "follower")
            for name, meaning in {
                "position": "Position of the last event that a follower has handled.",
                "behind_events": "Events that a follower has not handled yet.",
                "oldest_seconds": "Age of the oldest event that a follower has not handled yet, 0 if there is none.",
                "seen_seconds": "Time since a process that runs a follower was last seen. Missing if no process ever ran it.",
                "stopped": "1 if an event has stopped a follower.",
                "failing": "1 if something that may pass keeps a follower from working.",
            }.items()
        }
        self._reachable = self._gauge("store_reachable", "1 if the database answered this scrape.")
        self._counted = lru_cache(maxsize=2_000)(self._children)

    def watch(self, *, appends_waiting: Callable[[], int], streams_open: Callable[[], int]) -> None:
        """Show values that are read at each scrape."""
        self._gauge("appends_waiting", "Appends that wait for a transaction.").set_function(appends_waiting)
        self._gauge("streams_open", "Open event streams.").set_function(streams_open)

    def include(self, collectors: Iterable[Collector]) -> None:
        """Show what others count."""
        for each in collectors:
            self.registry.register(each)

    def posted(self, carrier: str, outcome: str, seconds: float) -> None:
        """Count a request to a carrier's webhook."""
        self._webhooks.labels(carrier, outcome).inc()
        self._webhook_seconds.labels(carrier).observe(seconds)

    def not_known(self, carrier: str, events: int) -> None:
        """Count the events of a carrier's webhook that have no meaning for us."""
        self._unknown.labels(carrier).inc(events)

    def answered(self, operation: str, method: str, status: int, seconds: float, slug: str | None) -> None:
        """Count a response; `operation` is a path's template."""
        count, time = self._counted(operation, method if method in METHODS else "other", status)
        count.inc()
        time.observe(seconds)
        if slug is not None:
            self._problems.labels(slug).inc()

    def unrecorded(self, reason: str, times: int) -> None:
        """Count refusals that could not be recorded."""
        self._unrecorded.labels(reason).inc(times)

    def stored(self, appends: int, seconds: float) -> None:
        """Count a transaction. It may be called in any thread."""
        self._batch.observe(appends)
        self._append.observe(seconds)

    def text(self, followers: Mapping[str, Mapping[str, float | None]], *, reachable: bool) -> bytes:
        """Return everything in Prometheus' text format.

        `followers` have, by their names, the values of the gauges `groupchat_follower_*`; a value that is none is left out.
        """
        self._reachable.set(reachable)
        for gauge in self._followers.values():
            gauge.clear()
        for follower, values in followers.items():
            for name, value in values.items():
                if value is not None:
                    self._followers[name].labels(follower).set(value)
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"groupchat_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, *labels: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        return Histogram(f"groupchat_{name}", meaning, labels, buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(f"groupchat_{name}", meaning, labels, registry=self.registry)

    def _children(self, operation: str, method: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(operation, method, status), self._seconds.labels(operation, method)
