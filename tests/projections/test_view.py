"""Views follow the log: rows and position together, each event once, in any batching (R33)."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from groupchat.projections import VIEWS, inbox, ledger
from groupchat.projections.rebuild import rebuild
from groupchat.projections.view import Projection, View
from groupchat.store import positions
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import Follower
from groupchat.store.log import Log
from groupchat.store.positions import PoisonError, statuses
from groupchat.values.event import Recorded
from tests.projections.histories import (
    Story,
    cut,
    follow,
    forget_everything,
    log_of,
    received,
    sent,
    store_log,
    stories,
    tables_of,
)
from tests.support.builders import a_group

A_STORY: Story = (
    ("cnv_1", a_group()),
    ("cnv_1", sent("msg_1")),
    ("cnv_1", received("msg_2")),
    ("cnv_1", sent("msg_3")),
    ("cnv_1", received("msg_4")),
)
BAD = 3
"""The position of the event that the poisoned view can't apply."""


class BadEventError(ValueError):
    """The error of a defect."""

    def __str__(self) -> str:
        return "a bad event"


class KilledError(BaseException):
    """The process ends here."""


def everything(database: Database) -> dict[str, object]:
    return {view.name: tables_of(database, view) for view in VIEWS.values()}


def poisoned(connection: Connection, batch: Sequence[Recorded]) -> None:
    if any(recorded.position == BAD for recorded in batch):
        raise BadEventError
    inbox.VIEW.apply(connection, batch)


POISONED = View("inbox", inbox.VIEW.tables, poisoned)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories(), cuts=st.lists(st.integers(0, 40), max_size=6))
async def test_every_view_followed_live_in_any_batching_equals_the_view_rebuilt_from_zero_R33(
    database: Database, store: EventStore, story: Story, cuts: list[int]
):
    forget_everything(database)
    log = log_of(story)
    store_log(database, log)
    store.log = Log.of(database)  # this example's log: the last one's tail may be in memory
    for view in VIEWS.values():
        await follow(database, view, *cut(log, cuts))
    live = everything(database)

    await rebuild(store, list(VIEWS.values()), lambda done, total: None)

    assert live == everything(database)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
async def test_a_batch_delivered_twice_changes_nothing_R33(database: Database, view: View):
    log = log_of(A_STORY)
    await follow(database, view, log)
    once = tables_of(database, view)

    await follow(database, view, log, log[2:], log[:3])

    assert tables_of(database, view) == once
    assert statuses(database)[view.name].position == len(log)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
async def test_two_instances_that_apply_the_same_batch_at_once_apply_it_once_R33(database: Database, view: View):
    log = log_of(A_STORY)
    await asyncio.gather(*(follow(database, view, log[:2], log[2:]) for _ in range(4)))
    together = tables_of(database, view)
    forget_everything(database)
    await follow(database, view, log)
    assert together == tables_of(database, view)


async def test_a_batch_read_before_the_view_was_emptied_is_left_alone_R33(database: Database):
    log = log_of(A_STORY)
    await follow(database, ledger.VIEW, log[2:])
    assert tables_of(database, ledger.VIEW) == {"ledger": [], "ledger_sums": [], "carrier_costs": []}
    await follow(database, ledger.VIEW, log)
    assert len(tables_of(database, ledger.VIEW)["ledger"]) == 2


async def test_a_view_killed_between_batches_continues_from_its_position_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    store_log(database, log)
    await follow(database, inbox.VIEW, log[:2])

    assert await Follower(store, Projection(database, inbox.VIEW)).step() == 3

    followed = tables_of(database, inbox.VIEW)
    forget_everything(database)
    await follow(database, inbox.VIEW, log)
    assert followed == tables_of(database, inbox.VIEW)


async def test_a_view_killed_within_a_batch_has_neither_its_rows_nor_its_position_R33(database: Database):
    def killed(connection: Connection, batch: Sequence[Recorded]) -> None:
        inbox.VIEW.apply(connection, batch)
        raise KilledError

    log = log_of(A_STORY)
    await follow(database, inbox.VIEW, log[:2])
    before = tables_of(database, inbox.VIEW)

    with pytest.raises(KilledError):
        await follow(database, View("inbox", inbox.VIEW.tables, killed), log[2:])

    assert tables_of(database, inbox.VIEW) == before
    assert statuses(database)["inbox"].position == 2


async def test_a_poison_event_stops_the_view_there_after_all_earlier_events_were_applied_R33(database: Database):
    log = log_of(A_STORY)
    with pytest.raises(PoisonError) as stopped:
        await follow(database, POISONED, log)

    assert stopped.value.position == BAD
    assert stopped.value.reason == "BadEventError: a bad event"
    applied = tables_of(database, inbox.VIEW)
    assert statuses(database)["inbox"].position == BAD - 1
    forget_everything(database)
    await follow(database, inbox.VIEW, log[: BAD - 1])
    assert applied == tables_of(database, inbox.VIEW)


async def test_the_reason_of_a_stopped_view_never_quotes_peoples_messages(database: Database):
    body = "nobody else's business"

    def refused_by_the_database(connection: Connection, _batch: Sequence[Recorded]) -> None:
        connection.execute(text("INSERT INTO followers (name, position) VALUES (:body, NULL)"), {"body": body})

    with pytest.raises(PoisonError, match="IntegrityError") as stopped:
        await follow(database, View("inbox", inbox.VIEW.tables, refused_by_the_database), log_of(A_STORY))
    assert body not in stopped.value.reason


async def test_a_parked_poison_event_is_skipped_and_the_view_continues_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    store_log(database, log)
    following = Follower(store, Projection(database, POISONED))
    assert await following.step() == 0
    assert await following.step() == 0, "it stays stopped"

    positions.park(database, "inbox")
    assert await following.step() == 3

    assert statuses(database)["inbox"].position == len(log)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [1], "one of two inbound messages"


async def test_a_poison_event_is_applied_when_it_is_tried_again_after_a_correction_R33(database: Database, store: EventStore):
    log = log_of(A_STORY)
    store_log(database, log)
    await Follower(store, Projection(database, POISONED)).step()

    positions.retry(database, "inbox")
    await Follower(store, Projection(database, inbox.VIEW)).step()

    assert statuses(database)["inbox"].position == len(log)
    assert [row[4] for row in tables_of(database, inbox.VIEW)["inbox"]] == [2]


async def test_a_temporary_failure_is_raised_unchanged_and_stops_no_view(database: Database):
    def locked(connection: Connection, batch: Sequence[Recorded]) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    with pytest.raises(OperationalError):
        await follow(database, View("inbox", inbox.VIEW.tables, locked), log_of(A_STORY))
    assert "inbox" not in statuses(database)
