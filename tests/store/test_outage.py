"""Outages: a command fails because the store can't be reached; afterwards everything continues with exactly the stored events."""

import asyncio
from contextlib import ExitStack, suppress

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from structlog.testing import capture_logs

from groupchat.store.database import Database, Timeouts, is_passing
from groupchat.store.follower import Follower
from groupchat.store.freshness import keep_fresh
from groupchat.store.recorder import Recorder
from groupchat.store.refusals import UnavailableError
from tests.store import outages
from tests.store.counting import COUNTER, PATIENCE, count, holding, sum_of, until
from tests.store.following import METADATA, Keeping, opened, reached, running, seen
from tests.store.outages import cut, down, somebody_waits


@pytest.fixture
async def postgres(postgres_url):
    """A store on Postgres."""
    async with opened(postgres_url) as store:
        yield store


@pytest.fixture
async def follower(postgres):
    """A follower that would sleep for ten minutes if no bell woke it."""
    METADATA.create_all(postgres.database.single)
    yield Follower(postgres, Keeping(postgres.database), idle_seconds=600.0)
    METADATA.drop_all(postgres.database.single)  # the outage broke the connections of transactions that read


async def count_again(store, stream):
    """Count like a caller that repeats unavailable calls."""
    return await again(lambda: count(store, stream))


async def load_again(store, stream):
    """Load a counter like a caller that repeats unavailable calls."""
    return await again(lambda: store.load(COUNTER, stream))


async def again(attempt):
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await attempt()
            except UnavailableError:
                await asyncio.sleep(0)


# --- commands


async def test_commands_are_unavailable_while_postgres_is_down_and_work_again_afterwards(postgres, postgres_url):
    await count(postgres, "a", by=3)
    with down(postgres_url):
        for _ in range(3):
            with pytest.raises(UnavailableError):
                await count(postgres, "a", by=100)
            with pytest.raises(UnavailableError):
                await count(postgres, "never loaded")

    assert (await count_again(postgres, "a")).value == 3
    assert await sum_of(postgres, "a") == 4


async def test_appends_whose_connection_breaks_are_unavailable_and_leave_no_phantom(postgres, postgres_url):
    await count(postgres, "a", by=3)
    with ExitStack() as outage:
        with suppress(OperationalError), holding(postgres_url):  # the holder of the lock loses its connection, too
            callers = [asyncio.create_task(count(postgres, stream, by=100)) for stream in ("a", "a", "b")]
            await until(lambda: "b" in postgres._states._cache and postgres._states._cache["b"].loaded.rests_on is not None)
            await until(lambda: somebody_waits(postgres_url))
            outage.enter_context(down(postgres_url))
        outcomes = await asyncio.gather(*callers, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 3
    assert await load_again(postgres, "a") == 3
    assert (await count_again(postgres, "a")).value == 3
    assert (await count_again(postgres, "b")).value == 0
    assert (await sum_of(postgres, "a"), await sum_of(postgres, "b")) == (4, 1)


class AnswerLostRecorder(Recorder):
    """The real recorder, whose commits arrive while their answers, once, do not."""

    lost = False

    def append(self, batch):
        super().append(batch)
        if not self.lost:
            self.lost = True
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


async def test_decisions_see_an_append_whose_response_was_lost(store):
    store._committer._recorder = AnswerLostRecorder(store.database)

    with pytest.raises(UnavailableError):
        await count(store, "a", by=5)

    assert (await count(store, "a")).value == 5
    assert await sum_of(store, "a") == 6


async def test_a_decision_on_an_unavailable_append_is_made_again(store, database_url):
    store._committer._recorder = AnswerLostRecorder(store.database)
    with holding(database_url):
        first = asyncio.create_task(count(store, "a", by=5))
        await until(
            lambda: (
                store.waiting == 0 and (cached := store._states._cache.get("a")) is not None and cached.loaded.rests_on is not None
            )
        )
        second = asyncio.create_task(count(store, "a", by=1))
        await until(lambda: store._states._cache["a"].loaded.version == 2)
    outcomes = await asyncio.gather(first, second, return_exceptions=True)

    assert isinstance(outcomes[0], UnavailableError)
    assert isinstance(outcomes[1], UnavailableError) or outcomes[1].value == 5
    assert await sum_of(store, "a") == await store.load(COUNTER, "a")


async def test_commands_are_unavailable_while_another_program_locks_sqlite_and_work_again_afterwards(sqlite_url):
    async with opened(sqlite_url, timeouts=Timeouts(busy_ms=20)) as store:
        await count(store, "a", by=3)
        with holding(sqlite_url):
            outcomes = await asyncio.gather(*(count(store, s, by=100) for s in ("a", "a", "b")), return_exceptions=True)
            assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 3

        assert (await count(store, "a")).value == 3
        assert (await count(store, "b")).value == 0
        assert (await sum_of(store, "a"), await sum_of(store, "b")) == (4, 1)


async def test_a_message_about_an_outage_shows_no_sql_and_no_address(postgres, postgres_url):
    with down(postgres_url), pytest.raises(UnavailableError) as caught:
        await count(postgres, "a")

    assert "SELECT" not in str(caught.value)
    assert "postgres" not in str(caught.value)


# --- connections


@pytest.mark.parametrize("lend", [Database.statement, Database.read, Database.write])
def test_a_connection_that_ends_during_its_use_is_a_passing_error_or_none(postgres_url, lend):
    database = Database(postgres_url)
    errors = [error for _ in range(4) if (error := failure_of(lend, database, cut=postgres_url)) is not None]
    assert all(map(is_passing, errors)), errors
    assert None in [failure_of(lend, database) for _ in range(2)], "a stale connection fails once"
    database.close()


def failure_of(lend, database, cut=None):
    """Return the error of a loan, if it fails; if a URL is given, the server ends its connection during the loan."""
    try:
        with lend(database) as connection:
            connection.execute(text("SELECT 1"))
            if cut is not None:
                outages.cut(cut)
    except (DBAPIError, psycopg2.Error) as error:
        return error
    return None


def test_a_drivers_bare_error_is_known_by_its_kind(postgres_url):
    database = Database(postgres_url)
    for bare, passing in (
        (psycopg2.OperationalError("server closed the connection unexpectedly"), True),
        (psycopg2.InterfaceError("connection already closed"), True),
        (psycopg2.ProgrammingError("no such thing"), False),
    ):
        with pytest.raises(DBAPIError) as caught, database.read():
            raise bare
        assert is_passing(caught.value) is passing
    database.close()


def test_a_primary_that_became_a_standby_is_a_passing_error(postgres_url):
    database = Database(postgres_url)
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.execute(text("SET TRANSACTION READ ONLY; CREATE TABLE things (id int)"))
    assert is_passing(caught.value)
    database.close()


async def test_others_events_make_our_copies_stale_while_connections_break(postgres, postgres_url):
    stop = asyncio.Event()
    freshness = asyncio.create_task(keep_fresh(postgres, stop))
    async with opened(postgres_url) as other:
        for n in range(1, 6):
            await count_again(other, "a")
            cut(postgres_url)
            await count_again(other, "b")
            async with asyncio.timeout(PATIENCE):
                while await load_again(postgres, "b") != n:  # noqa: ASYNC110 - nothing tells when a copy was found stale
                    await asyncio.sleep(0.01)
            assert not freshness.done()
    stop.set()
    await freshness


# --- followers


async def test_a_follower_continues_after_its_connections_broke(postgres, postgres_url, follower):
    async with opened(postgres_url) as other, running(follower):
        for n in range(1, 4):
            await count_again(other, "a")
            await reached_somehow(follower, n)
            cut(postgres_url)
        await count_again(other, "a")
        await reached_somehow(follower, 4)

    assert seen(postgres.database) == [1, 2, 3, 4]


async def test_a_follower_continues_after_postgres_was_down(postgres, postgres_url, follower):
    with capture_logs() as logs:
        async with running(follower):
            await count(postgres, "a")
            await reached(follower, 1)
            with down(postgres_url):
                postgres.signals.call()
                await until(lambda: any(entry["event"] == "lease_unreachable" for entry in logs))
            await count_again(postgres, "a")
            await reached_somehow(follower, 2)

    assert seen(postgres.database) == [1, 2]


async def test_others_events_are_noticed_again_after_postgres_was_down(postgres, postgres_url):
    with capture_logs() as logs, postgres.signals.log.listen() as bell:
        with down(postgres_url):
            await until(lambda: any(entry["event"] == "signals_lost" for entry in logs))
            bell.clear()
        await asyncio.wait_for(bell.wait(), PATIENCE)  # it listens again, and rings for what it may have missed
        async with opened(postgres_url) as other:
            await count(other, "b")
            bell.clear()
            await count(other, "a")
            await asyncio.wait_for(bell.wait(), PATIENCE)


async def reached_somehow(follower, position):
    """Wait until a follower has reached a position; the waiting connection may be lost, too."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await reached(follower, position)
            except OperationalError:
                await asyncio.sleep(0)
