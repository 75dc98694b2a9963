"""Views that follow Kafka have the same rows as from the log (R33), and stop where Kafka can't be followed."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from structlog.testing import capture_logs

from groupchat.broker.envelope import headers_of
from groupchat.broker.topics import RELAY
from groupchat.projections import CONVERSATION_VIEWS, inbox, ledger
from groupchat.projections.rebuild import rebuild
from groupchat.projections.view import Projection, View
from groupchat.store import positions
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.parked import set_aside
from groupchat.store.positions import statuses
from groupchat.values.event import Recorded
from tests.processes.partitions.conftest import Sharers
from tests.processes.partitions.publishing import Publisher, delete_topic, make_topic
from tests.projections.histories import (
    follow,
    forget_everything,
    log_of,
    opted_out,
    received,
    sent,
    started,
    store_log,
    tables_of,
    updated,
)
from tests.projections.test_view import BAD, POISONED
from tests.store.counting import until
from tests.store.following import running
from tests.support.builders import a_group, number


def a_log(groups: int = 5) -> list[Recorded]:
    story = [(f"cnv_{each}", a_group()) for each in range(groups)]
    for each in range(groups):
        message, conversation = f"msg_{each}", f"cnv_{each}"
        story += [
            (conversation, sent(message)),
            (f"delivery-{message}", started(message, number(1), number(2), conversation_id=conversation)),
            (conversation, received(f"{message}_reply")),
            (f"delivery-{message}", updated(message, number(1), "delivered", conversation)),
        ]
    return log_of([*story, ("cnv_0", opted_out(1))])


LOG = a_log()
HALF = len(LOG) // 2


def everything(database: Database) -> dict[str, object]:
    return {view.name: tables_of(database, view) for view in CONVERSATION_VIEWS}


async def by_the_log(database: Database, log: Sequence[Recorded]) -> dict[str, object]:
    forget_everything(database)
    for view in CONVERSATION_VIEWS:
        await follow(database, view, log)
    return everything(database)


async def test_a_worker_applies_the_same_as_the_log_each_event_once_and_nothing_that_was_aborted_R33(
    database: Database, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    async with sharers.running():
        publisher.abort(LOG)
        publisher.publish(LOG[:HALF])
        publisher.publish(LOG[3:], database)
        await sharers.reach(len(LOG))
    assert everything(database) == await by_the_log(database, LOG)


async def test_views_go_from_the_log_to_kafka_and_back_without_loss_or_doubling_R33(
    database: Database, store: EventStore, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    third = len(LOG) // 3
    for view in CONVERSATION_VIEWS:
        await follow(database, view, LOG[:third])
    publisher.publish(LOG[: 2 * third], database)
    async with sharers.running():
        await sharers.reach(2 * third)
    async with AsyncExitStack() as stack:
        for view in CONVERSATION_VIEWS:
            await stack.enter_async_context(running(Follower(store, Projection(database, view))))
        await sharers.reach(len(LOG))
    publisher.publish(LOG[2 * third :], database)
    async with sharers.running():
        await sharers.reach(len(LOG))
    assert everything(database) == await by_the_log(database, LOG)


async def test_followers_of_the_log_wait_while_kafka_is_followed_and_take_over_R33(
    database: Database, store: EventStore, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    with capture_logs() as logs:
        async with sharers.running():
            publisher.publish(LOG[:1], database)
            await sharers.reach(1)
            async with running(Follower(store, Projection(database, inbox.VIEW))):
                await until(lambda: any(each["event"] == "lease_awaited" for each in logs))
                assert statuses(database)["inbox"].position == 1
        async with running(Follower(store, Projection(database, inbox.VIEW))):
            await sharers.reach(len(LOG), inbox.VIEW)


async def test_a_poison_event_stops_only_its_view_and_park_lets_it_continue_R33(
    database: Database, sharers: Sharers, publisher: Publisher
):
    log = log_of([("cnv_1", a_group()), ("cnv_1", sent("msg_1")), ("cnv_1", received("msg_2")), ("cnv_1", received("msg_3"))])
    store_log(database, log)
    async with sharers.running(POISONED, ledger.VIEW):
        publisher.publish(log, database)
        await sharers.reach(len(log), ledger.VIEW)
        await until(lambda: stopped_at(database, inbox.VIEW) == BAD)
        positions.park(database, "inbox")
        await sharers.reach(len(log), inbox.VIEW)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [1], "one of two inbound messages"


async def test_a_record_of_a_newer_version_stops_the_views_and_its_place_is_named_R33(
    database: Database, sharers: Sharers, publisher: Publisher
):
    headers = dict(headers_of(LOG[0], "cnv_0")) | {"ce_type": b"groupchat.conversation.of_tomorrow"}
    async with sharers.running(inbox.VIEW):
        publisher.raw(b"{}", list(headers.items()))
        await until(lambda: stopped_at(database, inbox.VIEW) == 1)
    assert "offset 0: the record is not from groupchat, or from a newer version" in (statuses(database)["inbox"].error or "")


async def test_a_foreign_record_stops_the_views_with_advice(database: Database, sharers: Sharers, publisher: Publisher):
    async with sharers.running(inbox.VIEW):
        publisher.raw(b"hello", [])
        await until(lambda: stopped_at(database, inbox.VIEW) == 0)
    assert "another program writes to the topic" in (statuses(database)["inbox"].error or "")


async def test_a_missing_topic_is_reported_and_awaited(database: Database, kafka: str, topic_prefix: str, sharers: Sharers):
    store_log(database, LOG)
    async with sharers.running():
        await until(lambda: "`groupchat topics` creates it" in (reported(database) or ""))
        assert statuses(database)["inbox"].stopped_at is None
        publisher = Publisher(kafka, make_topic(kafka, topic_prefix))
        publisher.publish(LOG, database)
        publisher.close()
        await sharers.reach(len(LOG))
        assert reported(database) is None


def stopped_at(database: Database, view: View) -> int | None:
    return status.stopped_at if (status := statuses(database).get(view.name)) else None


def reported(database: Database) -> str | None:
    return status.error if (status := statuses(database).get("inbox")) else None


async def test_a_recreated_topic_stops_the_views_until_they_are_rebuilt_R33(
    database: Database, store: EventStore, kafka: str, topic_prefix: str, sharers: Sharers, topic: str
):
    store_log(database, LOG)
    first = Publisher(kafka, topic)
    first.publish(LOG[:HALF], database)
    first.close()
    async with sharers.running():
        await sharers.reach(HALF)
    delete_topic(kafka, topic)
    second = Publisher(kafka, await create_again(kafka, topic_prefix))
    second.publish(LOG[HALF + 3 :], database)

    async with sharers.running():
        await until(lambda: {stopped_at(database, view) for view in CONVERSATION_VIEWS} == {0})
        assert "`groupchat rebuild inbox thread pane ledger` (not `--online`) fills the views" in (reported(database) or "")
        await rebuild(store, CONVERSATION_VIEWS, lambda done, total: None)
        second.publish(LOG[-1:], database)
        await sharers.reach(len(LOG))
    second.close()
    assert everything(database) == await by_the_log(database, LOG)


async def create_again(address: str, prefix: str) -> str:
    """Make the topic again: Kafka takes its time to forget the one before."""
    for _ in range(50):
        try:
            return make_topic(address, prefix)
        except Exception:  # noqa: BLE001 - whatever it says while the old one is going
            await asyncio.sleep(0.1)
    return make_topic(address, prefix)


async def test_a_view_that_lacks_events_that_the_topic_lacks_too_reports_it_and_waits_for_a_rebuild_R33(
    database: Database, store: EventStore, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    for view in CONVERSATION_VIEWS:
        await follow(database, view, LOG[:HALF])
    publisher.publish(LOG[HALF + 3 :], database)
    async with sharers.running():
        lacks = f"is at position {HALF}, but the topic lacks events up to position {HALF + 3}"
        await until(lambda: lacks in (reported(database) or ""))
        assert (stopped_at(database, inbox.VIEW), statuses(database)["inbox"].position) == (None, HALF)
        await rebuild(store, CONVERSATION_VIEWS, lambda done, total: None)
        await sharers.reach(len(LOG))
    assert everything(database) == await by_the_log(database, LOG)


async def test_an_event_parked_for_the_relay_stops_views_that_lack_it_until_a_rebuild_R33(
    database: Database, store: EventStore, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    publisher.publish(LOG[:HALF], database)
    with database.write() as connection:
        set_aside(connection, RELAY, {LOG[HALF].position: "too large"})
    async with sharers.running():
        await sharers.reach(HALF)
        publisher.publish(LOG[HALF + 1 :], database)
        await until(lambda: {stopped_at(database, view) for view in CONVERSATION_VIEWS} == {0})
        assert f"The relay has skipped the event at position {LOG[HALF].position}" in (reported(database) or "")
        await rebuild(store, CONVERSATION_VIEWS, lambda done, total: None)
        await sharers.reach(len(LOG))
    assert everything(database) == await by_the_log(database, LOG)


async def test_a_view_that_has_the_topics_missing_events_from_the_log_continues_in_the_topic_R33(
    database: Database, sharers: Sharers, publisher: Publisher
):
    store_log(database, LOG)
    for view in CONVERSATION_VIEWS:
        await follow(database, view, LOG[: HALF + 5])
    publisher.publish(LOG[HALF + 3 :], database)
    async with sharers.running():
        await sharers.reach(len(LOG))
    assert everything(database) == await by_the_log(database, LOG)
