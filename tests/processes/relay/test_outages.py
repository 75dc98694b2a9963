"""The brokers are down, come back, or reject logins: the relay reports it, tries again, and continues by itself."""

import asyncio
import signal

import pytest
from kafka.errors import KafkaTimeoutError
from kafka.producer.transaction_manager import EndTxnHandler
from msgspec.structs import replace

from groupchat.broker.connection import Brokers
from groupchat.broker.opening import BrokerUnavailableError
from groupchat.processes.relay.publisher import Publisher
from groupchat.processes.relay.records import records_of
from groupchat.processes.relay.relay import Relay
from tests.golden.examples import EXAMPLES
from tests.processes.relay.reading import brokers_at, ids_of, make_topics, read, relayed
from tests.processes.relay.securing import PASSWORD, USER, a_secured_broker
from tests.processes.relay.test_stopping import running, status, until
from tests.projections.histories import log_of
from tests.support.world import a_world


@pytest.fixture
def broker(own_broker, topic_prefix):
    """A broker that a test may stop, with topics for one test."""
    make_topics(own_broker.address, topic_prefix)
    return own_broker


async def test_a_relay_continues_by_itself_when_the_broker_is_back(sqlite_store, broker, topic_prefix):
    world = await a_world(sqlite_store)
    publisher = Publisher(brokers_at(broker.address), topic_prefix, delivery_ms=2_000)

    async with running(Relay(sqlite_store, publisher)):
        head = (await world.log())[-1].position
        await until(sqlite_store, lambda one: one.position == head)
        await asyncio.to_thread(broker.kill)
        await world.contact(1)  # commands need no broker
        await until(sqlite_store, lambda one: one.error is not None)
        reported = status(sqlite_store)
        await asyncio.to_thread(broker.start)
        await world.contact(2)
        head = (await world.log())[-1].position
        await until(sqlite_store, lambda one: one.position == head)

    assert reported.stopped_at is None
    assert status(sqlite_store).error is None
    assert sorted(record.id for record in read(broker.address, topic_prefix)) == sorted(ids_of(await world.log()))


async def test_after_a_commit_that_was_asked_for_twice_the_relay_fences_before_the_next(sqlite_store, kafka, topics, monkeypatch):
    lost = iter([True])  # the answer to the first one
    handle = EndTxnHandler.handle_response
    monkeypatch.setattr(
        EndTxnHandler, "handle_response", lambda self, *given: self.reenqueue() if next(lost, 0) else handle(self, *given)
    )
    world = await a_world(sqlite_store)
    publisher = Counting(brokers_at(kafka), topics)

    await relayed(Relay(sqlite_store, publisher, batch=2))

    assert publisher.opened == 2
    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(await world.log()))


class Counting(Publisher):
    opened = 0

    def open(self):
        self.opened += 1
        return super().open()


def test_a_commit_without_an_answer_ends_in_good_time(broker, topic_prefix):
    (event,) = log_of([("cnv_1", EXAMPLES["groupchat.conversation.created.v1"])])
    publisher = Publisher(brokers_at(broker.address), topic_prefix)
    publisher.open()
    publisher._producer.begin_transaction()
    publisher._send(publisher._producer, [next(records_of(event))])[0].get(timeout=10)

    broker.pause()
    with pytest.raises(KafkaTimeoutError, match=r"have not reported for 0\.3 s whether a transaction is committed"):
        publisher._producer.commit(timeout_ms=300)
    broker.send(signal.SIGCONT)
    publisher.close()


async def test_missing_brokers_are_reported_with_an_explanation(sqlite_store, topic_prefix):
    await a_world(sqlite_store)

    nobody = Brokers(bootstrap_servers="127.0.0.1:1", bootstrap_ms=300)
    async with running(Relay(sqlite_store, Publisher(nobody, topic_prefix))):
        await until(sqlite_store, lambda one: one.error is not None)

    assert "Kafka at 127.0.0.1:1 can't be used" in status(sqlite_store).error
    assert "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS" in status(sqlite_store).error


def refusal_to_open(brokers, topic_prefix):
    """Return why a publisher can't be opened."""
    with pytest.raises(BrokerUnavailableError) as refused:
        Publisher(brokers, topic_prefix).open()
    return str(refused.value)


PATIENCES_MS = (1_500, 3_000, 6_000, 12_000, 24_000)
"""A quick first try, and longer ones where a busy machine needs them."""


async def test_the_relay_logs_in_by_password_over_tls_and_explains_why_if_it_cannot(sqlite_store, kafka, tmp_path, topic_prefix):
    world = await a_world(sqlite_store)
    with a_secured_broker(tmp_path) as (plain, secured, authority):
        make_topics(plain, topic_prefix)
        right = Brokers(
            bootstrap_servers=secured,
            security_protocol="SASL_SSL",
            sasl_mechanism="PLAIN",
            sasl_username=USER,
            sasl_password=PASSWORD,
            ssl_cafile=str(authority),
        )

        wrong = {
            "Authentication failed": {"sasl_password": "guessed"},
            "certificate verify failed": {"ssl_cafile": None},
            "No such file": {"ssl_cafile": str(tmp_path / "missing.pem")},
        }
        for words, given in wrong.items():
            refusals = []
            for patience in PATIENCES_MS:  # on a busy machine the time may be over before the broker has refused
                refusals.append(refusal_to_open(replace(right, bootstrap_ms=patience, **given), topic_prefix))
                if words in refusals[-1]:
                    break
            assert words in refusals[-1], refusals
        await relayed(Relay(sqlite_store, Publisher(right, topic_prefix)))

        assert sorted(record.id for record in read(plain, topic_prefix)) == sorted(ids_of(await world.log()))
