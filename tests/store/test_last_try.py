"""The last try: a command that keeps losing to others decides while they wait, so no command starves."""

import asyncio

import pytest

from groupchat.store.answers import IdempotencyKey
from groupchat.store.event_store import Tries
from groupchat.store.last_try import STREAMS
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.refusals import VersionConflictError
from groupchat.store.terms import AnsweredBeforeError, Remember, Terms
from tests.store.counting import COUNTER, Count, FullError, count, sum_of
from tests.store.following import opened
from tests.support.builders import CAUSE

REMEMBERED = Terms(remember=Remember(IdempotencyKey("usr_ann", "k1", b"request"), lambda value: f"it was {value}".encode()))

AT_ONCE = Tries(free=0)
"""Of a store whose commands all decide in the last try."""


@pytest.fixture
async def other(database_url):
    """Another process on the same database."""
    async with opened(database_url) as other:
        yield other


def losing(other, command, others=1):
    """Return a command that loses to another process in each try: that counts as soon as it can, when the command has read.

    Return what the command has read, too, and what the other process has not finished yet because of the last try.
    """
    seen, unfinished = [], set()

    async def loses(decision):
        seen.append(await decision.load(COUNTER, "a"))
        unfinished.update((await asyncio.wait([asyncio.create_task(count(other, "a", by=others))], timeout=0.5))[1])
        return await command(decision)

    return loses, seen, unfinished


async def take(decision, **given):
    await decision.take(COUNTER, "a", Count(**given))


async def test_a_command_that_loses_in_every_try_wins_in_the_last(store, other):
    command, seen, _ = losing(other, lambda decision: take(decision, by=1_000))
    outcome = await store.run(CAUSE, command)

    assert seen == [None, *range(1, len(seen))], "others were faster in every try but the last"
    assert store.log.stream("a")[len(seen) - 1].event.by == 1_000
    assert outcome.position == len(seen)


async def test_a_last_try_decides_on_the_state_stored_at_that_moment(store, other):
    command, seen, _ = losing(other, lambda decision: take(decision, limit=5))
    with pytest.raises(FullError):
        await store.run(CAUSE, command)

    assert seen[-1] >= 5
    assert not [recorded for recorded in store.log.stream("a") if recorded.event.by != 1]


async def test_commands_that_waited_for_a_last_try_see_its_events(store, other):
    command, seen, unfinished = losing(other, lambda decision: take(decision, by=100))
    await store.run(CAUSE, command)
    await asyncio.gather(*(count(each, "a") for each in (store, other, store)), *unfinished)

    assert (await count(store, "a", by=0)).value == await sum_of(store, "a") == len(seen) + 100 + 3
    versions = [recorded.version for recorded in store.log.stream("a")]
    assert versions == list(range(1, len(versions) + 1))


async def test_many_commands_that_lose_to_one_another_all_win(database_url):
    async with opened(database_url, tries=AT_ONCE) as one, opened(database_url, tries=Tries(free=1)) as two:
        await asyncio.gather(*(count(each, "a") for _ in range(20) for each in (one, two)))

        assert await sum_of(one, "a") == 40


async def test_its_answer_is_kept_under_its_key_once(database_url):
    async with opened(database_url, tries=AT_ONCE) as store:
        outcomes = await asyncio.gather(*(count(store, "a", terms=REMEMBERED) for _ in range(5)), return_exceptions=True)

        assert sum(isinstance(outcome, AnsweredBeforeError) for outcome in outcomes) == 4
        assert await sum_of(store, "a") == 1


async def test_a_last_try_that_decides_for_too_long_stores_nothing_and_delays_nobody(database_url):
    async def endless(decision):
        await decision.load(COUNTER, "a")
        await asyncio.Event().wait()

    async with opened(database_url, tries=Tries(free=0, last_seconds=0.05)) as store, opened(database_url) as other:
        with pytest.raises(VersionConflictError):
            await store.run(CAUSE, endless)
        assert (await count(other, "a")).value == 0
        assert await sum_of(store, "a") == 1


async def test_a_last_try_that_reads_much_has_the_time_for_it_R16(database_url):
    async def slow(decision):
        await decision.load_many(COUNTER, [f"s{n}" for n in range(4 * STREAMS)])
        await asyncio.sleep(1.05)  # longer than a command that reads little may take
        await take(decision)

    async with opened(database_url, tries=Tries(free=0, last_seconds=1.0)) as store:
        await store.run(CAUSE, slow)

        assert await sum_of(store, "a") == 1


async def test_a_last_try_that_fails_for_another_reason_says_so(database_url, monkeypatch):
    async with opened(database_url, tries=AT_ONCE) as store:
        await count(store, "a")

        broken = UnreadableEventError("its state is damaged")

        def unreadable(_notification):
            raise broken

        monkeypatch.setattr(store._mapper, "restore", unreadable)
        with pytest.raises(UnreadableEventError):
            await count(store, "a")


async def test_a_caller_that_gives_up_meanwhile_affects_no_other(database_url):
    async with opened(database_url, tries=AT_ONCE) as store:
        calls = [asyncio.create_task(count(store, "a")) for _ in range(10)]
        await asyncio.sleep(0)
        for call in calls[::2]:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

        assert (await count(store, "b")).value == 0
        assert await sum_of(store, "a") >= 5
