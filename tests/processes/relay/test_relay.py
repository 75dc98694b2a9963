"""The relay on a real broker: everything, once, in order, even if another process takes itself for the relay."""

import asyncio
import json

import pytest
from kafka.errors import KafkaError

from groupchat.broker import topics as names
from groupchat.processes.relay.progress import RelayProgress, read_progress
from groupchat.processes.relay.publisher import Publisher
from groupchat.processes.relay.records import records_of
from groupchat.store.positions import statuses
from tests.golden.examples import EXAMPLES, is_current
from tests.processes.relay.reading import PATIENCE, a_relay, brokers_at, disorder, ids_of, make_topics, read, relayed
from tests.projections.histories import log_of, store_log
from tests.support.builders import recorded
from tests.support.world import a_world


async def a_history(store):
    """Store what a small workspace does; return its world."""
    world = await a_world(store)
    groups = [await world.group(n, n + 10) for n in range(1, 4)]
    for body in ("one", "two", "three"):
        for group in groups:
            await world.send(group, body)
    await world.writes(1, "STOP")
    await world.contact(5, "Eve", 6)
    return world


async def test_every_event_is_published_once_and_in_order_under_its_key(store, kafka, topics):
    world = await a_history(store)
    log = await world.log()

    await relayed(a_relay(store, kafka, topics))

    records = read(kafka, topics)
    assert sorted(record.id for record in records) == sorted(ids_of(log))
    assert disorder(records) == 0
    assert len({(record.topic, record.partition) for record in records}) > len(names.EVENT_TOPICS)
    for key in {(record.topic, record.key) for record in records}:
        assert len({record.partition for record in records if (record.topic, record.key) == key}) == 1
    assert statuses(store.database)["relay"].position == log[-1].position


async def test_every_type_of_event_arrives_as_it_is_stored(sqlite_store, kafka, topics):
    current = [event for name, event in EXAMPLES.items() if is_current(name)]
    log = log_of((f"str_{n}", event) for n, event in enumerate(current))
    store_log(sqlite_store.database, log)

    await relayed(a_relay(sqlite_store, kafka, topics))

    found = {record.id: record for record in read(kafka, topics)}
    for event in log:
        for sent in records_of(event):
            headers = {name: text.decode() for name, text in sent.headers}
            assert found[headers["ce_id"]].headers == headers
            assert (found[headers["ce_id"]].topic, found[headers["ce_id"]].value) == (sent.topic, sent.value)


async def test_the_position_is_in_kafka_with_the_events_and_the_next_relay_continues_there(sqlite_store, kafka, topics):
    world = await a_history(sqlite_store)
    first = await world.log()
    await relayed(a_relay(sqlite_store, kafka, topics, batch=7))  # so that there are several transactions
    progress = read_progress(brokers_at(kafka), topics)
    await world.contact(7)
    await relayed(a_relay(sqlite_store, kafka, topics))

    assert progress == RelayProgress.behind(first[-1])
    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(await world.log()))


async def test_an_event_stored_while_it_runs_is_published_immediately(store, kafka, topics):
    world = await a_world(store)
    stop = asyncio.Event()
    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(a_relay(store, kafka, topics).run(stop))
        with store.signals.progress.listen() as bell:
            await world.contact(1)
            head = (await world.log())[-1].position
            while (one := statuses(store.database).get("relay")) is None or one.position < head:
                await bell.wait()
                bell.clear()
        stop.set()
        await running

    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(await world.log()))


async def test_a_transaction_that_its_relay_did_not_end_is_read_by_nobody(sqlite_store, kafka, topics):
    log = log_of([("cnv_1", EXAMPLES["groupchat.conversation.created.v1"])])
    store_log(sqlite_store.database, log)
    begun = Publisher(brokers_at(kafka), topics)
    begun.open()
    begun._producer.begin_transaction()
    for record in records_of(log[0]):
        begun._send(begun._producer, [record])[0].get(timeout=PATIENCE)

    await relayed(a_relay(sqlite_store, kafka, topics))
    with pytest.raises(KafkaError):
        begun._producer.commit()
    begun.close()

    assert [record.id for record in read(kafka, topics)] == ids_of(log)
    assert len(read(kafka, topics, isolation="read_uncommitted")) == 2 * len(ids_of(log))


async def test_a_relay_that_wakes_up_late_is_fenced_and_doubles_nothing(kafka, topics):
    log = log_of((f"cnv_{n}", EXAMPLES["groupchat.conversation.created.v1"]) for n in range(3))
    late, other = Publisher(brokers_at(kafka), topics), Publisher(brokers_at(kafka), topics)
    late.open()
    late.publish(list(records_of(log[0])), RelayProgress.behind(log[0]))

    assert other.open() == RelayProgress.behind(log[0])
    other.publish(list(records_of(log[1])), RelayProgress.behind(log[1]))
    with pytest.raises(KafkaError):
        late.publish(list(records_of(log[1])), RelayProgress.behind(log[1]))
    assert late.open() == RelayProgress.behind(log[1])
    late.publish(list(records_of(log[2])), RelayProgress.behind(log[2]))
    for each in (late, other):
        each.close()

    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(log))


async def test_two_relays_at_once_publish_each_event_once(sqlite_store, kafka, topics):
    world = await a_history(sqlite_store)
    log = await world.log()

    async with asyncio.timeout(PATIENCE):
        both = [a_relay(sqlite_store, kafka, topics, name=name, batch=3) for name in ("relay", "copy")]
        await asyncio.gather(*map(relayed, both))

    records = read(kafka, topics)
    assert sorted(record.id for record in records) == sorted(ids_of(log))
    assert disorder(records) == 0


async def test_one_of_two_instances_works_and_the_other_waits_for_the_lease(store, kafka, topics):
    world = await a_history(store)

    await asyncio.gather(*(relayed(a_relay(store, kafka, topics)) for _ in range(2)))

    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(await world.log()))


async def test_a_new_service_gets_the_whole_history_while_the_live_relay_runs(sqlite_store, kafka, topics):
    world = await a_history(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, topics))
    replayed = f"new-{topics}"
    make_topics(kafka, replayed)

    await relayed(a_relay(sqlite_store, kafka, replayed, name="relay:new", start=0))
    await world.contact(7)
    await relayed(a_relay(sqlite_store, kafka, topics))

    whole = ids_of(await world.log())
    assert sorted(record.id for record in read(kafka, topics)) == sorted(whole)
    assert {record.id for record in read(kafka, replayed)} < set(whole)
    assert {name: one.stopped_at for name, one in statuses(sqlite_store.database).items()} == {"relay": None, "relay:new": None}


async def test_no_record_has_a_key_or_its_hash_R23(sqlite_store, kafka, topics):
    world = await a_world(sqlite_store)
    stored = [event.event for event in await world.log() if event.type == "groupchat.workspace.key_issued"]

    await relayed(a_relay(sqlite_store, kafka, topics))

    values = b"".join(record.value for record in read(kafka, topics))
    assert stored
    assert all(event.key_hash.encode() not in values and event.key_id.encode() in values for event in stored)
    assert world.key.encode() not in values


def test_a_position_is_json_that_may_grow():
    created = recorded(EXAMPLES["groupchat.conversation.created.v1"], stream="cnv_1", version=2)

    assert json.loads(RelayProgress.behind(created).record().value) == {
        "position": 2,
        "event": "cnv_1/2",
        "at": "2025-01-31T23:59:32Z",
    }
