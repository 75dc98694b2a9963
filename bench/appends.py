"""Concurrent appends: 32 writers, each with one event of its own stream in flight. Acknowledged appends are on disk.

Three sides store the same events for the same time:
- ours: `Append`s through the group committer, as `EventStore.run` submits them, checked against their stream's version;
- the library: `SQLAlchemyApplicationRecorder` as it comes, 32 threads, one append one transaction;
- raw: pgbench of the same Postgres, 32 clients, a prepared `INSERT` of one row into a table with the same columns and indexes.
A fourth shows what deciding costs: whole commands through `EventStore.run` (state cached, event encoded, versions checked).
"""

import asyncio
import os
import re
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count, repeat
from time import perf_counter
from uuid import uuid4

import uvloop
from eventsourcing.persistence import StoredEvent
from eventsourcing_sqlalchemy.datastore import SQLAlchemyDatastore
from eventsourcing_sqlalchemy.recorders import SQLAlchemyApplicationRecorder
from histories import cause, message_sent, stored
from postgres import Server
from rounds import Measure, Side, alternate, compare
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import sessionmaker

from groupchat.aggregates import group_state
from groupchat.aggregates.group_events import MessageSent
from groupchat.aggregates.group_state import GroupConversation
from groupchat.store.append import Append
from groupchat.store.committer import Committer
from groupchat.store.database import Database
from groupchat.store.decision import Decision, StreamKind
from groupchat.store.event_store import EventStore
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Recorder
from groupchat.store.schema import migrate
from groupchat.store.signals import Signals
from groupchat.values.clock import utc_now
from groupchat.values.event import Event
from groupchat.values.ids import new_id

WRITERS = 32
_TOPIC = MessageSent.TOPIC
_READY: StreamKind[GroupConversation, Event] = StreamKind("cnv_", group_state.evolve, lambda event, _: [event])
"""Conversations whose commands are the events."""
_WORKSPACE = new_id("wsp")
_RAW_TABLE = """
    CREATE TABLE raw_events (id bigserial PRIMARY KEY, originator_id text NOT NULL, originator_version bigint NOT NULL,
                             topic text NOT NULL, state bytea NOT NULL);
    CREATE UNIQUE INDEX raw_events_stream ON raw_events (originator_id, originator_version)
"""


class _Ours:
    """Our store on a database of its own."""

    def __init__(self, server: Server, states: Sequence[bytes], seconds: float) -> None:
        self._states, self._seconds, self._server = states, seconds, server
        self.database = Database(server.database())
        migrate(self.database)
        self._signals = Signals(self.database)
        self._committer = Committer(Recorder(self.database), self._signals.stored)
        self._store = EventStore(self.database, self._signals)

    def close(self) -> None:
        self._store.close()
        self._committer.close()
        self._signals.close()
        self.database.close()

    def append(self) -> float:
        """Append ready events."""
        return self._timed(self._append)

    def decide(self) -> float:
        """Decide commands."""
        return self._timed(partial(decide, self._store))

    def _timed(self, write: Callable[[str, float], Awaitable[int]]) -> float:
        streams = [new_id("cnv") for _ in range(WRITERS)]

        async def all_writers() -> tuple[int, float]:
            start = perf_counter()
            counts = await asyncio.gather(*(write(stream, start + self._seconds) for stream in streams))
            return sum(counts), perf_counter() - start

        self._server.checkpoint()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            number, elapsed = runner.run(all_writers())
        _verify(self.database, "stored_events", streams, number)
        return number / elapsed

    async def _append(self, stream: str, until: float) -> int:
        for version, state in enumerate(self._states):
            if perf_counter() >= until:
                return version
            event = StoredEvent(originator_id=stream, originator_version=version + 1, topic=_TOPIC, state=state)
            append = Append(events=[event], expected={stream: version})
            await self._committer.submit(append)
            stored(append)
        raise _too_few()


class _Library:
    """The library's recorder on a database of its own. Its stream ids are UUIDs."""

    def __init__(self, server: Server, states: Sequence[bytes], seconds: float) -> None:
        self._states, self._seconds, self._server = states, seconds, server
        self.database = Database(server.database())
        url = self.database.url.render_as_string(hide_password=False)
        self._engine = create_engine(url, pool_size=WRITERS, max_overflow=0)
        datastore = SQLAlchemyDatastore(session_maker=sessionmaker(self._engine))
        self._recorder = SQLAlchemyApplicationRecorder(datastore, events_table_name="library_events")
        self._recorder.create_table()

    def close(self) -> None:
        self._engine.dispose()
        self.database.close()

    def append(self) -> float:
        """Append ready events."""
        streams = [uuid4() for _ in range(WRITERS)]

        def write(stream: object, until: float) -> int:
            for version, state in enumerate(self._states):
                if perf_counter() >= until:
                    return version
                event = StoredEvent(originator_id=stream, originator_version=version + 1, topic=_TOPIC, state=state)  # type: ignore[arg-type]
                self._recorder.insert_events([event])
            raise _too_few()

        self._server.checkpoint()
        with ThreadPoolExecutor(WRITERS) as pool:
            start = perf_counter()
            number = sum(pool.map(write, streams, repeat(start + self._seconds)))
            elapsed = perf_counter() - start
        _verify(self.database, "library_events", [str(stream) for stream in streams], number)
        return number / elapsed


class _Raw:
    """pgbench on a database of its own. The row's state is a constant of the same length."""

    def __init__(self, server: Server, states: Sequence[bytes], seconds: float) -> None:
        self._seconds, self._server = max(1, round(seconds)), server
        self.database = Database(server.database())
        with self.database.write() as connection:
            connection.exec_driver_sql(_RAW_TABLE)
        self._runs = count(1)
        self._statement = (
            "\\set version :version + 1\nINSERT INTO raw_events (originator_id, originator_version, topic, state) "
            f"VALUES (:stream || :client_id, :version, '{_TOPIC}', '\\x{states[0].hex()}');\n"
        )

    def close(self) -> None:
        self.database.close()

    def append(self) -> float:
        """Insert rows."""
        prefix = f"cnv_{next(self._runs):030d}_"
        self._server.checkpoint()
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
            script.write(self._statement)
            script.flush()
            output = self._pgbench(script.name, prefix)
        number = int(_found(r"transactions actually processed: (\d+)", output))
        _verify(self.database, "raw_events", [f"{prefix}{client}" for client in range(WRITERS)], number)
        return float(_found(r"tps = ([\d.]+) \(without initial connection time\)", output))

    def _pgbench(self, script: str, prefix: str) -> str:
        url = make_url(self.database.url)
        arguments = ["--no-vacuum", "--protocol=prepared", f"--client={WRITERS}", "--jobs=2", f"--time={self._seconds}"]
        arguments += [f"--define=stream={prefix}", "--define=version=0", f"--file={script}"]
        arguments += [f"--host={url.query.get('host') or url.host}", f"--username={url.username}", str(url.database)]
        return subprocess.run(
            [self._server.programs / "pgbench", *arguments], check=True, capture_output=True, text=True, env=_CLEAN
        ).stdout


_CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PG")}


async def decide(store: EventStore, stream: str, until: float) -> int:
    """Decide one command after the other in a conversation; return how many there were."""
    decided, request, message = 0, cause(_WORKSPACE), message_sent()
    while perf_counter() < until:
        await store.run(request, Decision.take, _READY, stream, message)
        decided += 1
    return decided


def measure(server: Server, *, rounds: int, seconds: float, disk: str, goal: float) -> list[Measure]:
    """Return our appends against the library's recorder (`goal`), and against pgbench's inserts (0.35)."""
    mapper = EventMapper()
    states = [mapper.store(message_sent(), "", 1, utc_now(), cause(_WORKSPACE)).state for _ in range(round(seconds * 3_000))]
    with ExitStack() as stack:
        ours, library = _Ours(server, states, seconds), _Library(server, states, seconds)
        raw = _Raw(server, states, seconds)
        for close in (ours.close, library.close, raw.close):
            stack.callback(close)
        sides: dict[str, Side] = {
            "ours": ours.append,
            "library": library.append,
            "pgbench": raw.append,
            "decided": ours.decide,
        }
        rates = alternate(f"appends, disk {disk}", sides, rounds)
    line, unit = "32 concurrent appends, Postgres", "events/s"
    recorder, insert = "the library's recorder", "pgbench's single-row insert"
    return [
        compare(f"{line} / {recorder}", rates["ours"], rates["library"], goal=goal, unit=unit, disk=disk),
        compare(f"{line} / {insert}", rates["ours"], rates["pgbench"], goal=0.35, unit=unit, disk=disk),
        compare(f"{line}, each decided / {recorder}", rates["decided"], rates["library"], goal=None, unit=unit, disk=disk),
    ]


def _verify(database: Database, table: str, streams: Sequence[str], number: int) -> None:
    """Every acknowledged event is there, of every stream without gaps, and nothing else."""
    query = (
        f"SELECT coalesce(sum(events), 0), coalesce(sum(last), 0) FROM (SELECT count(*) AS events, max(originator_version) AS last"  # noqa: S608
        f" FROM {table} WHERE originator_id::text = ANY(:streams) GROUP BY originator_id) AS streams"
    )
    with database.read() as connection:
        found, last = connection.execute(text(query), {"streams": list(streams)}).one()
    if not found == last == number:
        msg = f"{number} appends were acknowledged, {found} are stored in {table}, versions up to {last} in all"
        raise RuntimeError(msg)


def _too_few() -> RuntimeError:
    return RuntimeError("the events made ready ran out: raise their number in `measure`")


def _found(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    if match is None:
        msg = f"pgbench said: {output}"
        raise RuntimeError(msg)
    return match[1]
