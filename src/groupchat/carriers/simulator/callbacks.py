"""The simulated carrier's webhooks: due receipts are passed to the inbox until it acknowledges them by returning.

Receipts arrive at least once, like those of real carriers. A process that takes a receipt first postpones the next attempt, so a
crash between delivery and acknowledgement repeats it after a pause. A receipt that the inbox did not accept is passed alone the
next time, so that one bad receipt doesn't hold up others.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, delete, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groupchat.carriers.port import Inbox, Receipt
from groupchat.carriers.simulator.tables import RECEIPTS, Storage
from groupchat.values.clock import Clock, from_micros, to_micros
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

_GATHER_SECONDS = 0.01
"""Receipts that become due within this time are passed on together."""

log = structlog.get_logger()


class CallbackPace(Struct, frozen=True, kw_only=True):
    """The timing of receipts.

    `pauses` are the seconds from each attempt to the next; the last is repeated. `batch` is the maximum number of receipts that are
    passed on together. A receipt that another process wrote, without ringing a bell in this one, is noticed within `idle` seconds.
    """

    pauses: tuple[float, ...] = (2, 5, 15, 60)
    batch: int = 500
    idle: float = 1.0


DEFAULT_PACE = CallbackPace()


class Callbacks:
    """Passes receipts to the inbox."""

    def __init__(self, storage: Storage, clock: Clock, pace: CallbackPace) -> None:
        self._storage = storage
        self._clock = clock
        self._pace = pace

    async def pump(self, inbox: Inbox, stop: asyncio.Event, bell: asyncio.Event) -> None:
        """Pass on due receipts until `stop` is set; in between, sleep until the next one is due or the bell rings."""
        while not stop.is_set():
            bell.clear()
            try:
                await self.deliver_due(inbox)
                seconds = await self._seconds_to_next()
            except (DBAPIError, PoolTimeoutError) as error:
                log.warning("simulator_retries", error=first_line(error))
                await first_set(stop, seconds=self._pace.idle)
                continue
            await first_set(stop, seconds=_GATHER_SECONDS)
            if seconds > 0:
                await first_set(stop, bell, seconds=seconds)

    async def deliver_due(self, inbox: Inbox) -> int:
        """Pass on one batch of due receipts; return how many receipts the inbox acknowledged."""
        due = await self.next_due()
        if due is None or due > self._clock():
            return 0
        taken = await asyncio.to_thread(self._take)
        new = [row for row in taken if row.attempts == 0]
        hand_overs = ([new] if new else []) + [[row] for row in taken if row.attempts > 0]
        acknowledged = await asyncio.gather(*(self._hand_over(inbox, rows) for rows in hand_overs))
        ids = [row.id for rows, done in zip(hand_overs, acknowledged, strict=True) if done for row in rows]
        await asyncio.to_thread(self._forget, ids)
        return len(ids)

    async def next_due(self) -> datetime | None:
        """Return when the next receipt is due, or was; none if no receipt is waiting."""
        micros = await asyncio.to_thread(self._next_due)
        return None if micros is None else from_micros(micros)

    async def _seconds_to_next(self) -> float:
        due = await self.next_due()
        return self._pace.idle if due is None else min(self._pace.idle, (due - self._clock()).total_seconds())

    async def _hand_over(self, inbox: Inbox, rows: Sequence[Row[tuple[object, ...]]]) -> bool:
        batch = tuple(_receipt(row) for row in rows)
        try:
            await inbox.receipts(batch)
        except Exception as error:  # noqa: BLE001 - a carrier knows only that the receipt was not acknowledged, and repeats it
            log.warning("receipts_not_acknowledged", receipts=len(batch), first=batch[0].message_id, error=repr(error))
            return False
        return True

    def _next_due(self) -> int | None:
        with self._storage.read() as connection:
            return connection.execute(select(func.min(RECEIPTS.c.due_at))).scalar()

    def _take(self) -> Sequence[Row[tuple[object, ...]]]:
        now = self._clock()
        due = select(RECEIPTS).where(RECEIPTS.c.due_at <= to_micros(now)).order_by(RECEIPTS.c.due_at, RECEIPTS.c.id)
        with self._storage.write(durable=False) as connection:
            rows = connection.execute(due.limit(self._pace.batch).with_for_update(skip_locked=True)).all()
            if rows:
                self._put_off(connection, rows, now)
            return rows

    def _put_off(self, connection: Connection, rows: Sequence[Row[tuple[object, ...]]], now: datetime) -> None:
        again = update(RECEIPTS).where(RECEIPTS.c.id == bindparam("which")).values(attempts=RECEIPTS.c.attempts + 1)
        pauses = self._pace.pauses
        connection.execute(
            again.values(due_at=bindparam("due")),
            [
                {"which": row.id, "due": to_micros(now + timedelta(seconds=pauses[min(row.attempts, len(pauses) - 1)]))}
                for row in rows
            ],
        )

    def _forget(self, ids: Sequence[int]) -> None:
        if ids:
            with self._storage.write(durable=False) as connection:
                connection.execute(delete(RECEIPTS).where(RECEIPTS.c.id.in_(ids)))


def _receipt(row: Row[tuple[object, ...]]) -> Receipt:
    return Receipt(message_id=row.message_id, recipient=row.recipient, status=row.status, code=row.code, opted_out=row.opted_out)
