from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaConsumer
from kafka.admin import NewTopic

from groupchat.broker.connection import Brokers
from groupchat.broker.notices import send_one
from groupchat.broker.opening import BrokerUnavailableError


def test_a_single_record_arrives_with_its_key(kafka):
    topic = f"checkpoints-{uuid4().hex}"
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    admin.create_topics([NewTopic(topic, 1, 1)])
    admin.close()

    send_one(Brokers(bootstrap_servers=kafka), topic, "example.com/log", "a checkpoint\n")

    consumer = KafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest", consumer_timeout_ms=20_000)
    record = next(consumer)
    consumer.close()
    assert (record.key, record.value) == (b"example.com/log", b"a checkpoint\n")


def test_unreachable_brokers_are_named():
    with pytest.raises(BrokerUnavailableError, match=r"Kafka at 127\.0\.0\.1:1 can't be used"):
        send_one(Brokers(bootstrap_servers="127.0.0.1:1", bootstrap_ms=300), "checkpoints", "key", "value")
