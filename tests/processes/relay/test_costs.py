"""What a transaction of the relay costs, counted and not timed: requests to the brokers, and statements of the database.

Who changes a figure here on purpose changes it in docs/performance.md, too.
"""

import asyncio

import pytest
from kafka.net.compat import KafkaNetClient

from groupchat.store.positions import statuses
from tests.processes.relay.reading import a_relay
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
    while await asyncio.to_thread(forwarder.step) == "more":
        pass
    group = await world.group(1, 2)  # records of several topics and partitions
    await world.send(group, "one")
    before = len(requests())

    with counted(store.database) as asked:
        assert await asyncio.to_thread(forwarder.step) == "more"

    forwarder.drop()
    head = (await world.log())[-1].position
    assert requests()[before:] == ["AddPartitionsToTxnRequest", "ProduceRequest", "EndTxnRequest"]
    assert len(asked) == (3 if store.database.is_sqlite else 2)  # read the log, store the position (SQLite: and places)
    assert statuses(store.database)["relay"].position == head
