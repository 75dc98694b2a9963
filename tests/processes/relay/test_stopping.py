"""Failures that stop the relay, or that it waits out: it says what to do, loses nothing and skips nothing."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from msgspec.structs import replace
from sqlalchemy import select, update

from groupchat.broker import administration
from groupchat.broker import topics as names
from groupchat.broker.topics import CONVERSATIONS, PROGRESS
from groupchat.processes.relay.progress import read_progress
from groupchat.processes.relay.starting import NoSuchPositionError, progress_at
from groupchat.store.places import Place, Places, store_places
from groupchat.store.positions import advance, park, retry, statuses
from groupchat.store.tables import STORED_EVENTS
from groupchat.values.waiting import first_set
from tests.processes.relay.reading import PATIENCE, a_relay, brokers_at, ids_of, make_topics, read, relayed
from tests.store.following import opened
from tests.support.world import a_world

LARGE = "\U0001f692" * 1_500
"""A body of 6,000 bytes."""


@pytest.fixture
def admin(kafka):
    client = KafkaAdminClient(bootstrap_servers=kafka)
    yield client
    client.close()


def status(store, name="relay"):
    return statuses(store.database)[name]


@pytest.fixture
def narrow_topics(kafka, topic_prefix):
    """Topics that take no record of more than 3,000 bytes."""
    planned = administration.planned(prefix=topic_prefix, partitions=3, replication=1, retention_hours=-1)
    narrow = [replace(topic, config={**topic.config, "max.message.bytes": "3000"}) for topic in planned]
    administration.make(brokers_at(kafka), narrow)
    return topic_prefix


def widen(admin, topics):
    """Let the conversations' topic take larger records, soon."""
    configs = {"max.message.bytes": "30000"}
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topics + CONVERSATIONS, configs=configs)])


def empty(admin, kafka, topics):
    """Delete the relay's own topic and create it again."""
    admin.delete_topics([topics + PROGRESS])
    while topics + PROGRESS in admin.list_topics():
        pass
    make_topics(kafka, topics)


async def a_large_message(store):
    """Store one between small ones; return its event and the whole log."""
    world = await a_world(store)
    group = await world.group(1, 2)
    await world.send(group, "small")
    large = await world.message(await world.send(group, LARGE))
    await world.send(group, "small again")
    return large, await world.log()


@asynccontextmanager
async def running(relay):
    """Run a relay during the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(relay.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)


async def until(store, reached):
    """Wait until the relay's stored status fulfils a condition."""
    async with asyncio.timeout(PATIENCE):
        with store.signals.progress.listen() as bell:
            while (one := statuses(store.database).get("relay")) is None or not reached(one):
                await first_set(bell, seconds=0.1)  # trouble rings no bell
                bell.clear()


async def test_a_record_that_is_too_large_stops_the_relay_after_the_earlier_records(store, kafka, narrow_topics):
    large, log = await a_large_message(store)

    await relayed(a_relay(store, kafka, narrow_topics))

    stopped = status(store)
    assert (stopped.position, stopped.stopped_at) == (large.position - 1, large.position)
    assert "max.message.bytes" in stopped.error
    assert large.id in stopped.error
    assert sorted(record.id for record in read(kafka, narrow_topics)) == sorted(ids_of(log[: large.position - 1]))


async def test_the_relay_continues_with_the_large_record_once_the_topic_allows_it(sqlite_store, kafka, narrow_topics, admin):
    _, log = await a_large_message(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, narrow_topics))

    widen(admin, narrow_topics)
    async with asyncio.timeout(PATIENCE):
        while status(sqlite_store).stopped_at is not None:  # until the broker has it
            retry(sqlite_store.database, "relay")
            await relayed(a_relay(sqlite_store, kafka, narrow_topics))

    assert sorted(record.id for record in read(kafka, narrow_topics)) == sorted(ids_of(log))


async def test_only_parked_events_are_skipped(sqlite_store, kafka, narrow_topics):
    large, log = await a_large_message(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, narrow_topics))

    parked = park(sqlite_store.database, "relay")
    await relayed(a_relay(sqlite_store, kafka, narrow_topics))

    assert parked.parked == 1
    assert sorted(record.id for record in read(kafka, narrow_topics)) == sorted(ids_of([each for each in log if each != large]))


async def test_an_event_that_cannot_be_read_stops_the_relay_until_it_is_set_aside(store, kafka, topics):
    world = await a_world(store)
    await world.contact(1)
    log = await world.log()
    with store.database.write() as connection:
        bad = connection.execute(
            select(STORED_EVENTS.c.id).where(STORED_EVENTS.c.topic == "groupchat.contact.created")
        ).scalar_one()
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == bad).values(state=b"{}"))

    await relayed(a_relay(store, kafka, topics))
    stopped = status(store)
    park(store.database, "relay")
    await relayed(a_relay(store, kafka, topics))

    assert (stopped.position, stopped.stopped_at) == (bad - 1, bad)
    assert status(store).position == log[-1].position
    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of([each for each in log if each.position != bad]))


async def test_an_event_without_a_topic_stops_the_relay_after_the_earlier_events(sqlite_store, kafka, topics, monkeypatch):
    world = await a_world(sqlite_store)
    before = await world.log()
    await world.contact(1)
    monkeypatch.delitem(names._OF_FAMILY, "contact")

    await relayed(a_relay(sqlite_store, kafka, topics))

    assert status(sqlite_store).stopped_at > before[-1].position
    assert "groupchat.contact.created has no topic in Kafka" in status(sqlite_store).error
    monkeypatch.undo()
    assert {record.id for record in read(kafka, topics)} >= set(ids_of(before))


async def test_missing_topics_are_waited_for_and_the_relay_says_how_to_make_them(sqlite_store, kafka, topic_prefix):
    world = await a_world(sqlite_store)
    log = await world.log()

    async with running(a_relay(sqlite_store, kafka, topic_prefix)):
        await until(sqlite_store, lambda one: one.error is not None)
        reported = status(sqlite_store)
        make_topics(kafka, topic_prefix)
        await until(sqlite_store, lambda one: one.position == log[-1].position)

    assert f"{topic_prefix}groupchat.consents.v1" in reported.error
    assert f"run `groupchat topics --topic-prefix {topic_prefix}`" in reported.error
    assert reported.stopped_at is None
    assert status(sqlite_store).error is None
    assert sorted(record.id for record in read(kafka, topic_prefix)) == sorted(ids_of(log))


async def test_a_deleted_position_stops_the_relay_until_an_operator_gives_one(store, kafka, topics, admin):
    world = await a_world(store)
    await relayed(a_relay(store, kafka, topics))
    known = status(store).position
    empty(admin, kafka, topics)

    async with running(a_relay(store, kafka, topics)):
        await until(store, lambda one: one.stopped_at == 0)
        reported = status(store)
        await world.contact(1)
        await relayed(a_relay(store, kafka, topics, start=known))
        await world.contact(2)
        head = (await world.log())[-1].position
        await until(store, lambda one: one.position == head)  # the one that was stopped goes on, too

    assert f"`groupchat relay --from {known}`" in reported.error
    assert reported.position == known
    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(await world.log()))


async def test_no_event_is_set_aside_where_none_stopped_the_relay(sqlite_store, kafka, topics, admin):
    await a_world(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, topics))
    empty(admin, kafka, topics)
    await relayed(a_relay(sqlite_store, kafka, topics))

    left = park(sqlite_store.database, "relay")

    assert (left.stopped_at, left.parked) == (0, 0)


async def test_topics_that_are_ahead_of_the_log_stop_the_relay(
    sqlite_store, kafka, topics, empty_sqlite_url, tmp_path, sqlite_template
):
    world = await a_world(sqlite_store)
    await world.contact(1)
    await relayed(a_relay(sqlite_store, kafka, topics))

    async with restored(sqlite_template, tmp_path) as other:
        await a_world(other)
        await relayed(a_relay(other, kafka, topics))

        assert status(other).stopped_at == 0
        assert "but the log ends at" in status(other).error
        assert "Back up and restore" in status(other).error


async def test_topics_of_another_log_stop_the_relay(sqlite_store, kafka, topics, tmp_path, sqlite_template):
    await a_world(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, topics))
    before = read(kafka, topics)

    async with restored(sqlite_template, tmp_path) as other:
        world = await a_world(other)
        await world.group(1, 2)
        await relayed(a_relay(other, kafka, topics))

        assert status(other).stopped_at == 0
        assert "has another one there" in status(other).error
    assert read(kafka, topics) == before


async def test_a_position_in_the_database_that_is_ahead_of_kafkas_is_not_believed(sqlite_store, kafka, topics):
    world = await a_world(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, topics))
    await world.contact(1)
    log = await world.log()
    with sqlite_store.database.write() as connection:
        advance(connection, ["relay"], log[-1].position)  # as after a power failure that took Kafka's last seconds

    await relayed(a_relay(sqlite_store, kafka, topics))

    assert sorted(record.id for record in read(kafka, topics)) == sorted(ids_of(log))
    assert read_progress(brokers_at(kafka), topics).position == log[-1].position


async def test_a_relay_can_only_continue_within_the_log(sqlite_store):
    await a_world(sqlite_store)
    head = sqlite_store.log.head()

    assert progress_at(sqlite_store, head).position == head
    assert progress_at(sqlite_store, 0).event is None
    with pytest.raises(NoSuchPositionError, match=f"There is no position {head + 1}: the log ends at {head}"):
        progress_at(sqlite_store, head + 1)


@asynccontextmanager
async def restored(template, folder):
    """Open another log than the test's own."""
    path = folder / "other.db"
    path.write_bytes(template.read_bytes())
    async with opened(f"sqlite:///{path}") as store:
        yield store


async def test_views_that_are_ahead_of_kafka_are_stopped_and_others_continue(sqlite_store, kafka, topics):
    """As after brokers have lost their last seconds: records that are published again must not count as known."""
    await a_world(sqlite_store)
    await relayed(a_relay(sqlite_store, kafka, topics))
    end = status(sqlite_store).position
    with sqlite_store.database.write() as connection:
        advance(connection, ["relay"], end + 5)
        for view, position in (("inbox", end + 3), ("thread", end)):
            store_places(connection, view, Places("any", {0: Place(0, position)}))

    await relayed(a_relay(sqlite_store, kafka, topics))

    assert status(sqlite_store).position == end
    found = statuses(sqlite_store.database)
    assert (found["inbox"].stopped_at, "thread" in found) == (0, False)
    assert f"Kafka has lost the events after position {end}" in found["inbox"].error
