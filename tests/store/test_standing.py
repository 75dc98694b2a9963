"""The status of followers: how many events wait for each, since when, and which process runs it."""

import asyncio
from datetime import timedelta

import pytest

from groupchat.store.holders import this_process
from groupchat.store.lease import Lease
from groupchat.store.positions import PoisonError, advance, stop_at
from groupchat.store.standing import GONE_SECONDS, look
from groupchat.values.clock import utc_now
from tests.store.counting import count


@pytest.fixture
async def counted(store):
    """Three events."""
    for _ in range(3):
        await count(store, "a")
    return store


def at_position(store, name, position):
    with store.database.write() as connection:
        advance(connection, [name], position)


def stored_at(store, position):
    return store.log.read(position - 1, 1).events[0].at


def standing(store, name, now):
    return look(store.log, now, [name])[name]


async def test_the_oldest_event_that_waits_is_the_one_after_the_followers_position(counted):
    at_position(counted, "inbox", 1)

    found = standing(counted, "inbox", stored_at(counted, 2) + timedelta(seconds=90))

    assert (found.behind, found.seconds) == (2, 90.0)
    assert (found.is_well(90.0), found.is_well(89.0)) == (True, False)


async def test_for_a_follower_that_never_ran_the_first_event_waits(counted):
    found = standing(counted, "inbox", stored_at(counted, 1) + timedelta(days=1))

    assert (found.behind, found.seconds, found.seen_seconds, found.runs_in) == (3, 86_400.0, None, [])


async def test_nothing_waits_for_a_follower_at_the_end_of_the_log(counted):
    at_position(counted, "inbox", 3)

    found = standing(counted, "inbox", utc_now() + timedelta(days=1))

    assert (found.behind, found.seconds, found.is_well(0.0)) == (0, 0.0, True)


async def test_a_clock_that_is_behind_makes_no_age_negative(counted):
    assert standing(counted, "inbox", stored_at(counted, 1) - timedelta(seconds=5)).seconds == 0.0


async def test_a_follower_that_an_event_stopped_is_not_well_however_young_the_event(counted):
    at_position(counted, "inbox", 1)
    stop_at(counted.database, "inbox", PoisonError(2, "poison"))

    assert not standing(counted, "inbox", stored_at(counted, 2)).is_well(60.0)


async def test_an_event_with_an_unreadable_envelope_has_no_age(counted):
    with counted.database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET state = '{}'")

    found = standing(counted, "inbox", utc_now() + timedelta(days=1))

    assert (found.behind, found.seconds) == (3, 0.0)


async def test_a_process_runs_a_follower_until_it_was_not_seen_for_long(store):
    async with Lease(store.database, "inbox", asyncio.Event()):
        now = utc_now()
        present = standing(store, "inbox", now + timedelta(seconds=GONE_SECONDS - 5))
        gone = standing(store, "inbox", now + timedelta(seconds=GONE_SECONDS + 5))

    assert (present.runs_in, gone.runs_in) == ([this_process()], [])
    assert gone.seen_seconds == pytest.approx(GONE_SECONDS + 5, abs=5)
