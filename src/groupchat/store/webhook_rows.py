"""What is known of each webhook's deliveries: where it is, which messages wait or were set aside, and the attempts (R55).

Only this module changes these tables. They are the notes of the worker `webhooks`, not history: without them, it would send again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Connection, Index, Integer, Table, Text, bindparam, delete, func, insert, select

from groupchat.store.positions import status_of
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import upsert
from groupchat.values.clock import from_micros, to_micros
from groupchat.values.event import Moment

FOLLOWER = "webhooks"
KEPT_ATTEMPTS = 1_000
"""The number of attempts that are kept of each webhook, and up to as many more until the older ones are removed."""

WEBHOOK_CURSORS = Table(
    "webhook_cursors",
    METADATA,
    Column("webhook_id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("behind", BIG, comment="events up to this position are done; NULL: up to that of the follower webhooks"),
    Column("failing_since", BIG, comment="microseconds since 1970, in UTC; NULL if the last call succeeded"),
)
WEBHOOK_PUT_OFF = Table(
    "webhook_put_off",
    METADATA,
    Column("webhook_id", Text, primary_key=True),
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, comment="events with the same key are sent in order"),
    Column("attempts", Integer, nullable=False),
    Column("due", BIG, comment="microseconds since 1970, in UTC; NULL: set aside after the last attempt"),
)
WEBHOOK_ATTEMPTS = Table(
    "webhook_attempts",
    METADATA,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("webhook_id", Text, nullable=False),
    Column("doc", Text, nullable=False, comment="JSON, as it is shown"),
    Index("webhook_attempts_of", "webhook_id", "id"),
)

_CURSORS, _PUT_OFF, _ATTEMPTS = WEBHOOK_CURSORS.c, WEBHOOK_PUT_OFF.c, WEBHOOK_ATTEMPTS.c
_FORGET = delete(WEBHOOK_PUT_OFF).where(_PUT_OFF.webhook_id == bindparam("of"), _PUT_OFF.position == bindparam("at"))


class Cursor(Struct, frozen=True, kw_only=True):
    """Where a webhook is: `behind` is none if it is where the follower is."""

    webhook_id: str
    workspace_id: str
    behind: int | None = None
    failing_since: datetime | None = None


class WaitingMessage(Struct, frozen=True, kw_only=True):
    """A message to be sent again when it is `due`; without `due`, it was set aside."""

    webhook_id: str
    position: int
    key: str
    attempts: int
    due: datetime | None


class Attempt(Struct, frozen=True, kw_only=True):
    """An attempt to send a message, the n-th (`number`); `status` is null without a response, `next_at` if it was the last."""

    webhook_id: str
    message_id: str
    position: int
    type: str
    number: int
    at: Moment
    seconds: float
    delivered: bool
    status: int | None
    error: str | None
    next_at: Moment | None


class WebhookStanding(Struct, frozen=True, kw_only=True):
    """How a webhook is doing. Everything up to `position` was sent, waits to be sent again, or was set aside."""

    position: int
    failing_since: datetime | None = None
    waiting: int = 0
    set_aside: int = 0


class WebhookPlace(Struct, frozen=True, kw_only=True):
    """Where a webhook is: everything up to the position was sent, or was set aside."""

    webhook_id: str
    workspace_id: str
    position: int


# --- reading


def cursors(connection: Connection) -> list[Cursor]:
    """Return where every webhook is."""
    return [
        Cursor(
            webhook_id=row.webhook_id, workspace_id=row.workspace_id, behind=row.behind, failing_since=_moment(row.failing_since)
        )
        for row in connection.execute(select(WEBHOOK_CURSORS))
    ]


def waiting(connection: Connection) -> list[WaitingMessage]:
    """Return the messages of all webhooks that wait to be sent again, each webhook's in the log's order."""
    query = select(WEBHOOK_PUT_OFF).where(_PUT_OFF.due.is_not(None)).order_by(_PUT_OFF.webhook_id, _PUT_OFF.position)
    return [
        WaitingMessage(webhook_id=row.webhook_id, position=row.position, key=row.key, attempts=row.attempts, due=_moment(row.due))
        for row in connection.execute(query)
    ]


def standings(connection: Connection, webhook_ids: Collection[str]) -> dict[str, WebhookStanding]:
    """Return how webhooks are doing; those that the worker does not know yet are missing."""
    ids = list(webhook_ids)
    counts = (
        select(
            _PUT_OFF.webhook_id,
            func.count(_PUT_OFF.due).label("waiting"),
            (func.count() - func.count(_PUT_OFF.due)).label("set_aside"),
        )
        .where(_PUT_OFF.webhook_id.in_(ids))
        .group_by(_PUT_OFF.webhook_id)
        .subquery()
    )
    followed = status_of(connection, FOLLOWER).position
    query = (
        select(
            _CURSORS.webhook_id,
            func.coalesce(_CURSORS.behind, followed).label("position"),
            _CURSORS.failing_since,
            func.coalesce(counts.c.waiting, 0).label("waiting"),
            func.coalesce(counts.c.set_aside, 0).label("set_aside"),
        )
        .outerjoin(counts, counts.c.webhook_id == _CURSORS.webhook_id)
        .where(_CURSORS.webhook_id.in_(ids))
    )
    return {
        row.webhook_id: WebhookStanding(
            position=row.position, failing_since=_moment(row.failing_since), waiting=row.waiting, set_aside=row.set_aside
        )
        for row in connection.execute(query)
    }


def places(connection: Connection) -> list[WebhookPlace]:
    """Return where every webhook is, so that it misses nothing if it continues there without what waits now."""
    first = select(func.min(_PUT_OFF.position) - 1).where(_PUT_OFF.webhook_id == _CURSORS.webhook_id, _PUT_OFF.due.is_not(None))
    query = select(_CURSORS.webhook_id, _CURSORS.workspace_id, _CURSORS.behind, first.scalar_subquery().label("first"))
    followed = status_of(connection, FOLLOWER).position
    return [
        WebhookPlace(
            webhook_id=row.webhook_id,
            workspace_id=row.workspace_id,
            position=min(each for each in (followed, row.behind, row.first) if each is not None),
        )
        for row in connection.execute(query.order_by(_CURSORS.webhook_id))
    ]


# --- writing


def move(connection: Connection, moved: Iterable[Cursor]) -> None:
    """Store where webhooks are."""
    rows = [
        {
            "webhook_id": each.webhook_id,
            "workspace_id": each.workspace_id,
            "behind": each.behind,
            "failing_since": _micros(each.failing_since),
        }
        for each in moved
    ]
    upsert(connection, WEBHOOK_CURSORS, rows)


def put_off(connection: Connection, messages: Iterable[WaitingMessage]) -> None:
    """Store messages that wait, or were set aside; a message that is there already gets its new values."""
    rows = [
        {
            "webhook_id": each.webhook_id,
            "position": each.position,
            "key": each.key,
            "attempts": each.attempts,
            "due": _micros(each.due),
        }
        for each in messages
    ]
    upsert(connection, WEBHOOK_PUT_OFF, rows)


def sent(connection: Connection, messages: Sequence[tuple[str, int]]) -> None:
    """Forget messages (webhook and position) that waited and no longer need to."""
    if messages:
        connection.execute(_FORGET, [{"of": webhook_id, "at": position} for webhook_id, position in messages])


def clear(connection: Connection, webhook_id: str) -> None:
    """Forget all messages of a webhook that wait or were set aside."""
    connection.execute(delete(WEBHOOK_PUT_OFF).where(_PUT_OFF.webhook_id == webhook_id))


def note(connection: Connection, attempts: Sequence[Attempt]) -> None:
    """Store attempts, in their order."""
    if attempts:
        rows = [{"webhook_id": each.webhook_id, "doc": msgspec.json.encode(each).decode()} for each in attempts]
        connection.execute(insert(WEBHOOK_ATTEMPTS), rows)


def trim(connection: Connection, webhook_id: str) -> None:
    """Remove all attempts of a webhook but the newest."""
    mine = select(_ATTEMPTS.id).where(_ATTEMPTS.webhook_id == webhook_id).order_by(_ATTEMPTS.id.desc())
    oldest = mine.limit(1).offset(KEPT_ATTEMPTS - 1).scalar_subquery()
    connection.execute(delete(WEBHOOK_ATTEMPTS).where(_ATTEMPTS.webhook_id == webhook_id, _ATTEMPTS.id < oldest))


def remove(connection: Connection, webhook_id: str) -> None:
    """Remove everything about a webhook that no longer exists."""
    for table in (WEBHOOK_CURSORS, WEBHOOK_PUT_OFF, WEBHOOK_ATTEMPTS):
        connection.execute(delete(table).where(table.c.webhook_id == webhook_id))


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)
