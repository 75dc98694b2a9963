"""Who holds a lease, and when they were last seen: true after a takeover, a kill, and a lost database."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from groupchat.store.holders import LEASE_HOLDERS, holders, keep_seen, note_holder, this_process
from groupchat.store.lease import Lease
from groupchat.values.clock import to_micros, utc_now

NOW = utc_now()


def held(database):
    """Return each lease's processes, and when they were seen."""
    with database.read() as connection:
        return {name: [(each.process, each.seen_at) for each in found] for name, found in holders(connection).items()}


def processes(database, name):
    return [process for process, _ in held(database).get(name, [])]


def once_held(database, name, process, seen_at=NOW):
    """Leave the rows of a process that was killed."""
    with database.write() as connection:
        connection.execute(LEASE_HOLDERS.insert().values(name=name, process=process, seen_at=to_micros(seen_at)))


async def take(database, name, **given):
    """Take a lease, and release it."""
    async with Lease(database, name, asyncio.Event(), **given):
        pass


async def see(database, at):
    """Report once, at this time, that this process is alive."""
    stop = asyncio.Event()

    def clock():
        stop.set()
        return at

    await keep_seen(database, stop, clock=clock)


async def test_a_lease_that_nobody_ever_held_has_no_holder(database):
    assert held(database) == {}


async def test_the_process_that_takes_a_lease_replaces_the_one_that_was_killed(database):
    once_held(database, "inbox", "elsewhere/1")
    once_held(database, "pane", "elsewhere/1")

    await take(database, "inbox")

    assert (processes(database, "inbox"), processes(database, "pane")) == ([this_process()], ["elsewhere/1"])


async def test_a_shared_lease_has_several_holders_the_last_seen_first_and_forgets_those_of_yesterday(database):
    once_held(database, "inbox", "elsewhere/1", NOW - timedelta(hours=1))
    once_held(database, "inbox", "elsewhere/2", NOW - timedelta(days=2))

    await take(database, "inbox", shared=True)

    assert processes(database, "inbox") == [this_process(), "elsewhere/1"]


async def test_a_process_that_has_leases_is_seen_and_others_are_not(database):
    await take(database, "inbox")
    once_held(database, "pane", "elsewhere/1")

    await see(database, NOW + timedelta(minutes=5))

    assert held(database) == {"inbox": [(this_process(), NOW + timedelta(minutes=5))], "pane": [("elsewhere/1", NOW)]}


async def test_a_process_is_seen_without_waiting_for_leases_that_are_being_taken(database):
    if database.is_sqlite:
        pytest.skip("SQLite has one writer at a time.")
    later = NOW + timedelta(minutes=5)
    once_held(database, "pane", this_process())
    once_held(database, "inbox", this_process())

    with database.write() as taking:
        note_holder(taking, ["inbox"], [])
        await see(database, later)

    assert held(database)["pane"] == [(this_process(), later)]


async def test_a_process_without_leases_writes_nothing(database, monkeypatch):
    monkeypatch.setattr(database, "write", lambda **_: pytest.fail("it wrote"))

    await see(database, NOW)


async def test_a_database_that_is_away_is_reported_and_tried_again(database, monkeypatch):
    def away():
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(database, "statement", away)
    with capture_logs() as logs:
        await see(database, NOW)

    assert [line["event"] for line in logs] == ["holders_unseen"]
