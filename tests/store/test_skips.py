"""No reader who follows by position misses an event, and the harness that says so would notice (see `skip_harness.py`)."""

from tests.store.skip_harness import READERS, WRITERS, SequenceRecorder, run

EVENTS = 16_000


def test_readers_that_follow_by_position_miss_nothing_however_16_writers_dawdle_and_fail(database_url):
    result = run(database_url, EVENTS)

    assert result.missed == (frozenset(),) * READERS
    assert result.stored == EVENTS // WRITERS * WRITERS
    assert result.rolled_back > 10


def test_the_harness_catches_a_recorder_that_takes_no_lock(postgres_url):
    result = run(postgres_url, EVENTS, SequenceRecorder)

    assert result.stored == EVENTS // WRITERS * WRITERS
    assert result.skipped > 0
