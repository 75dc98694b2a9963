"""Views that follow partitions: any batches, in any order that keeps a key's, end in what the log gives (R33)."""

import asyncio
from collections.abc import Sequence
from itertools import count
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from groupchat.projections import CONVERSATION_VIEWS, inbox, thread
from groupchat.projections.partitioned import Batch, NotCoveredError, PartitionedView, ReadRecord
from groupchat.projections.rebuild import rebuild
from groupchat.projections.view import View
from groupchat.store import positions
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.places import NoPlaceError, Place
from groupchat.store.positions import PoisonError, statuses
from groupchat.values.event import Recorded
from tests.processes.partitions.publishing import key_of
from tests.projections.histories import Story, follow, forget_everything, log_of, received, sent, store_log, stories, tables_of
from tests.projections.test_view import A_STORY, BAD, POISONED
from tests.support.builders import a_group

PARTITIONS = 2
TOPIC = "conversations 1"
BEGINNING = dict.fromkeys(range(PARTITIONS), Place(0, 0))


class Topic:
    """The contents of the partitions: every record at its offset; a marker takes one between transactions."""

    def __init__(self) -> None:
        self.partitions: list[list[ReadRecord]] = [[] for _ in range(PARTITIONS)]
        self.ends = [0] * PARTITIONS

    def publish(self, log: Sequence[Recorded]) -> None:
        for recorded in log:
            if (key := key_of(recorded)) is not None:
                partition = crc32(key.encode()) % PARTITIONS
                self.partitions[partition].append(ReadRecord(self.ends[partition], recorded))
                self.ends[partition] += 1
        self.ends = [end + 1 for end in self.ends]

    def batch(self, partition: int, start: int, end: int, reached: int = 0) -> Batch:
        records = [read for read in self.partitions[partition] if start <= read.offset < end]
        return Batch(partition=partition, start=start, end=end, records=records, reached=reached)

    def rest(self, partition: int, place: Place, reached: int = 0) -> Batch:
        return self.batch(partition, place.next_offset, self.ends[partition], reached)


def begun(database: Database, view: View) -> PartitionedView:
    following = PartitionedView(database, view)
    following.begin(TOPIC, BEGINNING)
    return following


def places(following: PartitionedView) -> dict[int, Place]:
    found = following.places()
    assert found is not None
    return found.of


def finish(following: PartitionedView, topic: Topic, position: int) -> None:
    for partition, place in places(following).items():
        following.handle([topic.rest(partition, place, position)])


async def by_the_log(database: Database, views: Sequence[View], log: Sequence[Recorded]) -> dict[str, object]:
    forget_everything(database)
    for view in views:
        await follow(database, view, log)
    return {view.name: tables_of(database, view) for view in views}


@st.composite
def publications(draw: st.DrawFn) -> tuple[list[Recorded], list[tuple[int, int]]]:
    """Return a log, and the pieces of it that are published one after another: each may begin before the one before it ended."""
    log = log_of(draw(stories()))
    pieces, done = [], 0
    while done < len(log):
        start = draw(st.integers(0, done))
        done = draw(st.integers(done + 1, len(log)))
        pieces.append((start, done))
    return log, pieces


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(published=publications(), data=st.data())
async def test_any_batches_of_partitions_even_repeated_and_outdated_give_the_same_as_the_log_R33(
    database: Database, published, data: st.DataObject
):
    log, pieces = published
    forget_everything(database)
    topic = Topic()
    followings = [begun(database, view) for view in CONVERSATION_VIEWS]
    for start, end in pieces:
        topic.publish(log[start:end])
        for _ in range(data.draw(st.integers(0, 4))):
            following = data.draw(st.sampled_from(followings))
            partition = data.draw(st.integers(0, PARTITIONS - 1))
            first, last = sorted(data.draw(st.tuples(*[st.integers(0, topic.ends[partition])] * 2)))
            following.handle([topic.batch(partition, first, last)])
    for following in followings:
        finish(following, topic, len(log))
    shared = {view.name: tables_of(database, view) for view in CONVERSATION_VIEWS}
    standing = statuses(database)
    assert {standing[view.name].position for view in CONVERSATION_VIEWS} == {len(log)}
    assert shared == await by_the_log(database, CONVERSATION_VIEWS, log)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(), data=st.data())
async def test_a_view_may_change_between_the_log_and_the_topic_at_any_time_R33(
    database: Database, story: Story, data: st.DataObject
):
    log = log_of(story)
    forget_everything(database)
    topic = Topic()
    for start in range(0, len(log), 3):
        topic.publish(log[start : start + 3])
    for view in CONVERSATION_VIEWS:
        for _ in range(data.draw(st.integers(1, 5))):
            above = statuses(database)[view.name].position if view.name in statuses(database) else 0
            if data.draw(st.booleans()):
                await follow(database, view, log[above : above + data.draw(st.integers(1, 5))])
            else:
                following, partition = begun(database, view), data.draw(st.integers(0, PARTITIONS - 1))
                place = places(following)[partition]
                end = data.draw(st.integers(place.next_offset, topic.ends[partition]))
                following.handle([topic.batch(partition, place.next_offset, end)])
        above = statuses(database)[view.name].position
        await follow(database, view, log[above:])
    changed = {view.name: tables_of(database, view) for view in CONVERSATION_VIEWS}
    assert changed == await by_the_log(database, CONVERSATION_VIEWS, log)


async def test_two_processes_that_apply_the_same_batch_at_once_apply_it_once_R33(database: Database):
    log, topic = log_of(A_STORY), Topic()
    topic.publish(log)
    followings = [begun(database, inbox.VIEW) for _ in range(3)]
    batches = [topic.rest(partition, Place(0, 0)) for partition in range(PARTITIONS)]
    await asyncio.gather(*(asyncio.to_thread(following.handle, batches) for following in followings for _ in range(2)))
    together = tables_of(database, inbox.VIEW)
    assert together == (await by_the_log(database, [inbox.VIEW], log))["inbox"]


def test_a_batch_that_leaves_a_gap_is_left_alone_R33(database: Database):
    topic = Topic()
    topic.publish(log_of([("cnv_1", a_group()), ("cnv_1", sent("msg_1"))]))
    following = begun(database, thread.VIEW)
    partition = crc32(b"cnv_1") % PARTITIONS
    assert following.handle([topic.batch(partition, 1, 3)]) == {partition: Place(0, 0)}
    assert tables_of(database, thread.VIEW) == {"messages": []}


def test_a_batch_without_the_views_next_events_is_left_alone_R33(database: Database):
    following = begun(database, thread.VIEW)
    assert following.handle([Batch(partition=0, start=0, end=9, above=5)]) == {0: Place(0, 0)}


def test_a_views_position_is_its_lowest_partitions(database: Database):
    following = begun(database, inbox.VIEW)
    following.handle([Batch(partition=0, start=0, end=4, reached=9)])
    assert statuses(database)["inbox"].position == 0
    following.handle([Batch(partition=1, start=0, end=0, reached=7)])
    assert statuses(database)["inbox"].position == 7


def test_a_published_position_counts_only_for_the_process_that_has_read_it(database: Database):
    following = begun(database, inbox.VIEW)
    following.handle([Batch(partition=0, start=3, end=3, reached=9)])
    assert places(following)[0] == Place(0, 0)


async def test_a_poison_event_stops_the_view_in_all_partitions_and_retry_and_park_let_it_continue_R33(database: Database):
    log, topic = log_of(A_STORY), Topic()
    topic.publish(log)
    partition = crc32(b"cnv_1") % PARTITIONS
    following = begun(database, POISONED)

    assert following.handle([topic.rest(partition, Place(0, 0))]) is None
    status = statuses(database)["inbox"]
    assert (status.stopped_at, status.error) == (BAD, "BadEventError: a bad event")
    assert places(following)[partition] == Place(BAD - 1, BAD - 1)
    assert following.handle([Batch(partition=1 - partition, start=0, end=0)]) is None, "it stays stopped"

    positions.park(database, "inbox")
    finish(following, topic, len(log))
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [1], "one of two inbound messages"
    assert statuses(database)["inbox"].position == len(log)


async def test_an_unreadable_record_stops_the_view_until_it_can_be_read_R33(database: Database):
    log, topic = log_of(A_STORY), Topic()
    topic.publish(log)
    partition = crc32(b"cnv_1") % PARTITIONS
    whole = topic.partitions[partition]
    topic.partitions[partition] = [ReadRecord(each.offset, PoisonError(3, "newer")) if each.offset == 2 else each for each in whole]
    following = begun(database, inbox.VIEW)

    assert following.handle([topic.rest(partition, Place(0, 0))]) is None
    assert (statuses(database)["inbox"].stopped_at, statuses(database)["inbox"].error) == (3, "newer")

    topic.partitions[partition] = whole
    positions.retry(database, "inbox")
    finish(following, topic, len(log))
    assert {"inbox": tables_of(database, inbox.VIEW)} == await by_the_log(database, [inbox.VIEW], log)


def test_a_temporary_failure_is_raised_unchanged_and_stops_no_view(database: Database):
    def locked(connection: Connection, batch: Sequence[Recorded]) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    following = begun(database, View("inbox", inbox.VIEW.tables, locked))
    with pytest.raises(OperationalError):
        following.handle([Batch(partition=0, start=0, end=1)])
    assert statuses(database)["inbox"].stopped_at is None
    assert places(following)[0] == Place(0, 0)


async def test_a_rebuilt_view_has_no_place_and_begins_where_the_rebuild_left_it_R33(database: Database, store: EventStore):
    log, topic = log_of(A_STORY), Topic()
    store_log(database, log)
    topic.publish(log)
    following = begun(database, inbox.VIEW)
    finish(following, topic, len(log))
    followed = tables_of(database, inbox.VIEW)

    await rebuild(store, [inbox.VIEW], lambda done, total: None)
    with pytest.raises(NoPlaceError):
        following.handle([Batch(partition=0, start=0, end=0)])
    following.begin(TOPIC, BEGINNING)

    assert places(following) == dict.fromkeys(range(PARTITIONS), Place(0, len(log)))
    finish(following, topic, len(log))
    assert tables_of(database, inbox.VIEW) == followed


async def test_a_rebuild_while_workers_follow_the_topic_gives_the_same_R33(database: Database, store: EventStore):
    log, topic = log_of([("cnv_1", a_group()), *(("cnv_1", received(f"msg_{n}")) for n in range(60))]), Topic()
    store_log(database, log)
    topic.publish(log)
    following = begun(database, inbox.VIEW)
    finish(following, topic, len(log))
    followed = tables_of(database, inbox.VIEW)
    turns = count()

    def share(_done: int, _total: int) -> None:
        following.begin(TOPIC, BEGINNING)
        for partition, place in places(following).items():
            following.handle([topic.batch(partition, place.next_offset, min(topic.ends[partition], 9 * next(turns)))])

    await rebuild(store, [inbox.VIEW], share, batch=7)

    assert tables_of(database, inbox.VIEW) == followed
    assert statuses(database)["inbox"].position == len(log)


async def test_a_topic_that_lacks_the_views_next_events_is_not_begun(database: Database):
    await follow(database, inbox.VIEW, log_of(A_STORY)[:3])
    following = PartitionedView(database, inbox.VIEW)
    with pytest.raises(NotCoveredError, match="the view inbox is at position 3, but the topic lacks events up to position 4"):
        following.begin(TOPIC, {0: Place(0, 0), 1: Place(7, 4)})
    assert following.places() is None
    following.begin(TOPIC, {0: Place(0, 0), 1: Place(7, 3)})
    assert places(following) == {0: Place(0, 3), 1: Place(7, 3)}
