"""Does a reader that follows by position ever miss an event?

Writers store batches with random delays before their commit, and roll some back; readers follow by position as followers do. At the
end what each reader saw is compared with what is stored. `SequenceRecorder` is a recorder as one would write it without thinking:
positions from a sequence, no lock. The harness must catch it.

By hand: `python -m tests.store.skip_harness URL [EVENTS]`, on a migrated and empty database of your own.
"""

import random
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError, OperationalError

from groupchat.store.append import Append
from groupchat.store.database import Database
from groupchat.store.recorder import Recorder
from groupchat.store.schema import migrate
from tests.store.counting import stored

WRITERS, READERS = 16, 3
LARGEST_BATCH = 120
LONGEST_DELAY = 0.002
ROLLED_BACK = 0.1
DAWDLED = "dawdled too long"


class Result(Struct, frozen=True):
    """The number of stored events and of batches that were rolled back, and the positions that each reader missed."""

    stored: int
    rolled_back: int
    missed: tuple[frozenset[int], ...]

    @property
    def skipped(self) -> int:
        """Return how many events some reader missed."""
        return sum(len(positions) for positions in self.missed)


class SequenceRecorder(Recorder):
    """A recorder for Postgres without the lock: positions come from a sequence."""

    def append(self, batch: Sequence[Append]) -> None:
        insert = text("""
            INSERT INTO stored_events
            SELECT nextval('test_positions'), * FROM unnest(
                CAST(:streams AS text[]), CAST(:versions AS bigint[]), CAST(:topics AS text[]), CAST(:states AS bytea[]))
        """)
        events = [stored_event for append in batch for stored_event in append.events]
        columns = {
            "streams": [each.originator_id for each in events],
            "versions": [each.originator_version for each in events],
            "topics": [each.topic for each in events],
            "states": [each.state for each in events],
        }
        with self.database.write() as connection:
            connection.execute(insert, columns)
        for append in batch:
            append.outcome = 0


_DAWDLE = f"""
    CREATE SEQUENCE test_positions;
    CREATE FUNCTION test_dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_sleep(random() * {LONGEST_DELAY});
        IF random() < {ROLLED_BACK} THEN
            RAISE EXCEPTION '{DAWDLED}';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER test_dawdle AFTER INSERT ON stored_events FOR EACH STATEMENT EXECUTE FUNCTION test_dawdle()
"""
_DAWDLE_NO_MORE = "DROP FUNCTION test_dawdle CASCADE; DROP SEQUENCE test_positions"


def _dawdle(_connection: Connection) -> None:
    time.sleep(random.random() * LONGEST_DELAY)
    if random.random() < ROLLED_BACK:
        raise OperationalError("COMMIT", {}, Exception(DAWDLED))


@contextmanager
def _dawdling(database: Database) -> Iterator[None]:
    """Let writers take a while between their insert and their commit, or fail then: by a trigger, on SQLite by the engine."""
    if database.is_sqlite:
        event.listen(database.writing, "commit", _dawdle)
        yield
        return
    with database.write() as connection:
        connection.exec_driver_sql(_DAWDLE)
    try:
        yield
    finally:
        with database.write() as connection:
            connection.exec_driver_sql(_DAWDLE_NO_MORE)


def run(url: str, events: int, recorder_class: type[Recorder] = Recorder) -> Result:
    """Let the writers store about so many events, and return what the readers missed."""
    harness = _Harness(url, events, recorder_class)
    try:
        with _dawdling(harness.databases[0]):
            return harness.run()
    finally:
        for database in harness.databases:
            database.close()


class _Harness:
    def __init__(self, url: str, events: int, recorder_class: type[Recorder]) -> None:
        self.events = events
        self.recorder_class = recorder_class
        self.databases = [Database(url, pool_size=WRITERS), Database(url, pool_size=READERS)]
        self.rolled_back = 0
        self.lock = threading.Lock()
        self.finished = threading.Event()
        self.last = 0

    def run(self) -> Result:
        recorder = Recorder(self.databases[1])
        writers = [threading.Thread(target=self.write, args=(n, self.recorder_class(self.databases[0]))) for n in range(WRITERS)]
        seen: list[set[int]] = [set() for _ in range(READERS)]
        readers = [threading.Thread(target=self.read, args=(recorder, positions)) for positions in seen]
        for thread in (*readers, *writers):
            thread.start()
        for thread in writers:
            thread.join()
        self.last = recorder.max_notification_id() or 0
        self.finished.set()
        for thread in readers:
            thread.join()
        with self.databases[1].read() as connection:
            all_stored = set(connection.execute(text("SELECT id FROM stored_events")).scalars())
        missed = tuple(frozenset(all_stored - positions) for positions in seen)
        return Result(stored=len(all_stored), rolled_back=self.rolled_back, missed=missed)

    def write(self, writer: int, recorder: Recorder) -> None:
        version, share = 0, self.events // WRITERS
        while version < share:
            count = min(random.randint(1, LARGEST_BATCH), share - version)
            if self.append(recorder, _batch(f"writer-{writer}", version, count)):
                version += count
            time.sleep(random.random() * LONGEST_DELAY)

    def append(self, recorder: Recorder, batch: Sequence[Append]) -> bool:
        try:
            recorder.append(batch)
        except DBAPIError as error:
            if DAWDLED not in str(error):
                raise
            with self.lock:
                self.rolled_back += 1
            return False
        assert all(isinstance(append.outcome, int) for append in batch)
        return True

    def read(self, recorder: Recorder, positions: set[int]) -> None:
        """Follow by position until the log's end, as a follower does: never looking back."""
        after = 0
        while after < self.last or not self.finished.is_set():
            found = recorder.select_notifications(after, 500, inclusive_of_start=False)
            positions.update(notification.id for notification in found)
            after = found[-1].id if found else after
            time.sleep(0.0 if found else LONGEST_DELAY)


def _batch(stream: str, version: int, count: int) -> list[Append]:
    """Return appends of one event each, one upon the other."""
    return [Append(events=[stored(stream, version + n + 1)], expected={stream: version + n}) for n in range(count)]


def main() -> None:
    """Run it on the database that the command line names."""
    url, events = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    database = Database(url)
    migrate(database)
    database.close()
    started = time.monotonic()
    result = run(url, events)
    seconds = time.monotonic() - started
    print(  # noqa: T201 - what it is run for
        f"{WRITERS} writers, {READERS} readers: {result.stored:,} events stored, {result.rolled_back:,} batches rolled back, "
        f"{result.skipped} events skipped, in {seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
