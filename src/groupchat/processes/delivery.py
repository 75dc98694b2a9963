"""Delivery: each sent message is handed to the carrier once, and the results come back as events.

A call to a carrier can't be undone and must not be made twice. So `groupchat.delivery.started` is stored first, then the call is
made, then its outcome is stored. If a process dies in between, the next one finds a started delivery without an outcome. It asks
the carrier, and hands the message over again only if the carrier says that it never received it. If the carrier doesn't know, the
status is `unconfirmed`.

A process that seems dead may only be slow, or disconnected. So only the holder of the lease stores `started` (`store/fences.py`),
the call's time limit begins then, and another process asks the carrier only after twice that time, when the call can't arrive any
more.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from math import inf
from typing import Any, Literal, TypeVar

import structlog

from groupchat.aggregates import group_conversation
from groupchat.aggregates.delivery import stream
from groupchat.aggregates.delivery_state import Delivery
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, MessageSent
from groupchat.carriers.port import (
    Carrier,
    CarrierRefusedError,
    CarrierUnclearError,
    Forwarding,
    Inbound,
    Outgoing,
    Receipt,
    RecipientResult,
    known,
)
from groupchat.commands import deliveries
from groupchat.commands.deliveries import Begun
from groupchat.commands.inbound import report_id
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.streams import CONVERSATION
from groupchat.media.library import Library
from groupchat.processes.carrier_counts import CarrierCounts
from groupchat.processes.outgoing import OutgoingMessages
from groupchat.processes.process import PutOffError
from groupchat.store.event_store import EventStore
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.store.together import Together
from groupchat.values.event import Recorded

CARRIER_SECONDS = 30.0
"""The time that a carrier has to respond to a call."""

REFUSALS_IN_A_ROW = 5
"""The number of refused calls after which the pauses grow, because each call is two more events."""

LONGEST_PAUSE_SECONDS = 60.0

LOOK_SECONDS = 2.0
"""The pause before another look at what may change at any moment, such as the outcome of another process's call."""

_DOUBLINGS = 6
"""After as many, a pause of a second is longer than the longest. Without a limit, the power would overflow."""

T = TypeVar("T")

log = structlog.get_logger()


class DeliveryProcess:
    """The reaction."""

    name = deliveries.PROCESS

    def __init__(
        self,
        store: EventStore,
        carrier: Carrier,
        *others: Carrier,
        patience: float = CARRIER_SECONDS,
        calls: CarrierCounts | None = None,
        forwarding: Forwarding | None = None,
        library: Library | None = None,
    ) -> None:
        """Hand messages over to `carrier`, and to `others` those of business numbers that name them (R43).

        `forwarding` is the carrier that gets what participants wrote through it, to pass it on. `library` has the addresses from
        which carriers fetch uploaded files (R46).
        """
        self._store = store
        self._carriers = {each.name: each for each in (carrier, *others)}
        self._known = known(carrier, *others)
        self._forwarding = forwarding
        self._outgoing = OutgoingMessages(store, library)
        self._patience = patience
        self._calls = calls or CarrierCounts()
        self._begin = Together(self._begin_all)
        self._record = Together(self._record_all)
        self._over: dict[str, int] = {}
        """The calls of this process that certainly ended without an outcome, by message. The carrier can be asked about them."""

    def key(self, recorded: Recorded) -> str | None:
        """Return the conversation of a message to hand over: a sent message, or one to relay or forward (R12).

        An answer to one person waits for no other message of the conversation (R41).
        """
        match recorded.event:
            case AutoReplied() as answer:
                return stream(answer.message_id)
            case MessageSent():
                return recorded.stream
            case InboundReceived() if self._known.relaying or self._forwarding is not None:
                return recorded.stream
            case _:
                return None

    async def react(self, recorded: Recorded, terms: Terms = NO_TERMS) -> None:
        """Hand a message over, unless it is withheld or was already handed over."""
        if isinstance(recorded.event, InboundReceived):
            await self._forward(recorded, recorded.event)
            if not self._known.relaying:
                return
        while (begun := await self._begin.ask((recorded, terms))) is not None:  # none: its carrier forwards what participants write
            delivery = begun.delivery
            if delivery.waiting:
                if delivery.carrier in self._carriers:
                    results = await self._results(begun, recorded, terms)
                else:  # the settings have changed since, and the carrier that may have the message can't be asked any more
                    results = self._unconfirmed(delivery, f"it was handed over to {delivery.carrier}")
                await self._record.ask(Reported(delivery.carrier, _receipts(delivery, results)))
            if not (delivery.waiting and delivery.left):  # otherwise, it is the next part's turn
                break
        self._over.pop(deliveries.message_of(recorded).message_id, None)

    async def _forward(self, recorded: Recorded, written: InboundReceived) -> None:
        """Let the carrier that a participant's message came through pass it on, if it does that only when called."""
        carrier = self._forwarding
        if carrier is None or recorded.cause.causation_id != report_id(carrier.name, written.carrier_message_id):
            return
        group = group_conversation.existing(await self._store.load(CONVERSATION, recorded.stream))
        inbound = Inbound(
            from_=written.number,
            to=group.business_number,
            group=tuple(number for number in group.numbers if number != written.number),
            body=written.body,
            media=written.media,
            carrier_message_id=written.carrier_message_id,
        )
        await carrier.forward(inbound)

    async def _begin_all(self, asked: Sequence[tuple[Recorded, Terms]]) -> Sequence[Begun | None]:
        """Begin the hand-overs that come at the same time."""
        messages, (first, terms) = [recorded for recorded, _ in asked], asked[0]
        run = self._store.run_under(terms, first.causes(self.name), deliveries.begin_all, self._known, messages)
        return (await run).value

    async def _record_all(self, reported: Sequence[Reported]) -> Sequence[None]:
        """Record what carriers have responded to several calls."""
        await record_all(self._store, reported)
        return [None] * len(reported)

    async def _results(self, begun: Begun, recorded: Recorded, terms: Terms) -> Sequence[RecipientResult]:
        delivery = begun.delivery
        try:
            if begun.now:
                return await self._send(delivery, recorded, await self._whole(delivery, recorded))
            if not delivery.unanswered:
                return await self._ask(delivery, recorded)
            return await self._ask_and_send(delivery, recorded, terms)
        except CarrierRefusedError as refused:
            if refused.retry_after is not None:
                raise PutOffError(str(refused), refused.retry_after) from refused
            return [RecipientResult(recipient=number, status="failed", code=refused.code) for number in delivery.statuses]
        except CarrierUnclearError as unclear:
            if unclear.retry_after is not None:  # `find` asks later, when the carrier may know
                raise PutOffError(str(unclear), unclear.retry_after) from unclear
            return self._unconfirmed(delivery, str(unclear))

    async def _ask_and_send(self, delivery: Delivery, recorded: Recorded, terms: Terms) -> Sequence[RecipientResult]:
        """Ask the carrier about a call that was started before; hand the message over again if the carrier never received it."""
        earlier = await self._find(delivery, recorded)
        if isinstance(earlier, tuple):
            return earlier
        outgoing = await self._whole(delivery, recorded)  # before another call is recorded, which the media store may delay
        cause, renew = recorded.causes(self.name), self._left(delivery) < self._patience / 2
        go_on = partial(deliveries.go_on, renew=renew, may_have_arrived=earlier == "repeat")
        again = (await self._store.run_under(terms, cause, go_on, recorded, delivery.call)).value
        if again.too_late:
            return self._unconfirmed(delivery, "the message must not be sent any more, so the call can't be repeated")
        if again.delivery.unanswered and not again.now:
            self._require_over(again.delivery)  # another process has started another call
        return await self._send(again.delivery, recorded, outgoing) if again.now else ()

    async def _ask(self, delivery: Delivery, recorded: Recorded) -> Sequence[RecipientResult]:
        """Ask the carrier about a call that it took, as the receipts for some recipients show.

        The message is not handed over again, except to a carrier that knows that it is the same one.
        """
        earlier = await self._find(delivery, recorded)
        if isinstance(earlier, tuple):
            return earlier
        if earlier == "repeat":
            carrier, outgoing = self._carriers[delivery.carrier], await self._outgoing.of(delivery, recorded)
            return await self._in_time(carrier.name, lambda: carrier.send(outgoing), self._patience)
        return self._unconfirmed(delivery, "the carrier took it, but the answer was lost, and not everyone has a receipt")

    async def _find(self, delivery: Delivery, recorded: Recorded) -> Sequence[RecipientResult] | Literal["repeat"] | None:
        """Ask the carrier, unless it refused the last call: then it doesn't have the message.

        Raises `PutOffError` while the call may still arrive.
        """
        if delivery.refused:
            return None
        if self._over.get(delivery.message_id) != delivery.call:
            self._require_over(delivery)
        carrier, outgoing = self._carriers[delivery.carrier], await self._outgoing.of(delivery, recorded)
        return await self._in_time(carrier.name, lambda: carrier.find(outgoing), self._patience)

    async def _whole(self, delivery: Delivery, recorded: Recorded) -> Outgoing:
        """Return the message with the content of its file if its carrier wants that. Raises `PutOffError` without the file."""
        limits = self._carriers[delivery.carrier].limits
        return await self._outgoing.with_content(await self._outgoing.of(delivery, recorded), limits)

    async def _send(self, delivery: Delivery, recorded: Recorded, outgoing: Outgoing) -> Sequence[RecipientResult]:
        """Make the call. Its time limit began when its start was stored, so delays of this process count too."""
        carrier = self._carriers[delivery.carrier]
        seconds = min(self._left(delivery), self._until_too_late(recorded))
        try:
            return await self._in_time(carrier.name, lambda: carrier.send(outgoing), seconds)
        except _OutOfTimeError:
            raise
        except Exception as error:
            self._over[delivery.message_id] = delivery.call
            if isinstance(error, CarrierRefusedError):
                _log_refusal(delivery, error)
            if isinstance(error, CarrierRefusedError) and error.retry_after is not None:
                cause, reason = recorded.causes(self.name), str(error)
                times = (await self._store.run(cause, deliveries.refused, delivery.message_id, delivery.call, reason)).value
                raise PutOffError(reason, max(error.retry_after, pause_after_refusals(times))) from error
            raise

    def _unconfirmed(self, delivery: Delivery, reason: str) -> Sequence[RecipientResult]:
        log.warning("delivery_unconfirmed", message_id=delivery.message_id, reason=reason)
        self._calls.unconfirmed(delivery.carrier)
        return [RecipientResult(recipient=number, status="unconfirmed") for number in delivery.statuses]

    async def _in_time(self, carrier: str, call: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T:
        """Call the carrier with a time limit in seconds; raises `_OutOfTimeError`, without calling if no time is left."""
        if seconds > 0:
            with suppress(TimeoutError), self._calls.counted(carrier):
                async with asyncio.timeout(seconds):
                    return await call()
        msg = f"it did not respond within {self._patience:g} seconds"
        raise _OutOfTimeError(msg, retry_after=self._patience)

    def _left(self, delivery: Delivery) -> float:
        """Return the seconds that remain for the last call to the carrier."""
        return self._patience - self._since(delivery)

    def _until_too_late(self, recorded: Recorded) -> float:
        """Return the seconds during which a message may still be sent (R41)."""
        if not isinstance(recorded.event, AutoReplied):
            return inf
        return (recorded.event.send_by - self._store.now()).total_seconds()

    def _require_over(self, delivery: Delivery) -> None:
        """Raise `PutOffError` while a call may still arrive, of another process or one without a response."""
        early = 2 * self._patience - self._since(delivery)
        if early > 0:
            msg = "an earlier call to the carrier may still be running"
            raise PutOffError(msg, min(early, LOOK_SECONDS))  # its outcome may be stored at any moment

    def _since(self, delivery: Delivery) -> float:
        now = self._store.now()
        return (now - (delivery.called_at or now)).total_seconds()


class _OutOfTimeError(CarrierUnclearError):
    """The carrier did not respond in time. The call may still arrive until the same time has passed again."""


def _receipts(delivery: Delivery, results: Sequence[RecipientResult]) -> list[Receipt]:
    return [
        Receipt(
            message_id=delivery.message_id,
            recipient=result.recipient,
            status=result.status,
            code=result.code,
            opted_out=result.opted_out,
            part=delivery.part,
        )
        for result in results
    ]


def _log_refusal(delivery: Delivery, refused: CarrierRefusedError) -> None:
    """Log what the carrier said: only this distinguishes a wrong password from a wrong number."""
    said = {"message_id": delivery.message_id, "carrier": delivery.carrier, "code": refused.code, "reason": refused.detail}
    if refused.retry_after is None:
        log.warning("carrier_refused", **said)
    else:
        log.info("carrier_refused_for_now", **said, seconds=refused.retry_after)


def pause_after_refusals(refusals: int) -> float:
    """Return the shortest time in seconds until the next call, after this many that the carrier refused."""
    if refusals <= REFUSALS_IN_A_ROW:
        return 0.0
    return min(2.0 ** min(refusals - REFUSALS_IN_A_ROW, _DOUBLINGS), LONGEST_PAUSE_SECONDS)
