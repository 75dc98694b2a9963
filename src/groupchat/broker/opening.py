"""Opening a client of kafka-python, so that a failure leaves nothing open and reports the reason."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kafka.errors import KafkaError
from kafka.net.compat import KafkaNetClient

from groupchat.broker.connection import Brokers
from groupchat.values.errors import ExpectedError

RECONNECT_MS = 1_000
"""The longest pause before a client tries an unreachable broker again."""

C = TypeVar("C")


class BrokerUnavailableError(ExpectedError):
    """The brokers can't be used. The message says why and what to do."""


def opened(client: Callable[..., C], brokers: Brokers, **configs: Any) -> C:
    """Return a client of kafka-python that has reached a broker.

    A client that reaches none raises, but leaves its thread and sockets open (kafka-python 3.0), so they are closed here.
    """
    made: list[Any] = []

    def net_client(**given: Any) -> Any:
        made.append(KafkaNetClient(**given))
        return made[-1]

    arguments = {"kafka_client": net_client, "reconnect_backoff_max_ms": RECONNECT_MS} | brokers.arguments() | configs
    try:
        return client(**arguments)
    except BaseException:
        for each in made:
            each.close()
        raise


@contextmanager
def explained(brokers: Brokers) -> Iterator[None]:
    """Raise `BrokerUnavailableError` for failures in the block, with details that kafka-python only logs (why a login failed)."""
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
    """Keeps the most informative warning: the last one, except warnings that report only a lack of success."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.last = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        words = record.getMessage()
        says_little = any(each in words for each in ("Bootstrap failed", "not ready", "disconnected", "timed out"))
        if not (says_little and self.last):
            self.last = words
