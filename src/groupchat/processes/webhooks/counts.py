"""Counting calls to webhooks, for Prometheus. No label has an id or an address."""

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.registry import Collector

from groupchat.webhooks.calls import CallOutcome

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)


class WebhookCounts:
    """The counts of one process, in no registry yet."""

    def __init__(self) -> None:
        self._attempts = Counter(
            "groupchat_webhook_attempts",
            "Calls to webhooks, by outcome: delivered, refused (a status other than 2xx) or failed (no response).",
            ("outcome",),
            registry=None,
        )
        self._seconds = Histogram("groupchat_webhook_call_seconds", "Time of a call to a webhook.", buckets=_SECONDS, registry=None)
        self._delay = Histogram(
            "groupchat_webhook_delay_seconds",
            "Time from an event's commit to the end of a successful call.",
            buckets=(*_SECONDS, 60.0, 3_600.0),
            registry=None,
        )
        self._failing = Gauge("groupchat_webhooks_failing", "Webhooks whose last call failed.", registry=None)

    @property
    def collectors(self) -> tuple[Collector, ...]:
        """The metrics that a registry collects."""
        return (self._attempts, self._seconds, self._delay, self._failing)

    def called(self, outcome: CallOutcome, age: float) -> None:
        """Count a call that ended when its event was this many seconds old."""
        self._seconds.observe(outcome.seconds)
        if outcome.delivered:
            self._attempts.labels("delivered").inc()
            self._delay.observe(age)
        else:
            self._attempts.labels("failed" if outcome.status is None else "refused").inc()

    def failing(self, webhooks: int) -> None:
        """Show how many webhooks fail."""
        self._failing.set(webhooks)
