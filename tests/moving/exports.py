"""Exports to play with: made of a log, brought into a store, and line by line."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import msgspec
from msgspec.structs import asdict
from sqlalchemy import select

from groupchat.moving.exporting import export_all
from groupchat.moving.importing import check, store
from groupchat.moving.lines import EventLine, Header, Line, LineWriter
from groupchat.projections import VIEWS, message_search
from groupchat.proof.kept import CHECKPOINTS
from groupchat.store.archive import Archive
from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.mapper import EventMapper
from groupchat.store.put_off import PUT_OFF_EVENTS
from groupchat.store.tables import FOLLOWERS, IDEMPOTENCY_KEYS, PARKED_EVENTS, STORED_EVENTS
from groupchat.store.webhook_rows import WEBHOOK_CURSORS
from groupchat.values.event import Recorded
from tests.projections.histories import follow, received, tables_of
from tests.support.builders import CAUSE, a_group, moment

KEPT = (STORED_EVENTS, IDEMPOTENCY_KEYS, FOLLOWERS, PARKED_EVENTS, PUT_OFF_EVENTS, CHECKPOINTS, WEBHOOK_CURSORS)


def quietly(done: int, total: int) -> None:
    """Report no progress."""


def exported(database: Database) -> bytes:
    """Return an export of all."""
    file = BytesIO()
    export_all(Archive(database), file, quietly)
    return file.getvalue()


def bring(database: Database, export: bytes) -> None:
    """Import as the command does."""
    file = BytesIO(export)
    store(database, file, check(Archive(database), file, quietly), quietly)


def kept(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows of the store's own tables, as they are."""
    with database.read() as connection:
        return {table.name: sorted(tuple(map(_plain, row)) for row in connection.execute(select(table))) for table in KEPT}


async def views_of(database: Database) -> dict[str, Any]:
    """Return what all views hold when they have followed the whole log."""
    stored = Log.of(database)
    topics = sorted({row[3] for row in kept(database)[STORED_EVENTS.name]})
    log = list(stored.each(topics))
    for view in VIEWS.values():
        await follow(database, view, log)
    views = {view.name: tables_of(database, view) for view in VIEWS.values()}
    words = views[message_search.VIEW.name][message_search.MESSAGE_WORDS.name]
    # Postgres keeps a text's words as a set, in its own order and in quotation marks.
    views[message_search.VIEW.name][message_search.MESSAGE_WORDS.name] = [(*row[:-1], _words_of(row[-1])) for row in words]
    return views


def _words_of(text: str) -> list[str]:
    return sorted({word.strip("'") for word in text.split()})


def lines_of(export: bytes) -> list[bytes]:
    """Return an export's lines, with their line ends."""
    return export.splitlines(keepends=True)


def written(lines: Iterable[Line], head: int, **header: Any) -> bytes:
    """Return any lines as a complete export."""
    file = BytesIO()
    writer = LineWriter(file)
    writer.write(Header(**({"groupchat": "0.1.0", "exported": "all", "head": head} | header)))
    for line in lines:
        writer.write(line)
    writer.end()
    return file.getvalue()


def event_line(recorded: Recorded, **changes: Any) -> EventLine:
    """Return an event as its line, with changes."""
    stored = EventMapper().store(recorded.event, recorded.stream, recorded.version, recorded.at, recorded.cause)
    envelope = {"workspace_id": CAUSE.workspace_id, "actor": CAUSE.actor, "correlation_id": "req_1", "causation_id": "req_1"}
    data = msgspec.Raw(msgspec.json.encode(msgspec.json.decode(stored.state)["data"]))
    place = {name: getattr(recorded, name) for name in ("position", "stream", "version", "type", "at")}
    return EventLine(**(place | envelope | {"shape": 1, "data": data} | changes))


def long_log(count: int) -> Iterable[EventLine]:
    """Return the lines of one long conversation."""
    first = Recorded(event=a_group(), stream="cnv_1", version=1, position=1, at=moment(1), cause=CAUSE)
    yield event_line(first)
    original = event_line(
        Recorded(event=received("msg_1", body="x" * 100), stream="cnv_1", version=2, position=2, at=moment(2), cause=CAUSE)
    )
    fields = asdict(original)
    for n in range(2, count + 1):
        yield EventLine(**(fields | {"version": n, "position": n}))


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value
