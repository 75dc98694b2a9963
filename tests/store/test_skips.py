"""No reader that follows by position misses an event, and the harness that shows this would notice (see `skip_harness.py`)."""

from sqlalchemy import delete

from groupchat.store.database import Database
from groupchat.store.tables import STORED_EVENTS
from tests.store.skip_harness import READERS, WRITERS, Result, SequenceRecorder, run

EVENTS = 16_000
RUNS = 6


def test_readers_that_follow_by_position_miss_nothing_however_16_writers_dawdle_and_fail(database_url):
    result = run(database_url, EVENTS)

    assert result.missed == (frozenset(),) * READERS
    assert result.stored == EVENTS // WRITERS * WRITERS
    assert result.rolled_back > 10


def test_the_harness_catches_a_recorder_that_takes_no_lock(postgres_url):
    results = [without_lock(postgres_url)]
    while not results[-1].skipped and len(results) < RUNS:  # on a busy machine its readers may all come late, and then see all
        results.append(without_lock(postgres_url))

    assert all(result.stored == EVENTS // WRITERS * WRITERS for result in results)
    assert results[-1].skipped > 0


def without_lock(url: str) -> Result:
    database = Database(url)
    with database.write() as connection:
        connection.execute(delete(STORED_EVENTS))
    database.close()
    return run(url, EVENTS, SequenceRecorder)
