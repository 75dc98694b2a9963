"""A simulated carrier for `make run`, tests and demos: it has handsets, sends receipts, and misbehaves on request.

Its state is in the database (`tables.py`), so it is one carrier in any number of processes: the API shows the handsets that a
worker's messages reach. `behaviors.py` has the switches, `exchange.py` decides what becomes of a message, `callbacks.py` posts
receipts, and `webhooks.py` signs and verifies what is posted. Receipts and texts arrive as those of real carriers do: as signed
bytes at the carrier's webhook (docs/adr/0026).

Like real carriers, it has no idempotency key: the same message sent twice reaches the handsets twice. It doesn't enforce opt-outs
between handsets: a participant's message also reaches the others who opted out of the business's messages.
"""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct, json
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from groupchat.aggregates.group_events import Media
from groupchat.carriers.incoming import News, hand_over
from groupchat.carriers.port import CarrierUnclearError, Inbound, Inbox, Outgoing, Posted
from groupchat.carriers.simulator.behaviors import Behavior, Switch
from groupchat.carriers.simulator.callbacks import DEFAULT_PACE, CallbackPace, Callbacks, Post
from groupchat.carriers.simulator.exchange import (
    ASK_AGAIN_SECONDS,
    NORMAL,
    Answer,
    Results,
    Row,
    SimulatedCarrier,
    exchange,
    fanned_out,
)
from groupchat.carriers.simulator.gathering import Gathering
from groupchat.carriers.simulator.tables import BEHAVIORS, HANDSETS, MESSAGES
from groupchat.carriers.simulator.webhooks import Posts
from groupchat.carriers.storage import Storage
from groupchat.values.carriers import CarrierLimits
from groupchat.values.clock import Clock, from_micros, to_micros, utc_now
from groupchat.values.event import Moment
from groupchat.values.ids import new_id

_T = MESSAGES.c
_KNOWN_AT_MOST = 10_000
_KEEP = insert(MESSAGES)
_KEEP_HANDSETS = text("INSERT INTO simulator_handsets VALUES (:number, :handsets) ON CONFLICT DO NOTHING")
_SWITCHES = select(BEHAVIORS).where(BEHAVIORS.c.number.in_(bindparam("numbers", expanding=True)))


class HandsetMessage(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A message as a handset shows it: its author, and the other participants of its thread (none for a text to it alone)."""

    from_: str
    group: tuple[str, ...]
    body: str | None
    media: tuple[Media, ...]
    at: Moment


class Simulator:
    """The simulated carrier; implements `port.Carrier`."""

    name = "simulator"

    def __init__(
        self,
        storage: Storage,
        clock: Clock = utc_now,
        *,
        native_group: bool = True,
        max_recipients: int | None = None,
        pace: CallbackPace = DEFAULT_PACE,
    ) -> None:
        self.native_group = native_group
        self.limits = CarrierLimits(recipients=max_recipients)
        self.sent = asyncio.Event()
        """Rings when this process has sent a message that may have receipts."""
        self._storage = storage
        self._clock = clock
        self._accept_gathered = Gathering(self._accept)
        self._posts = Posts(storage, clock)
        self._callbacks = Callbacks(storage, self._posts, clock, pace)
        self._known: set[str] = set()

    # --- the port

    async def send(self, outgoing: Outgoing) -> Results:
        """Deliver a message to the recipients' handsets. Without native groups, each sees a text to itself alone."""
        try:
            answer = await self._accept_gathered(outgoing)
        except (DBAPIError, PoolTimeoutError) as error:
            raise CarrierUnclearError(str(error), retry_after=ASK_AGAIN_SECONDS) from error
        self.sent.set()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def find(self, outgoing: Outgoing) -> Results | None:
        """Return the result of the last `send` of a message, even if the call timed out."""
        try:
            return await asyncio.to_thread(self._find, outgoing.message_id)
        except (DBAPIError, PoolTimeoutError) as error:
            raise CarrierUnclearError(str(error), retry_after=ASK_AGAIN_SECONDS) from error

    async def webhook(self, posted: Posted, inbox: Inbox) -> int:
        """Process a post of the simulated carrier; return the number of unknown events."""
        return await hand_over(self.name, await self.read(posted), inbox)

    # --- what it posts

    async def work(self, post: Post, stop: asyncio.Event) -> None:
        """Post receipts as they become due, until `stop` is set. Several processes share them."""
        await self.pump(post, stop, self.sent)

    async def pump(self, post: Post, stop: asyncio.Event, bell: asyncio.Event) -> None:
        """Post receipts as they become due, until `stop` is set. `bell` rings when there may be new ones."""
        await self._callbacks.pump(post, stop, bell)

    async def deliver_due(self, post: Post) -> int:
        """Post one batch of due receipts; return how many were acknowledged."""
        return await self._callbacks.deliver_due(post)

    async def next_due(self) -> datetime | None:
        """Return when the next receipt is due, or was; none if no receipt is waiting."""
        return await self._callbacks.next_due()

    async def posted(self, inbound: Inbound) -> Posted:
        """Return the post that reports what a handset wrote."""
        return await self._posts.signed(News(inbound=[inbound]))

    async def read(self, posted: Posted) -> News:
        """Return the content of a post; raises `NotTheCarrierError`, `InvalidRequestError`."""
        return await self._posts.read(posted)

    # --- handsets

    async def handset(self, number: str, business_numbers: Collection[str] | None = None) -> list[HandsetMessage]:
        """Return the messages that a handset has received, oldest first; with `business_numbers`, only from their threads."""
        return await asyncio.to_thread(self._handset, number, business_numbers)

    async def write(
        self,
        from_: str,
        to: str,
        group: Iterable[str] | None,
        body: str | None,
        media: tuple[Media, ...] = (),
        *,
        carrier_message_id: str | None = None,
    ) -> Inbound:
        """Let a handset write to the business number `to` and to the others in `group` (none: to the business alone).

        With native groups, the others' handsets receive the message (R12). Returns what the carrier reports by `posted`. With the
        `carrier_message_id` of an earlier call, it reports that again, and the handsets receive nothing more.
        """
        inbound = Inbound(
            from_=from_,
            to=to,
            group=None if group is None else tuple(sorted(set(group) - {from_, to})),
            body=body,
            media=media,
            carrier_message_id=carrier_message_id or new_id("sim"),
        )
        if self.native_group:
            await self.forward(inbound)
        return inbound

    async def forward(self, inbound: Inbound) -> None:
        """Deliver a message that a handset wrote to the others' handsets, unless they have it."""
        if inbound.group:
            await asyncio.to_thread(self._fan_out, inbound)

    # --- switches

    async def behave(
        self, number: str, behavior: Behavior | None, *, seconds: float | None = None, code: str | None = None
    ) -> None:
        """Set a number's behavior; none restores the normal one."""
        await asyncio.to_thread(self._behave, number, Switch(behavior=behavior, seconds=seconds, code=code))

    async def behavior(self, number: str) -> Switch:
        """Return a number's behavior."""
        return await asyncio.to_thread(self._behavior, number)

    # --- what blocks

    def _accept(self, outgoings: Sequence[Outgoing]) -> list[Answer]:
        now = to_micros(self._clock())
        terms = SimulatedCarrier(native_group=self.native_group, max_recipients=self.limits.recipients)
        with self._storage.write(durable=False) as connection:
            switches = _switches(connection, {number for each in outgoings for number in (each.from_, *each.to)})
            exchanges = [exchange(each, switches, terms, now) for each in outgoings]
            kept = [each.kept for each in exchanges if each.kept is not None]
            self._keep(connection, kept)
        self._remember(kept)
        return [each.answer for each in exchanges]

    def _keep(self, connection: Connection, rows: list[Row]) -> None:
        if not rows:
            return
        connection.execute(_KEEP, rows)
        new = {row["handsets"] for row in rows} - self._known
        if pairs := [{"number": number, "handsets": handsets} for handsets in sorted(new) for number in handsets.split()]:
            connection.execute(_KEEP_HANDSETS, pairs)

    def _remember(self, rows: list[Row]) -> None:
        """Remember which sets of handsets are stored, for as many groups as write at the same time."""
        if len(self._known) > _KNOWN_AT_MOST:
            self._known = set()
        self._known |= {row["handsets"] for row in rows}

    def _find(self, message_id: str) -> Results | None:
        of_message = (_T.message_id == message_id) & _T.results.is_not(None)
        query = select(_T.business_number, _T.results).where(of_message).order_by(_T.id.desc()).limit(1)
        with self._storage.read() as connection:
            sent = connection.execute(query).one_or_none()
            if sent is None:
                return None
            switch = _switches(connection, {sent.business_number}).get(sent.business_number, NORMAL)
        if switch.behavior == "unknowable":
            reason = f"{sent.business_number} is set to be unknowable"
            raise CarrierUnclearError(reason)
        return json.decode(sent.results, type=Results)

    def _handset(self, number: str, business_numbers: Collection[str] | None) -> list[HandsetMessage]:
        query = select(MESSAGES).join(HANDSETS, HANDSETS.c.handsets == _T.handsets).where(HANDSETS.c.number == number)
        if business_numbers is not None:
            query = query.where(_T.business_number.in_(business_numbers))
        with self._storage.read() as connection:
            rows = connection.execute(query.order_by(_T.id)).all()
        return [
            HandsetMessage(
                from_=row.author,
                group=tuple(each for each in json.decode(row.members, type=list[str]) if each != number),
                body=row.body,
                media=json.decode(row.media, type=tuple[Media, ...]),
                at=from_micros(row.at),
            )
            for row in rows
        ]

    def _fan_out(self, inbound: Inbound) -> None:
        query = select(_T.id).where(_T.message_id == inbound.carrier_message_id).limit(1)
        with self._storage.write(durable=False) as connection:
            _hold(connection, inbound.carrier_message_id)
            if connection.execute(query).one_or_none() is None:
                self._keep(connection, [fanned_out(inbound, to_micros(self._clock()))])

    def _behave(self, number: str, switch: Switch) -> None:
        with self._storage.write(durable=False) as connection:
            connection.execute(delete(BEHAVIORS).where(BEHAVIORS.c.number == number))
            if switch.behavior is not None:
                row = {"behavior": switch.behavior, "seconds": switch.seconds, "code": switch.code}
                connection.execute(insert(BEHAVIORS).values(number=number, **row))

    def _behavior(self, number: str) -> Switch:
        with self._storage.read() as connection:
            return _switches(connection, {number}).get(number, NORMAL)


def _switches(connection: Connection, numbers: Iterable[str]) -> dict[str, Switch]:
    rows = connection.execute(_SWITCHES, {"numbers": list(numbers)}).all()
    return {row.number: Switch(behavior=row.behavior, seconds=row.seconds, code=row.code) for row in rows}


def _hold(connection: Connection, message_id: str) -> None:
    """Lock a message against fan-out by other tasks until the transaction ends; on SQLite, no other task can write."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(message_id, 0))))
