"""The simulated carrier's receipts: those that are due are posted to its webhook until that acknowledges them.

Receipts arrive at least once, like those of real carriers. A process that takes a message's receipts first postpones their next
attempt, so a crash between delivery and acknowledgement repeats them after a pause. A message whose receipts were not acknowledged
comes alone the next time, so that one bad receipt doesn't hold up other messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime
from typing import Self

import structlog
from msgspec import Struct, json
from sqlalchemy import Connection, Row, bindparam, case, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.sql.dml import ReturningUpdate

from groupchat.carriers.incoming import News
from groupchat.carriers.port import Posted, Receipt
from groupchat.carriers.simulator.exchange import Pending, left
from groupchat.carriers.simulator.tables import MESSAGES
from groupchat.carriers.simulator.webhooks import Posts
from groupchat.carriers.storage import Storage
from groupchat.values.clock import Clock, from_micros, to_micros
from groupchat.values.errors import first_line
from groupchat.values.waiting import first_set

_GATHER_SECONDS = 0.01
"""Receipts that become due within this time are posted together."""
_POST_AT_MOST = 2_000
"""The number of receipts in one post, which keeps it far below the size that the API accepts."""
_ACKNOWLEDGED = range(200, 300)

Post = Callable[[Posted], Awaitable[int]]
"""Posts to the API, and returns the status of the response."""

_T = MESSAGES.c
_NEXT_DUE = select(func.min(_T.due_at))
_LEAVE = (
    update(MESSAGES)
    .where(_T.id.in_(bindparam("ids", expanding=True)))
    .values({name: bindparam(f"left_{name}", type_=_T[name].type) for name in left(())})
)

log = structlog.get_logger()


class CallbackPace(Struct, frozen=True, kw_only=True):
    """The timing of receipts.

    `pauses` are the seconds from each attempt to the next; the last is repeated. `batch` is the maximum number of messages whose
    receipts are posted together. A receipt that another process wrote, without ringing a bell in this one, is noticed within
    `idle` seconds.
    """

    pauses: tuple[float, ...] = (2, 5, 15, 60)
    batch: int = 200
    idle: float = 1.0


DEFAULT_PACE = CallbackPace()


class _Taken(Struct, frozen=True):
    """A message with receipts to pass on now, and others later."""

    id: int
    message_id: str
    due: Sequence[Pending]
    later: Sequence[Pending]
    is_repeated: bool

    @classmethod
    def of(cls, row: Row[tuple[int, str, str | None, int]], now: int) -> Self:
        receipts = sorted(json.decode(row.receipts or "[]", type=list[Pending]), key=lambda each: each.due_at)
        due, later = ([each for each in receipts if (each.due_at <= now) == is_due] for is_due in (True, False))
        return cls(row.id, row.message_id, due, later, is_repeated=row.attempts > 1)

    def receipts(self) -> Iterator[Receipt]:
        for each in self.due:
            yield Receipt(
                message_id=self.message_id,
                recipient=each.recipient,
                status=each.status,
                code=each.code,
                opted_out=each.opted_out,
            )


class Callbacks:
    """Posts receipts to the webhook."""

    def __init__(self, storage: Storage, posts: Posts, clock: Clock, pace: CallbackPace) -> None:
        self._storage = storage
        self._posts = posts
        self._clock = clock
        self._pace = pace
        self._taking = _taking(pace)

    async def pump(self, post: Post, stop: asyncio.Event, bell: asyncio.Event) -> None:
        """Post due receipts until `stop` is set; in between, sleep until the next one is due or the bell rings."""
        while not stop.is_set():
            bell.clear()
            try:
                seconds = await self._seconds_to_next()
                if seconds <= 0:
                    await self.deliver_due(post)
            except (DBAPIError, PoolTimeoutError) as error:
                log.warning("simulator_retries", error=first_line(error))
                await first_set(stop, seconds=self._pace.idle)
                continue
            await first_set(stop, seconds=_GATHER_SECONDS)
            if seconds > 0:
                await first_set(stop, bell, seconds=seconds)

    async def deliver_due(self, post: Post) -> int:
        """Post one batch of due receipts; return how many receipts were acknowledged."""
        taken = await asyncio.to_thread(self._take)
        new = [each for each in taken if not each.is_repeated]
        hand_overs = ([new] if new else []) + [[each] for each in taken if each.is_repeated]
        acknowledged = await asyncio.gather(*(self._hand_over(post, together) for together in hand_overs))
        done = [each for together, is_done in zip(hand_overs, acknowledged, strict=True) if is_done for each in together]
        await asyncio.to_thread(self._forget, done)
        return sum(len(each.due) for each in done)

    async def next_due(self) -> datetime | None:
        """Return when the next receipt is due, or was; none if no receipt is waiting."""
        micros = await asyncio.to_thread(self._next_due)
        return None if micros is None else from_micros(micros)

    async def _seconds_to_next(self) -> float:
        due = await self.next_due()
        return self._pace.idle if due is None else min(self._pace.idle, (due - self._clock()).total_seconds())

    async def _hand_over(self, post: Post, together: Sequence[_Taken]) -> bool:
        batch = [receipt for each in together for receipt in each.receipts()]
        for start in range(0, len(batch), _POST_AT_MOST):
            status = await post(await self._posts.signed(News(receipts=batch[start : start + _POST_AT_MOST])))
            if status not in _ACKNOWLEDGED:
                log.warning("receipts_not_acknowledged", receipts=len(batch), first=batch[0].message_id, status=status)
                return False
        return True

    def _next_due(self) -> int | None:
        with self._storage.read() as connection:
            return connection.execute(_NEXT_DUE).scalar()

    def _take(self) -> list[_Taken]:
        """Take due receipts, and postpone their next attempt."""
        now = to_micros(self._clock())
        with self._storage.write(durable=False) as connection:
            rows = connection.execute(self._taking, {"now": now}).all()
        return [_Taken.of(row, now) for row in sorted(rows, key=lambda row: row.id)]

    def _forget(self, done: Sequence[_Taken]) -> None:
        """Delete all receipts of these messages except those that were not due yet."""
        if not done:
            return
        over, later = ([each for each in done if bool(each.later) == is_left] for is_left in (False, True))
        with self._storage.write(durable=False) as connection:
            if over:
                _leave(connection, over, ())
            for each in later:
                _leave(connection, [each], each.later)


def _leave(connection: Connection, taken: Sequence[_Taken], receipts: Sequence[Pending]) -> None:
    """Leave these receipts to messages."""
    connection.execute(_LEAVE, {"ids": [each.id for each in taken]} | {f"left_{name}": to for name, to in left(receipts).items()})


def _taking(pace: CallbackPace) -> ReturningUpdate[tuple[int, str, str | None, int]]:
    """Return the statement that takes the receipts that are due `now`."""
    now = bindparam("now", type_=_T.due_at.type)
    due = select(_T.id).where(_T.due_at <= now).order_by(_T.due_at, _T.id).limit(pace.batch)
    pauses = [round(pause * 1_000_000) for pause in pace.pauses]
    pause = case(dict(enumerate(pauses)), value=_T.attempts, else_=pauses[-1])
    return (
        update(MESSAGES)
        .where(_T.id.in_(due.with_for_update(skip_locked=True).scalar_subquery()))
        .values(attempts=_T.attempts + 1, due_at=now + pause)
        .returning(_T.id, _T.message_id, _T.receipts, _T.attempts)
    )
