"""The library's recorder on SQLAlchemy, with the hot methods as Core statements.

The recorder of `eventsourcing-sqlalchemy` inserts through the ORM, one transaction per append, and takes its positions from a
sequence. Here, one locked transaction stores many appends, each with its own outcome, and positions have no gaps: they are counted
under the lock. So readers that follow by position never miss an event.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Never
from uuid import UUID

from eventsourcing.persistence import IntegrityError, Notification, StoredEvent
from eventsourcing_sqlalchemy import models
from eventsourcing_sqlalchemy.datastore import SQLAlchemyDatastore
from eventsourcing_sqlalchemy.recorders import SQLAlchemyApplicationRecorder
from msgspec import Struct
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Select, Text, bindparam, func, insert, select
from sqlalchemy.orm import sessionmaker

from groupchat.store import answers
from groupchat.store.append import Append, BatchState, judge
from groupchat.store.database import Database, run_at_end
from groupchat.store.fences import generations
from groupchat.store.tables import STORED_EVENTS

LOG_CHANNEL = "groupchat_log"
"""The Postgres channel that is notified when events were stored, with the position of the newest one."""

AT_ONCE = 1_000
"""The number of events that `each_notification` reads at a time."""

WRITER_LOCK = 0x6772_7570
"""The advisory lock of all writers on Postgres, held through commit."""

_HEADS_SQLITE = """
    SELECT NULL, coalesce(max(id), 0) FROM stored_events
    UNION ALL
    SELECT value, (SELECT coalesce(max(originator_version), 0) FROM stored_events WHERE originator_id = value)
    FROM json_each(?)
"""
_HEADS_POSTGRES = f"""
    SELECT pg_advisory_xact_lock({WRITER_LOCK});
    SELECT NULL, coalesce(max(id), 0) FROM stored_events
    UNION ALL
    SELECT stream, coalesce((
        SELECT originator_version FROM stored_events WHERE originator_id = stream
        ORDER BY originator_version DESC LIMIT 1), 0)
    FROM unnest(%(streams)s::text[]) AS stream
"""  # noqa: S608 - constants of this file
TAILS_SQLITE = """
    SELECT e.id, e.originator_id, e.originator_version, e.topic, e.state
    FROM json_each(?) AS tail CROSS JOIN stored_events AS e
    WHERE e.originator_id = tail.value ->> 0 AND e.originator_version > tail.value ->> 1
    ORDER BY e.id
"""
TAILS_POSTGRES = """
    SELECT e.id, e.originator_id, e.originator_version, e.topic, e.state
    FROM json_array_elements(%s::json) AS tail CROSS JOIN LATERAL (
        SELECT * FROM stored_events AS s
        WHERE s.originator_id = tail ->> 0 AND s.originator_version > (tail ->> 1)::bigint
        OFFSET 0
    ) AS e
    ORDER BY e.id
"""
"""`OFFSET 0` keeps the planner from reordering the join. Without it, the planner guesses 100 streams and reads the whole table."""
_STOPPING_SQLITE = """
    SELECT e.originator_id, e.originator_version, e.topic
    FROM json_each(?) AS asked CROSS JOIN stored_events AS e
    WHERE e.originator_id = asked.value ->> 0 AND e.originator_version > asked.value ->> 1
        AND e.topic NOT IN (SELECT value FROM json_each(asked.value -> 2))
"""
_STOPPING_POSTGRES = """
    SELECT e.originator_id, e.originator_version, e.topic
    FROM json_array_elements(%s::json) AS asked CROSS JOIN LATERAL (
        SELECT * FROM stored_events AS s
        WHERE s.originator_id = asked ->> 0 AND s.originator_version > (asked ->> 1)::bigint
            AND s.topic <> ALL (ARRAY(SELECT json_array_elements_text(asked -> 2)))
        OFFSET 0
    ) AS e
"""
_INSERT_POSTGRES = f"""
    INSERT INTO stored_events (id, originator_id, originator_version, topic, state)
    SELECT * FROM unnest(%(ids)s::bigint[], %(streams)s::text[], %(versions)s::bigint[], %(topics)s::text[], %(states)s::bytea[]);
    NOTIFY {LOG_CHANNEL}, %(newest)s
"""  # noqa: S608 - constants of this file


_T = STORED_EVENTS.c
_ABOVE = _T.id > bindparam("after", type_=Integer)
_MOST = bindparam("most", type_=Integer)
_MOVED = select(_T.id, _T.originator_id, _T.originator_version).where(_ABOVE).order_by(_T.id).limit(_MOST)
_AT = select(STORED_EVENTS).where(_T.id.in_(bindparam("positions", expanding=True))).order_by(_T.id)
_NEWEST = select(func.max(_T.id))
"""Built once, because building a statement takes longer than running it."""


@cache
def _piece(*, upto: bool, some: bool) -> Select[tuple[int, str, int, str, bytes]]:
    """Return the query of the log `after` a position, `upto` another, of some `topics`: at `most` so many events."""
    query = select(STORED_EVENTS).where(_ABOVE).order_by(_T.id).limit(_MOST)
    if upto:
        query = query.where(_T.id <= bindparam("upto", type_=Integer))
    return query.where(_T.topic.in_(bindparam("topics", expanding=True))) if some else query


class Moved(Struct, frozen=True):
    """A stream that has a new version, and its position in the log."""

    position: int
    stream: str
    version: int


class _StoredEventRecord(models.EventRecord):  # type: ignore[misc,name-defined] # the library's models are untyped
    """The library's record with text stream ids and positions that the recorder counts itself."""

    __abstract__ = True

    id = Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False)
    originator_id = Column(Text(), nullable=False)
    originator_version = Column(BigInteger().with_variant(Integer(), "sqlite"), nullable=False)
    topic = Column(Text(), nullable=False)
    state = Column(LargeBinary(), nullable=False)


class _Datastore(SQLAlchemyDatastore):
    base_stored_event_record_cls = _StoredEventRecord


class Recorder(SQLAlchemyApplicationRecorder):
    """Stores batches of appends, reads streams and the log."""

    def __init__(self, database: Database) -> None:
        super().__init__(_Datastore(session_maker=sessionmaker(database.engine)), events_table_name=STORED_EVENTS.name)
        self.database = database

    def append(self, batch: Sequence[Append]) -> None:
        """Store a batch in one locked transaction and set every append's outcome.

        Raises the driver's error if the transaction fails. Then it is unknown whether any of the batch was stored.
        """
        streams = list(dict.fromkeys(stream for append in batch for stream in append.expected))  # none if it decides now
        with self.database.write() as connection:
            position, heads = self._lock(connection, streams)
            for append in batch:
                self._let_decide(connection, append, heads)
            stored = BatchState(
                position,
                heads,
                kept=answers.find(connection, [append.keep.key for append in batch if append.keep]),
                generations=generations(connection, {append.fence.name for append in batch if append.fence}),
                stopping=self._stopping(connection, batch, heads),
            )
            judgment = judge(batch, stored)
            answers.keep(connection, judgment.answers)
            if judgment.events:
                self.insert(connection, position, judgment.events, at_end=True)
        for append, outcome in zip(batch, judgment.outcomes, strict=True):
            append.outcome = outcome

    def _let_decide(self, connection: Connection, append: Append, heads: dict[str, int]) -> None:
        """Let an append decide now, with the lock held, so that it can't lose to another one."""
        if append.decide is not None:
            decided = append.decide(partial(self._tails, connection))
            append.events, append.expected, append.keep = decided.events, decided.expected, decided.keep
            heads.update(decided.expected)

    def _stopping(self, connection: Connection, batch: Sequence[Append], heads: Mapping[str, int]) -> dict[str, dict[int, str]]:
        """Read the events that matter to decisions whose streams may have moved by others; see `BatchState.stopping`."""
        asked: dict[str, tuple[int, frozenset[str]]] = {}
        for append in batch:
            for stream, passing in append.passing.items():
                version = append.expected[stream]
                if version < heads.get(stream, 0):
                    lowest, all_let_pass = asked.get(stream, (version, passing))
                    asked[stream] = min(version, lowest), passing & all_let_pass
        found: dict[str, dict[int, str]] = {}
        if asked:
            query = _STOPPING_SQLITE if self.database.is_sqlite else _STOPPING_POSTGRES
            rows = json.dumps([[stream, version, sorted(passing)] for stream, (version, passing) in asked.items()])
            for stream, version, topic in connection.exec_driver_sql(query, (rows,)).all():
                found.setdefault(stream, {})[version] = topic
        return found

    def _lock(self, connection: Connection, streams: list[str]) -> tuple[int, dict[str, int]]:
        """Lock out other writers, and return the log's end and the streams' versions."""
        if self.database.is_sqlite:
            rows = connection.exec_driver_sql(_HEADS_SQLITE, (json.dumps(streams),)).all()
        else:
            rows = connection.exec_driver_sql(_HEADS_POSTGRES, {"streams": streams}).all()
        position = next(version for stream, version in rows if stream is None)
        return position, {stream: version for stream, version in rows if stream is not None}

    def insert(self, connection: Connection, position: int, events: Sequence[StoredEvent], *, at_end: bool = False) -> None:
        """Store events after a position, on Postgres `at_end` of the transaction. The writers' lock must be held."""
        ids = range(position + 1, position + 1 + len(events))
        if self.database.is_sqlite:
            connection.execute(insert(STORED_EVENTS), [_row(event, id_) for event, id_ in zip(events, ids, strict=True)])
            return
        columns = {
            "ids": list(ids),
            "streams": [event.originator_id for event in events],
            "versions": [event.originator_version for event in events],
            "topics": [event.topic for event in events],
            "states": [event.state for event in events],
            "newest": str(ids[-1]),
        }
        if at_end:
            run_at_end(connection, _INSERT_POSTGRES, columns)
        else:
            connection.exec_driver_sql(_INSERT_POSTGRES, columns)

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int]:
        """Store events as one append, as the library's interface requires; return their positions.

        Raises the library's `IntegrityError` on a conflict, or if the versions of one stream are not consecutive; `TypeError` for a
        stream id that is not text.
        """
        append = Append(events=stored_events, expected=_expected(stored_events))
        self.append([append])
        if not isinstance(append.outcome, int):
            raise IntegrityError(append.outcome)
        return range(append.outcome - len(stored_events) + 1, append.outcome + 1)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Never:
        """Reject the library's subscriptions. A follower continues from a stored position instead (`store/follower.py`)."""
        del gt, topics
        msg = "groupchat's recorder has no subscriptions: follow the log with a follower, which keeps its position (docs/adr/0001)"
        raise NotImplementedError(msg)

    def select_events(
        self,
        originator_id: UUID | str,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,  # noqa: FBT001, FBT002 - the library's signature
        limit: int | None = None,
        topics: Sequence[str] = (),
    ) -> list[StoredEvent]:
        """Return a stream's events, of these types or of all."""
        query = select(STORED_EVENTS).where(_T.originator_id == str(originator_id))
        if gt is not None:
            query = query.where(_T.originator_version > gt)
        if lte is not None:
            query = query.where(_T.originator_version <= lte)
        if topics:
            query = query.where(_T.topic.in_(topics))
        query = query.order_by(_T.originator_version.desc() if desc else _T.originator_version).limit(limit)
        with self.database.statement() as connection:
            return list(_notifications(connection.execute(query).all()))

    def select_tails(self, tails: Mapping[str, int]) -> list[Notification]:
        """Return the events of several streams above the version given for each, in the order of the log."""
        with self.database.statement() as connection:
            return self._tails(connection, tails)

    def _tails(self, connection: Connection, tails: Mapping[str, int]) -> list[Notification]:
        asked = json.dumps([[stream, version] for stream, version in tails.items()])
        query = TAILS_SQLITE if self.database.is_sqlite else TAILS_POSTGRES
        return list(_notifications(connection.exec_driver_sql(query, (asked,)).all()))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Return a piece of the log, in its order."""
        after = (start or 0) - (1 if inclusive_of_start else 0)
        query = _piece(upto=stop is not None, some=bool(topics))
        asked = {"after": after, "upto": stop, "topics": list(topics), "most": limit}
        with self.database.statement() as connection:
            return list(_notifications(connection.execute(query, asked).all()))

    def select_at(self, positions: Collection[int]) -> list[Notification]:
        """Return the events at these positions, in the order of the log."""
        with self.database.statement() as connection:
            return list(_notifications(connection.execute(_AT, {"positions": list(positions)}).all()))

    def each_notification(self, topics: Sequence[str], after: int, upto: int | None) -> Iterator[Notification]:
        """Return the log above a position, up to another, of these types or of all. It is read in pieces as you consume it."""
        position = after
        while piece := self.select_notifications(position, AT_ONCE, upto, topics, inclusive_of_start=False):
            yield from piece
            position = piece[-1].id

    def select_moved(self, above: int, limit: int) -> list[Moved]:
        """Return the streams and versions of the events above a position."""
        with self.database.statement() as connection:
            return [Moved(*row) for row in connection.execute(_MOVED, {"after": above, "most": limit})]

    def max_notification_id(self) -> int | None:
        """Return the position of the newest event."""
        with self.database.statement() as connection:
            newest: int | None = connection.execute(_NEWEST).scalar_one()
        return newest


def _expected(events: Sequence[StoredEvent]) -> dict[str, int]:
    """Return the version that each stream has before these events."""
    expected: dict[str, int] = {}
    last: dict[str, int] = {}
    for event in events:
        stream, version = event.originator_id, event.originator_version
        if not isinstance(stream, str):
            msg = f"a stream's id is text, not {type(stream).__name__}"
            raise TypeError(msg)
        if version != last.get(stream, version - 1) + 1:
            msg = f"version {version} of {stream} does not follow version {last[stream]}"
            raise IntegrityError(msg)
        expected.setdefault(stream, version - 1)
        last[stream] = version
    return expected


def _row(event: StoredEvent, position: int) -> dict[str, Any]:
    return {
        "id": position,
        "originator_id": event.originator_id,
        "originator_version": event.originator_version,
        "topic": event.topic,
        "state": event.state,
    }


def _notifications(rows: Iterable[Any]) -> Iterable[Notification]:
    for position, stream, version, topic, state in rows:
        stored = state.encode() if isinstance(state, str) else bytes(state)  # SQLite keeps text that somebody wrote by hand as text
        yield Notification(id=position, originator_id=stream, originator_version=version, topic=topic, state=stored)
