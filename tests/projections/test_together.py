"""Views at the same position share a read and a transaction; one that can't continue leaves the others (ADR 5, R33)."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from groupchat.projections import VIEWS, inbox, pane, thread
from groupchat.projections.view import Projection, View
from groupchat.store import positions
from groupchat.store.applying import Applying
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.positions import statuses
from groupchat.store.refusals import may_pass
from groupchat.values.event import Recorded
from tests.projections.histories import follow, forget_everything, log_of, received, store_log, tables_of
from tests.projections.test_view import A_STORY, BAD, POISONED
from tests.store.following import reached, running, stopped
from tests.support.statements import counted

ALL = tuple(VIEWS.values())
LAST = len(A_STORY)


def followers(store: EventStore, views: Sequence[View] = ALL) -> list[Follower]:
    applying = Applying(store.database)
    return [Follower(store, Projection(store.database, view, applying)) for view in views]


async def step(following: Sequence[Follower]) -> list[int]:
    return await asyncio.gather(*(each.step() for each in following))


async def apart(database: Database, log: Sequence[Recorded]) -> dict[str, object]:
    """Return what the views hold that follow the log each by itself."""
    forget_everything(database)
    for view in ALL:
        await follow(database, view, log)
    return {view.name: tables_of(database, view) for view in ALL}


async def test_views_at_one_place_share_a_reading_and_a_transaction_for_each_batch_R33(database: Database, store: EventStore):
    following = followers(store)
    store_log(database, log_of(A_STORY))
    assert await step(following) == [LAST] * len(ALL)  # now each knows where it stands
    store_log(database, log_of([*A_STORY, ("cnv_1", received("msg_9"))])[LAST:])

    with counted(database) as asked:
        assert await step(following) == [1] * len(ALL)

    assert len([each for each in asked if "FROM stored_events" in each]) == 1
    assert len([each for each in asked if "UPDATE followers" in each]) == 1
    assert {status.position for status in statuses(database).values()} == {LAST + 1}


async def test_views_that_follow_together_have_the_same_rows_as_each_by_itself_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    store_log(database, log)
    await step(followers(store))
    together = {view.name: tables_of(database, view) for view in ALL}
    assert together == await apart(database, log)


async def test_a_view_that_lags_catches_up_by_itself_and_then_shares_batches_again_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    await follow(database, inbox.VIEW, log[:4])
    await follow(database, thread.VIEW, log[:2])
    store_log(database, log)
    following = followers(store, [inbox.VIEW, thread.VIEW, pane.VIEW])
    assert await step(following) == [1, 3, 5]
    store_log(database, log_of([*A_STORY, ("cnv_1", received("msg_9"))])[LAST:])
    with counted(database) as asked:
        assert await step(following) == [1, 1, 1]
    assert len([each for each in asked if "UPDATE followers" in each]) == 1


async def test_a_view_that_meets_a_poison_event_stops_and_the_others_continue_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    store_log(database, log)
    following = followers(store, [thread.VIEW, POISONED, pane.VIEW])
    async with AsyncExitStack() as stack:
        for each in following:
            await stack.enter_async_context(running(each))
        assert await stopped(following[1]) == BAD
        await reached(following[0], LAST)
        await reached(following[2], LAST)
        positions.park(database, "inbox")
        await reached(following[1], LAST)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [1], "one of two inbound messages"


async def test_a_view_that_a_rebuild_has_moved_continues_from_there_and_delays_no_other_R33(database: Database, store: EventStore):
    log = log_of([*A_STORY, ("cnv_1", received("msg_9"))])
    store_log(database, log[:LAST])
    following = followers(store)
    await step(following)
    with database.write() as connection:
        inbox.VIEW.clear(connection)
        positions.reset_to(connection, "inbox", 0)
    store_log(database, log[LAST:])

    await step(following)  # the inbox learns that it was moved
    assert statuses(database)["inbox"].position == 0
    assert {status.position for name, status in statuses(database).items() if name != "inbox"} == {LAST + 1}
    await step(following)

    together = {view.name: tables_of(database, view) for view in ALL}
    assert together == await apart(database, log)


async def test_a_view_that_is_locked_as_by_a_rebuild_that_empties_it_holds_up_no_other_R33(database: Database):
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time.")
    log, applying = log_of(A_STORY), Applying(database)
    with database.write() as connection:
        positions.lock(connection, "inbox")
    with database.write() as rebuilding:
        positions.lock(rebuilding, "inbox")
        handling = (Projection(database, view, applying).handle(log, LAST) for view in (thread.VIEW, inbox.VIEW, pane.VIEW))
        found = await asyncio.gather(*handling, return_exceptions=True)
    assert (found[0], found[2]) == (LAST, LAST)
    assert may_pass(found[1])


async def test_a_failure_that_passes_is_raised_to_all_and_stops_nobody(database: Database):
    def locked(_connection: Connection, _batch: Sequence[Recorded]) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    log, applying = log_of(A_STORY), Applying(database)
    views = [thread.VIEW, View("inbox", inbox.VIEW.tables, locked)]
    handling = (Projection(database, view, applying).handle(log, LAST) for view in views)
    found = await asyncio.gather(*handling, return_exceptions=True)
    assert [type(each) for each in found] == [OperationalError, OperationalError]
    assert tables_of(database, thread.VIEW) == {"messages": []}
    assert statuses(database) == {}


async def test_a_stopped_view_does_not_take_part_in_the_others_batches_R33(database: Database):
    log, applying = log_of(A_STORY), Applying(database)
    with pytest.raises(positions.PoisonError) as poison:
        await follow(database, POISONED, log)
    positions.stop_at(database, "inbox", poison.value)
    handling = (Projection(database, view, applying).handle(log, LAST) for view in (thread.VIEW, inbox.VIEW))
    assert await asyncio.gather(*handling) == [LAST, BAD - 1]
