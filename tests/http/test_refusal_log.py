"""Recording refusals: in the background, equal ones counted, within limits, and not lost when the process ends."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from groupchat.aggregates import refusal
from groupchat.aggregates.refusal import DayLimits, Refusal, Subject
from groupchat.aggregates.workspace_state import User
from groupchat.commands.caller import Caller
from groupchat.http.guards.refusal_log import RefusalLog
from tests.http.clocked import StoppedClock
from tests.store.counting import full
from tests.support.stores import store_on

OPERATION = "GET /v1/conversations/{conversation_id}"


class Recording:
    """A log of refusals on a store of its own, with the refusals that it reports as lost."""

    def __init__(self, store, clock, **given):
        self.store, self.clock, self.lost = store, clock, Counter()
        self.log = RefusalLog(store, lambda reason, times: self.lost.update({reason: times}), **given)

    def refuse(self, n=1, times=1, user="usr_1"):
        """Refuse a user the n-th hidden conversation so often."""
        who = Caller(
            "wsp_1", User(id=user, name="Ann", email="ann@example.com", role="member", assigned_only=False, active=True), f"req_{n}"
        )
        about = Subject(conversation_id=f"cnv_{n}")
        for _ in range(times):
            self.log.note(Refusal(user_id=user, slug="not-found", rule="R22", operation=OPERATION, about=about), who)

    def records(self):
        found = self.store.log.stream(refusal.stream("wsp_1", self.clock().date()))
        return [(each.event.about.conversation_id, each.event.times) for each in found]


@asynccontextmanager
async def recording_in(database, *, max_waiting=1_000, **given):
    clock = StoppedClock()
    with store_on(database, clock=clock, max_waiting=max_waiting) as store:
        made = Recording(store, clock, **given)
        yield made
        await made.log.close()


@pytest.fixture
async def recording(database):
    async with recording_in(database) as made:
        yield made


async def test_the_first_is_stored_at_once_and_those_alike_are_counted_for_a_minute_R22(recording):
    recording.refuse()
    await recording.log.written()
    recording.refuse(times=500)
    await recording.log.written()
    assert recording.records() == [("cnv_1", 1)]

    recording.clock.now += timedelta(seconds=61)
    recording.refuse(2)  # wakes it
    await recording.log.written()
    assert sorted(recording.records()) == [("cnv_1", 1), ("cnv_1", 500), ("cnv_2", 1)]
    assert not recording.lost


async def test_equal_refusals_in_a_row_are_one_record_with_a_count_R22(recording):
    recording.refuse(times=3)
    recording.clock.now += timedelta(seconds=2)
    recording.refuse(times=4)
    await recording.log.written()
    (found,) = recording.store.log.stream(refusal.stream("wsp_1", recording.clock().date()))
    assert (found.event.times, found.event.last_at - found.event.first_at) == (7, timedelta(seconds=2))


async def test_counted_refusals_are_stored_when_the_process_ends_R22(recording):
    recording.refuse()
    await recording.log.written()
    recording.refuse(times=41)
    await recording.log.close()
    assert recording.records() == [("cnv_1", 1), ("cnv_1", 41)]
    await recording.log.close()


async def test_refusals_beyond_the_days_limit_are_counted_and_logged_once_a_minute_R22(database):
    async with recording_in(database, limits=DayLimits(records=3)) as recording:
        with capture_logs() as lines:
            for n in range(10):
                recording.refuse(n, times=2)
            await recording.log.written()
            await recording.log.close()
        records = recording.records()
    assert len(records) == 3
    assert recording.lost == {"day": 20 - sum(times for _, times in records)}
    assert [line["event"] for line in lines] == ["refusals_unrecorded"]


async def test_only_a_limited_number_of_refusals_waits_in_memory_R22(database):
    async with recording_in(database, room=5) as recording:
        for n in range(50):
            recording.refuse(n)
        assert len(recording.log._entries) == 5
        await recording.log.written()
        assert (len(recording.records()), recording.lost) == (5, {"room": 45})


async def test_refusals_wait_for_a_store_that_fails_and_are_reported_lost_at_the_end_R22(database):
    async with recording_in(database, max_waiting=3) as recording:
        async with full(recording.store):
            recording.refuse(times=3)
            await recording.log.written()
            assert not recording.lost
        recording.clock.now += timedelta(seconds=6)
        recording.refuse(2)
        await recording.log.written()
        assert sorted(recording.records()) == [("cnv_1", 3), ("cnv_2", 1)]

        async with full(recording.store):
            recording.refuse(3, times=9)
            await recording.log.close()
            assert recording.lost == {"failed": 9}


async def test_a_record_that_cannot_be_read_loses_the_count_of_its_day_loudly_and_nothing_else_R22(database, recording):
    recording.refuse(1)
    await recording.log.written()
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET topic = 'groupchat.not_yet.invented'")
    recording.store._states._cache.clear()
    with capture_logs() as lines:
        recording.refuse(2)
        await recording.log.written()
        recording.clock.now += timedelta(seconds=86_400)
        recording.refuse(3)
        await recording.log.written()
    assert recording.lost == {"failed": 1}
    assert [line["event"] for line in lines] == ["refusal_not_recorded", "refusals_unrecorded"]
    assert recording.records() == [("cnv_3", 1)]


async def test_any_sequence_of_refusals_stores_few_and_the_counts_add_up_R22(database):
    async with recording_in(database, limits=DayLimits(records=12, of_a_user=7)) as recording:
        refused = 0
        for n in range(40):
            recording.refuse(n % 7, times=n, user=f"usr_{n % 3}")
            refused += n
            recording.clock.now += timedelta(seconds=n)
            if n % 4 == 0:
                await recording.log.written()
            if n % 9 == 0:
                await asyncio.sleep(0)
        await recording.log.close()
        records = recording.records()
        assert len(records) <= 12
        assert sum(times for _, times in records) + sum(recording.lost.values()) == refused
