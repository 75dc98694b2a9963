"""What a transaction of the relay costs, counted and not timed: requests to the brokers, and statements of the database.

Who changes a figure here on purpose changes it in docs/performance.md, too.
"""

import asyncio

import pytest
from kafka.net.compat import KafkaNetClient

from groupchat.store.positions import statuses
from tests.processes.relay.reading import a_relay
from tests.processes.relay.test_stopping import running, status, until
from tests.support.statements import counted
from tests.support.world import a_world


@pytest.fixture
def requests(monkeypatch):
    """The requests that clients of this process send to brokers. One that is sent again counts once."""
    sent = {}
    send = KafkaNetClient.send

    def noting(self, node_id, request, **given):
        sent[id(request)] = request
        return send(self, node_id, request, **given)

    monkeypatch.setattr(KafkaNetClient, "send", noting)
    return lambda: [type(request).__name__ for request in sent.values()]


async def test_a_transaction_costs_three_requests_and_two_statements(store, kafka, topics, requests):
    world = await a_world(store)
    forwarder = a_relay(store, kafka, topics)._forwarder
    assert await asyncio.to_thread(forwarder.step) == "end"
    group = await world.group(1, 2)  # records of several topics and partitions
    await world.send(group, "one")
    before = len(requests())

    with counted(store.database) as asked:
        assert await asyncio.to_thread(forwarder.step) == "end"

    forwarder.drop()
    head = (await world.log())[-1].position
    assert requests()[before:] == ["AddPartitionsToTxnRequest", "ProduceRequest", "EndTxnRequest"]
    assert len(asked) == (3 if store.database.is_sqlite else 2)  # read the log, store the position (SQLite: and places)
    assert statuses(store.database)["relay"].position == head


async def test_events_that_come_one_after_the_other_share_a_transaction(sqlite_store, kafka, topics, requests):
    world = await a_world(sqlite_store)
    async with running(a_relay(sqlite_store, kafka, topics, gather_seconds=2.0)):
        head = (await world.log())[-1].position
        await until(sqlite_store, lambda one: one.position == head)
        for n in range(1, 4):
            await world.contact(n)
        head = (await world.log())[-1].position
        await until(sqlite_store, lambda one: one.position == head)

    assert requests().count("EndTxnRequest") == 2
    assert status(sqlite_store).position == head
