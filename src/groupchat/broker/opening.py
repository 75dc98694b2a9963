"""Opening a client of kafka-python, so that a failure leaves nothing open and says in words what is wrong."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from groupchat.broker.connection import Brokers
from groupchat.values.errors import ToldError

BOOTSTRAP_MS = 5_000
"""How long a client looks for a broker that answers."""
RECONNECT_MS = 1_000
"""How long it waits at most before it tries a broker again that was away."""

C = TypeVar("C")


class BrokerUnavailableError(ToldError):
    """The brokers can't be used; the message says why and what to do."""


def opened(client: Callable[..., C], brokers: Brokers, **configs: Any) -> C:
    """Return a client of kafka-python that has met a broker.

    One that finds none raises, and leaves its thread and sockets behind (kafka-python 3.0): they are closed here.
    """
    made: list[Any] = []

    def net_client(**given: Any) -> Any:
        made.append(KafkaNetClient(**given))
        return made[-1]

    times = {"bootstrap_timeout_ms": BOOTSTRAP_MS, "reconnect_backoff_max_ms": RECONNECT_MS}
    arguments = {"kafka_client": net_client} | times | brokers.arguments() | configs
    try:
        return client(**arguments)
    except BaseException:
        for each in made:
            each.close()
        raise


@contextmanager
def explained(brokers: Brokers) -> Iterator[None]:
    """Raise `BrokerUnavailableError` for what fails in the block, with what kafka-python only logs: why a login failed, say."""
    heard = _Heard()
    logger = logging.getLogger("kafka")
    logger.addHandler(heard)
    try:
        yield
    except (KafkaError, OSError, ValueError) as error:
        reason = str(error) or type(error).__name__
        if heard.last and heard.last not in reason:
            reason += f"; {heard.last}"
        advice = "check that the brokers are up, and GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS, _SECURITY_PROTOCOL, _SASL_... and _SSL_..."
        msg = f"Kafka at {brokers.bootstrap_servers} can't be used ({reason}): {advice}."
        raise BrokerUnavailableError(msg) from error
    finally:
        logger.removeHandler(heard)


class _Heard(logging.Handler):
    """Keeps the warning that tells most: the last, but for those that say only that nothing has come of it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        words = record.getMessage()
        says_little = any(each in words for each in ("Bootstrap failed", "not ready", "disconnected", "timed out"))
        if not (says_little and self.last):
            self.last = words
