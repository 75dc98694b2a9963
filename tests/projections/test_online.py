"""Rebuilding views next to those that are shown, and switching in one step (R33)."""

import asyncio
from collections.abc import Sequence
from threading import Event, Semaphore
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, Table, delete, select, tuple_, update
from sqlalchemy.exc import OperationalError

from groupchat.aggregates.do_not_disturb import TurnedOn
from groupchat.projections import VIEWS, inbox, inbox_list, online
from groupchat.projections.content import Digest
from groupchat.projections.online import OnlineRebuildError, Pace, drop_shadow, rebuild_online
from groupchat.projections.rebuild import rebuild
from groupchat.projections.shadow import Shadow, ShadowStoppedError
from groupchat.projections.view import Projection, View
from groupchat.store import positions
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.parked import parked_in
from groupchat.store.positions import FollowerStatus, PoisonError, reset_to, statuses
from groupchat.store.tables import STORED_EVENTS
from groupchat.values.event import Recorded
from tests.projections.histories import (
    follow,
    forget_everything,
    log_of,
    marked_unread,
    opted_out,
    read,
    received,
    refused,
    reviewed,
    started,
    store_log,
    tables_of,
    withheld,
)
from tests.projections.online_trials import Counted, leftovers, silent
from tests.projections.test_view import A_STORY, BAD, POISONED
from tests.store.counting import PATIENCE
from tests.store.following import opened, reached, running
from tests.store.test_schema import definitions
from tests.support import forked
from tests.support.builders import ANN, a_contact_created, a_group, number

LONG_STORY = (
    ("ctc_1", a_contact_created(1)),
    *A_STORY,
    read("cnv_1"),
    ("delivery-msg_1", started("msg_1", number(1), number(2))),
    ("delivery-msg_3", withheld("msg_3", number(1), number(2))),
    ("cnv_1", opted_out(1)),
    marked_unread("cnv_1"),
    ("cnv_2", a_group()),
    ("cnv_2", received("msg_5")),
    ("dnd-wsp_1-1", TurnedOn(number=number(1), contact_id="ctc_1")),
    ("dnd-wsp_1-2", TurnedOn(number=number(2), contact_id="ctc_1")),
    refused(1),
    refused(2),
    *(reviewed(message) for message in ("msg_1", "msg_2")),
)
LENGTH = len(LONG_STORY)
TRIALS = 5
SMALL = Pace(batch=4, near=0)


async def prepared(database: Database, view: View) -> None:
    """Store a log, and let a view follow it."""
    log = log_of(LONG_STORY)
    store_log(database, log)
    await follow(database, view, log)


def spoil(database: Database, view: View) -> int:
    """Let a view hold what no fold gives: a row less and a row otherwise; return how many rows differ."""
    with database.write() as connection:
        table = view.tables[0]
        key = tuple_(*table.primary_key.columns)
        keys = [tuple(row) for row in connection.execute(select(*table.primary_key.columns))]
        spoiled = {"inbound_count": 99, "doc": "{}", "state": "{}", "since": 99, "words": "spoiled"}
        column = next(name for name in spoiled if name in table.c)
        connection.execute(delete(table).where(key == keys[0]))
        connection.execute(update(table).values({column: spoiled[column]}))
    return len(keys)


# --- what comes of it


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
async def test_a_view_rebuilt_online_equals_the_view_rebuilt_from_zero_R33(database: Database, store: EventStore, view: View):
    await prepared(database, view)
    schema = definitions(database)
    await rebuild(store, [view], silent)
    rebuilt = tables_of(database, view)
    differing = spoil(database, view)

    switched = await rebuild_online(store, view, silent)

    assert tables_of(database, view) == rebuilt
    assert switched.position == statuses(database)[view.name].position == LENGTH
    assert switched.compared.position == LENGTH
    assert switched.compared.new.rows == sum(map(len, rebuilt.values())) > 0
    assert switched.compared.old is not None
    assert switched.compared.old.hash != switched.compared.new.hash
    assert switched.compared.differing == differing
    assert definitions(database) == schema
    assert leftovers(database) == []


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
async def test_a_correct_view_is_found_equal_by_its_hash_R33(database: Database, store: EventStore, view: View):
    await prepared(database, view)
    compared = (await rebuild_online(store, view, silent)).compared
    assert compared.old == compared.new
    assert compared.differing == 0


async def test_a_view_that_never_ran_is_built_to_the_logs_end_R33(database: Database, store: EventStore):
    log = log_of(LONG_STORY)
    store_log(database, log)
    reports: list[tuple[int, int]] = []

    switched = await rebuild_online(store, inbox.VIEW, lambda done, total: reports.append((done, total)))

    assert reports[0] == (0, LENGTH)
    assert reports[-1] == (LENGTH, LENGTH)
    assert (switched.compared.position, switched.compared.old) == (LENGTH, None)
    assert switched.compared.new.rows > 0
    online_ = tables_of(database, inbox.VIEW)
    forget_everything(database)
    await follow(database, inbox.VIEW, log)
    assert online_ == tables_of(database, inbox.VIEW)


async def test_a_rebuild_reports_its_progress_at_each_batch_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    reports: list[int] = []
    await rebuild_online(store, inbox.VIEW, lambda done, _total: reports.append(done), pace=Pace(batch=5, near=0))
    assert sorted(set(reports)) == [*range(0, LENGTH, 5), LENGTH]
    assert reports == sorted(reports)


async def test_a_rebuild_stores_nothing_in_the_log_so_nothing_is_sent_or_published_again_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    others = {name: status for name, status in statuses(database).items() if name != "inbox"}
    for view in VIEWS.values():
        await rebuild_online(store, view, silent)
    assert store.log.head() == LENGTH
    assert {name: status for name, status in statuses(database).items() if name not in VIEWS} == others


async def test_a_follower_continues_from_the_rebuilt_view_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    await rebuild_online(store, inbox.VIEW, silent)
    store_log(database, log_of([("cnv_3", a_group())], first=LENGTH + 1))
    assert await Follower(store, Projection(database, inbox.VIEW)).step() == 1
    assert len(tables_of(database, inbox.VIEW)["inbox"]) == 3


# --- without downtime


async def test_readers_and_writers_notice_nothing_of_a_rebuild_and_see_nothing_older_R33(database: Database, store: EventStore):
    log = log_of([("cnv_1", a_group()), *(("cnv_1", received(f"msg_{n}")) for n in range(4_000))])
    following = Follower(store, Projection(database, inbox.VIEW))
    stop = Event()
    store_log(database, log[:400])
    writing = asyncio.create_task(asyncio.to_thread(write_slowly, database, log[400:], stop))
    async with running(following):
        await reached(following, 400)
        reading = asyncio.create_task(asyncio.to_thread(watch, database, stop))
        switched = [await rebuild_online(store, inbox.VIEW, silent, pace=Pace(batch=50, near=20)) for _ in range(3)]
        stop.set()
        written = 400 + await writing
        seen = await reading
        await reached(following, written)

    assert written > 400, "somebody wrote meanwhile"
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert all(inbound >= position - 1 for position, inbound in seen)
    assert all(one.compared.old == one.compared.new for one in switched)
    assert tables_of(database, inbox.VIEW)["inbox"][0][4] == written - 1
    assert leftovers(database) == []


def write_slowly(database: Database, log: Sequence[Recorded], stop: Event) -> int:
    """Store a log event by event until `stop` is set; return how many were stored."""
    for stored, recorded in enumerate(log):
        if stop.is_set():
            return stored
        store_log(database, [recorded])
    return len(log)


def watch(database: Database, stop: Event) -> list[tuple[int, int]]:
    """List the inbox again and again; return pairs of the view's position and then the number of its group's messages."""
    seen = []
    while not stop.is_set():
        with database.read() as connection:
            position = positions.status_of(connection, "inbox").position
            page = inbox_list.page(connection, "wsp_1", ANN.user_id)
            assert inbox_list.page(connection, "wsp_1", ANN.user_id, sees_only=ANN.user_id).items == ()  # it joins contacts
            (inbound,) = connection.execute(select(inbox.INBOX.c.inbound_count)).scalars()
        assert len(page.items) == 1
        seen.append((position, inbound))
    return seen


async def test_contents_are_compared_as_of_one_position_while_the_view_moves_on_R33(
    database: Database, store: EventStore, monkeypatch: pytest.MonkeyPatch
):
    log = log_of(LONG_STORY)
    store_log(database, log)
    await follow(database, inbox.VIEW, log[:-1])
    digest_of = online.digest_of

    def moving(connection: Connection, tables: Sequence[Table]) -> Digest:
        Projection(database, inbox.VIEW).handle_blocking(log[-1:], LENGTH)
        return digest_of(connection, tables)

    monkeypatch.setattr(online, "digest_of", moving)
    switched = await rebuild_online(store, inbox.VIEW, silent)

    assert switched.compared.position == LENGTH - 1
    assert switched.compared.old == switched.compared.new
    assert switched.position == LENGTH


async def test_a_switch_waits_for_the_readers_of_a_table_without_blocking_others_R33(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
):
    async with opened(postgres_url) as store:
        await prepared(store.database, inbox.VIEW)
        awaited = attempts(monkeypatch)
        with store.database.snapshot() as reading:
            inbox_list.page(reading, "wsp_1", ANN.user_id)
            rebuilding = asyncio.create_task(rebuild_online(store, inbox.VIEW, silent, pace=Pace(pause=0.01)))
            assert await asyncio.to_thread(awaited.acquire, timeout=PATIENCE)
            with store.database.read() as another:
                assert len(inbox_list.page(another, "wsp_1", ANN.user_id).items) == 2
            assert await asyncio.to_thread(awaited.acquire, timeout=PATIENCE)
            assert len(inbox_list.page(reading, "wsp_1", ANN.user_id).items) == 2
        await rebuilding
        assert leftovers(store.database) == []


async def test_a_switch_that_readers_always_block_is_given_up_and_resumed_later_R33(
    postgres_url: str,
):
    async with opened(postgres_url) as store:
        await prepared(store.database, inbox.VIEW)
        with store.database.snapshot() as reading:
            inbox_list.page(reading, "wsp_1", ANN.user_id)
            with pytest.raises(OnlineRebuildError, match="another session keeps reading its tables"):
                await rebuild_online(store, inbox.VIEW, silent, pace=Pace(pause=0.01, switches=2))
        assert leftovers(store.database) == ["groupchat_rebuild_inbox"]
        reports: list[int] = []
        await rebuild_online(store, inbox.VIEW, lambda done, _total: reports.append(done))
        assert set(reports) == {LENGTH}
        assert leftovers(store.database) == []


def attempts(monkeypatch: pytest.MonkeyPatch) -> Semaphore:
    """Return a semaphore that is released whenever a switch has failed."""
    failed, switch = Semaphore(0), online._switch

    def watched(*given: Any) -> int:
        try:
            return switch(*given)
        except OperationalError:
            failed.release()
            raise

    monkeypatch.setattr(online, "_switch", watched)
    return failed


# --- interrupted


async def interrupted(store: EventStore, view: View, at: int) -> None:
    """Rebuild a view online until it has reported so many events."""

    def interrupt(done: int, _total: int) -> None:
        if done >= at:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await rebuild_online(store, view, interrupt, pace=SMALL)


async def test_an_interrupted_rebuild_is_resumed_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    before = tables_of(database, inbox.VIEW)
    await interrupted(store, inbox.VIEW, 8)
    assert tables_of(database, inbox.VIEW) == before
    assert leftovers(database) != []
    reports: list[int] = []

    await rebuild_online(store, inbox.VIEW, lambda done, _total: reports.append(done))

    assert reports[0] == 8
    assert tables_of(database, inbox.VIEW) == before
    assert leftovers(database) == []


async def test_a_rebuild_killed_anywhere_has_changed_all_or_nothing_and_is_resumed_or_dropped_R33(database_url: str):
    ended = await asyncio.to_thread(forked.run, "tests.projections.online_trials", database_url, str(TRIALS))

    assert ended.stdout, ended.stderr
    counted = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Counted)
    assert counted == Counted(trials=TRIALS, killed=counted.killed, mixed=0, behind=0, wrong=0, left=0)
    assert counted.killed > 0


async def test_an_interrupted_rebuild_can_be_dropped_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    before = tables_of(database, inbox.VIEW)
    await interrupted(store, inbox.VIEW, 0)

    assert await drop_shadow(store, inbox.VIEW)

    assert leftovers(database) == []
    assert tables_of(database, inbox.VIEW) == before
    assert not await drop_shadow(store, inbox.VIEW), "nothing is left"


async def test_a_rebuild_begun_with_other_code_starts_over_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    before = tables_of(database, inbox.VIEW)

    def otherwise(connection: Connection, batch: Sequence[Recorded]) -> None:
        inbox.VIEW.apply(connection, [recorded for recorded in batch if recorded.stream != "cnv_1"])

    await interrupted(store, View("inbox", inbox.VIEW.tables, otherwise), 8)
    reports: list[int] = []

    await rebuild_online(store, inbox.VIEW, lambda done, _total: reports.append(done))

    assert reports[0] == 0
    assert tables_of(database, inbox.VIEW) == before


async def test_a_rebuild_begun_with_other_tables_starts_over_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    await interrupted(store, View("inbox", VIEWS["thread"].tables, VIEWS["thread"].apply), 0)
    switched = await rebuild_online(store, inbox.VIEW, silent)
    assert switched.compared.old == switched.compared.new


async def test_a_shadow_that_stood_further_on_than_the_view_is_not_compared_and_takes_its_place_R33(
    database: Database, store: EventStore
):
    await prepared(database, inbox.VIEW)
    right = tables_of(database, inbox.VIEW)
    made = Shadow(store, inbox.VIEW)
    made.open()
    made.reach(LENGTH)
    made.close()
    forget_view(database, inbox.VIEW)

    switched = await rebuild_online(store, inbox.VIEW, silent)

    assert switched.compared.old is None
    assert tables_of(database, inbox.VIEW) == right
    assert statuses(database)["inbox"].position == LENGTH


def forget_view(database: Database, view: View) -> None:
    """Put a view at the log's beginning."""
    with database.write() as connection:
        view.clear(connection)
        reset_to(connection, view.name, 0)


async def test_one_of_two_simultaneous_rebuilds_of_a_view_is_refused_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)

    impatient = Pace(lease=0.1)
    async with online._alone(store, inbox.VIEW, impatient):
        for work in (rebuild_online(store, inbox.VIEW, silent, pace=impatient), drop_shadow(store, inbox.VIEW, pace=impatient)):
            with pytest.raises(OnlineRebuildError, match="Another online rebuild of inbox is running"):
                await work
        await rebuild_online(store, VIEWS["pane"], silent)

    await rebuild_online(store, inbox.VIEW, silent)


# --- events that can't be applied


async def test_a_poison_event_stops_the_rebuild_by_name_and_leaves_the_view_as_it_was_R33(database: Database, store: EventStore):
    await prepared(database, inbox.VIEW)
    before, standing = tables_of(database, inbox.VIEW), statuses(database)

    with pytest.raises(ShadowStoppedError, match="the event at position 3 can't be applied: BadEventError: a bad event") as stopped:
        await rebuild_online(store, POISONED, silent)

    assert stopped.value.position == BAD
    assert tables_of(database, inbox.VIEW) == before
    assert statuses(database) == standing
    await rebuild_online(store, inbox.VIEW, silent)
    assert leftovers(database) == []


async def test_a_view_that_a_poison_event_has_stopped_continues_after_a_rebuild_by_corrected_code_R33(
    database: Database, store: EventStore
):
    log = log_of(A_STORY)
    store_log(database, log)
    await Follower(store, Projection(database, POISONED)).step()
    assert statuses(database)["inbox"].stopped_at == BAD

    switched = await rebuild_online(store, inbox.VIEW, silent)

    assert switched.compared.position == BAD - 1
    assert switched.compared.old == switched.compared.new
    assert (statuses(database)["inbox"].position, statuses(database)["inbox"].stopped_at) == (len(log), None)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [2]


async def test_a_follower_is_not_stopped_by_an_event_that_a_rebuild_has_passed_meanwhile_R33(database: Database, store: EventStore):
    class Overtaken:
        name = "inbox"

        async def handle(self, batch: Sequence[Recorded], position: int) -> int:
            await rebuild_online(store, inbox.VIEW, silent)
            raise PoisonError(BAD, "its code is older")

    store_log(database, log_of(A_STORY))
    await Follower(store, Overtaken()).step()
    assert statuses(database)["inbox"] == FollowerStatus("inbox", len(A_STORY))


async def test_a_parked_event_is_tried_again_R33(database: Database, store: EventStore):
    await park_the_bad_event(database, store)
    await rebuild_online(store, inbox.VIEW, silent)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [2]
    assert parked(database) == {}


async def test_a_parked_event_that_still_cannot_be_applied_stays_parked_R33(database: Database, store: EventStore):
    await park_the_bad_event(database, store)
    before = tables_of(database, inbox.VIEW)
    switched = await rebuild_online(store, POISONED, silent, pace=Pace(batch=1))
    assert switched.compared.old == switched.compared.new
    assert tables_of(database, inbox.VIEW) == before
    assert parked(database) == {BAD: "BadEventError: a bad event"}
    assert statuses(database)["inbox"].position == len(A_STORY)


async def test_an_unreadable_event_stops_the_rebuild_and_stays_parked_where_it_was_R33(database: Database, store: EventStore):
    store_log(database, log_of(A_STORY))
    with database.write() as connection:
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == BAD).values(state=b"no JSON"))
    with pytest.raises(ShadowStoppedError, match="position 3"):
        await rebuild_online(store, inbox.VIEW, silent)
    await park_the_bad_event(database, store, inbox.VIEW)
    await rebuild_online(store, inbox.VIEW, silent)
    assert list(parked(database)) == [BAD]
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [1]


async def park_the_bad_event(database: Database, store: EventStore, view: View = POISONED) -> None:
    """Let a view follow a log, with its bad event set aside."""
    if not store.log.head():
        store_log(database, log_of(A_STORY))
    following = Follower(store, Projection(database, view))
    while await following.step():
        pass
    positions.park(database, "inbox")
    while await following.step():
        pass


def parked(database: Database) -> dict[int, str]:
    """Return why events are set aside, by position."""
    return parked_in(database, "inbox")
