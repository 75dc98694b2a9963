"""Rebuilding views from the log's beginning (R33)."""

import asyncio

import pytest

from groupchat.projections import VIEWS, inbox
from groupchat.projections.rebuild import RebuildStoppedError, rebuild
from groupchat.projections.view import Projection
from groupchat.store import positions, upserts
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.positions import statuses
from tests.projections.histories import follow, log_of, received, sent, store_log, tables_of
from tests.projections.test_view import A_STORY, BAD, POISONED
from tests.support.builders import a_group

ALL = list(VIEWS.values())


async def test_a_rebuild_reports_its_progress_from_nothing_to_everything_R33(database: Database, store: EventStore):
    store_log(database, log_of(A_STORY))
    reports: list[tuple[int, int]] = []

    await rebuild(store, ALL, lambda done, total: reports.append((done, total)), batch=2)

    assert reports == [(0, 5), (2, 5), (4, 5), (5, 5)]
    assert {statuses(database)[view.name].position for view in ALL} == {5}


async def test_a_rebuild_by_copying_gives_the_same_rows_R33(database: Database, store: EventStore, monkeypatch: pytest.MonkeyPatch):
    store_log(database, log_of(A_STORY))
    await rebuild(store, ALL, lambda done, total: None)
    rows = {view.name: tables_of(database, view) for view in ALL}

    monkeypatch.setattr(upserts, "FEW", 1)
    await rebuild(store, ALL, lambda done, total: None, batch=2)

    assert {view.name: tables_of(database, view) for view in ALL} == rows
    assert rows["message_search"]["message_words"]


async def test_a_rebuild_of_an_empty_log_is_done_at_once_R33(database: Database, store: EventStore):
    reports: list[tuple[int, int]] = []
    await rebuild(store, ALL, lambda done, total: reports.append((done, total)))
    assert reports == [(0, 0)]


async def test_a_rebuild_leaves_no_earlier_rows_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    await follow(database, inbox.VIEW, log_of([("cnv_old", a_group())]))
    store_log(database, log)
    await rebuild(store, ALL, lambda done, total: None)
    assert [row[0] for row in tables_of(database, inbox.VIEW)["inbox"]] == ["cnv_1"]


async def test_a_rebuild_while_a_worker_runs_gives_the_same_R33(database: Database, store: EventStore):
    log = log_of([("cnv_1", a_group()), *(("cnv_1", received(f"msg_{n}")) for n in range(60))])
    store_log(database, log)
    stop = asyncio.Event()
    worker = asyncio.create_task(Follower(store, Projection(database, inbox.VIEW)).run(stop))

    await rebuild(store, [inbox.VIEW], lambda done, total: None, batch=7)
    stop.set()
    await worker

    rebuilt = tables_of(database, inbox.VIEW)
    await rebuild(store, [inbox.VIEW], lambda done, total: None)
    assert rebuilt == tables_of(database, inbox.VIEW)
    assert rebuilt["inbox"][0][4] == 60


async def test_a_rebuild_tries_parked_events_again_R33(database: Database, store: EventStore):
    store_log(database, log_of(A_STORY))
    await Follower(store, Projection(database, POISONED)).step()
    positions.park(database, "inbox")
    await rebuild(store, [inbox.VIEW], lambda done, total: None)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [2]


async def test_a_rebuild_that_meets_a_poison_event_says_which_view_stopped_and_completes_the_others_R33(
    database: Database, store: EventStore
):
    store_log(database, log_of(A_STORY))
    with pytest.raises(RebuildStoppedError, match="inbox stopped at position 3: BadEventError: a bad event"):
        await rebuild(store, [POISONED, VIEWS["thread"]], lambda done, total: None)
    standing = statuses(database)
    assert (standing["inbox"].position, standing["inbox"].stopped_at) == (BAD - 1, BAD)
    assert standing["thread"].position == 5


async def test_the_follower_resumes_a_rebuild_that_was_killed_R33(database: Database, store: EventStore):
    store_log(database, log_of([*A_STORY, ("cnv_1", sent("msg_6"))]))

    def kill_after_two_batches(done: int, total: int) -> None:
        if done >= 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await rebuild(store, [inbox.VIEW], kill_after_two_batches, batch=2)
    await Follower(store, Projection(database, inbox.VIEW)).step()

    gone_on = tables_of(database, inbox.VIEW)
    await rebuild(store, [inbox.VIEW], lambda done, total: None)
    assert gone_on == tables_of(database, inbox.VIEW)
