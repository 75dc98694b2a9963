"""Sending single records, outside of the relay's transactions."""

from kafka import KafkaProducer

from groupchat.broker.connection import Brokers
from groupchat.broker.opening import explained, opened

_SECONDS = 10.0


def send_one(brokers: Brokers, topic: str, key: str, value: str) -> None:
    """Send a record and wait until all in-sync replicas have it; raises `BrokerUnavailableError`. It blocks."""
    with explained(brokers):
        producer = opened(KafkaProducer, brokers, acks="all", max_block_ms=int(_SECONDS * 1_000), allow_auto_create_topics=False)
        try:
            producer.send(topic, key=key.encode(), value=value.encode()).get(timeout=_SECONDS)
        finally:
            producer.close(timeout=_SECONDS)
