"""Overload: accepted appends are stored, others are refused, and nothing grows or waits without bound."""

import asyncio
from contextlib import contextmanager

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groupchat.store.database import Database, Timeouts
from groupchat.store.event_store import OverloadedError, UnavailableError
from groupchat.store.recorder import WRITER_LOCK
from tests.store.counting import COUNTER, count, holding, sum_of, until
from tests.store.following import opened


@contextmanager
def impatient(store):
    """Let commands wait only for a moment."""
    patience, store._patience = store._patience, 0.02
    try:
        yield
    finally:
        store._patience = patience


async def test_at_overload_accepted_commands_are_stored_and_rejected_ones_are_not(database_url):
    async with opened(database_url, max_waiting=50) as store:
        streams = [f"s{n}" for n in range(20)]
        await asyncio.gather(*(count(store, stream) for stream in streams))
        with holding(database_url):
            callers = [asyncio.create_task(count(store, streams[n % 20])) for n in range(1_000)]
            await until(lambda: sum(caller.done() for caller in callers) >= 400)
            assert store.waiting <= 50
            assert store.overloaded
        outcomes = await asyncio.gather(*callers, return_exceptions=True)

        refused = [outcome for outcome in outcomes if isinstance(outcome, OverloadedError)]
        accepted = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
        assert len(refused) + len(accepted) == 1_000
        assert 50 <= len(accepted) < 600
        assert sum([await sum_of(store, stream) for stream in streams]) == 20 + len(accepted)
        assert not store.overloaded
        assert (await count(store, "s0")).value == await sum_of(store, "s0") - 1  # and goes on


async def test_nothing_is_refused_under_a_bearable_load(database_url):
    async with opened(database_url) as store:
        await asyncio.gather(*(count(store, f"s{n % 10}") for n in range(500)))
        assert sum([await sum_of(store, f"s{n}") for n in range(10)]) == 500


async def test_a_command_does_not_wait_forever_and_the_cache_learns_its_outcome(database_url):
    async with opened(database_url) as store:
        await count(store, "a", by=3)
        with holding(database_url), pytest.raises(UnavailableError), impatient(store):
            await count(store, "a", by=5)
        await until(lambda: store._states._cache["a"].loaded.rests_on is None)  # it was stored after all

        assert await store.load(COUNTER, "a") == await sum_of(store, "a") == 8
        assert (await count(store, "a")).value == 8


async def test_the_cache_forgets_an_append_that_failed_after_its_caller_had_left(database_url, monkeypatch):
    async with opened(database_url) as store:
        await count(store, "a", by=3)
        failed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def fail(_):
            loop.call_soon_threadsafe(failed.set)
            raise OperationalError("COMMIT", {}, Exception("gone"))

        with holding(database_url):
            monkeypatch.setattr(store._recorder, "append", fail)
            with pytest.raises(UnavailableError), impatient(store):
                await count(store, "a", by=5)
        await failed.wait()
        monkeypatch.undo()
        await until(lambda: "a" not in store._states._cache)
        assert (await count(store, "a")).value == 3


async def test_a_caller_that_leaves_does_not_harm_the_cache(database_url):
    async with opened(database_url) as store:
        await count(store, "a")
        with holding(database_url):
            caller = asyncio.create_task(count(store, "a", by=5))
            await until(lambda: store._states._cache["a"].loaded.rests_on is not None)
            caller.cancel()
            with pytest.raises(asyncio.CancelledError):
                await caller
        await until(lambda: store._states._cache["a"].loaded.rests_on is None)
        assert await store.load(COUNTER, "a") == await sum_of(store, "a") == 6


async def test_a_lock_that_is_not_freed_makes_commands_unavailable(database_url):
    async with opened(database_url, timeouts=Timeouts(lock_ms=30, busy_ms=30)) as store:
        with holding(database_url), pytest.raises(UnavailableError):
            await count(store, "a")
        assert (await count(store, "a")).value == 0


def test_a_writer_of_sqlite_does_not_wait_forever_for_another_of_its_process(sqlite_url):
    database = Database(sqlite_url, timeouts=Timeouts(lock_ms=20))
    with database.write(), pytest.raises(PoolTimeoutError), database.write():
        pytest.fail("two write at once")
    database.close()


def test_a_lock_of_postgres_is_waited_for_only_so_long(postgres_url):
    database = Database(postgres_url, timeouts=Timeouts(lock_ms=20, statement_ms=5_000))
    with holding(postgres_url), pytest.raises(OperationalError, match="lock timeout"), database.write() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    database.close()


def test_a_statement_of_postgres_has_a_time_limit(postgres_url):
    database = Database(postgres_url, timeouts=Timeouts(statement_ms=20))
    with pytest.raises(OperationalError), database.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(60)")
    with database.write(patient=True) as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "0"
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar_one() == "0"
    with database.read() as connection:
        assert connection.exec_driver_sql("SHOW statement_timeout").scalar_one() == "20ms"
    database.close()


async def test_batches_are_reported_to_their_observer(database_url):
    reports = []
    async with opened(database_url) as store:
        store.observe(lambda appends, seconds: reports.append((appends, seconds)))
        await asyncio.gather(*(count(store, f"s{n}") for n in range(20)))
    assert sum(appends for appends, _ in reports) == 20
    assert all(seconds >= 0 for _, seconds in reports)
