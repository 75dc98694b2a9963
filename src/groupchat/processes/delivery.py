"""Delivery: each sent message is handed to the carrier once, and what becomes of it comes back as events.

A call to a carrier can't be undone and must not be made twice. So `groupchat.delivery.started` is stored first, then the call is
made, then its outcome is stored. When a process dies in between, the next one finds a delivery that was started and has no outcome:
it asks the carrier, and hands over again only if the carrier says that it never got it; if the carrier can't tell, the status is
`unconfirmed`.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import structlog

from groupchat.aggregates.delivery import Delivery
from groupchat.aggregates.group_events import InboundReceived, MessageSent
from groupchat.carriers.port import Carrier, CarrierRefusedError, CarrierUnclearError, Outgoing, Receipt, RecipientResult
from groupchat.commands import deliveries, inbound
from groupchat.processes.process import PutOffError
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded
from groupchat.values.names import in_one_line

CARRIER_SECONDS = 30.0
"""How long a carrier may take to answer a call."""

T = TypeVar("T")

log = structlog.get_logger()


class DeliveryProcess:
    """The reaction."""

    name = deliveries.PROCESS

    def __init__(self, store: EventStore, carrier: Carrier, *, patience: float = CARRIER_SECONDS) -> None:
        self._store = store
        self._carrier = carrier
        self._patience = patience

    def key(self, recorded: Recorded) -> str | None:
        """Return the conversation of a message to hand over: each sent one, and what is to be relayed (R12)."""
        match recorded.event:
            case MessageSent():
                return recorded.stream
            case InboundReceived() if not self._carrier.native_group:
                return recorded.stream
            case _:
                return None

    async def react(self, recorded: Recorded) -> None:
        """Hand a message over, unless it is withheld or was handed over before."""
        cause = deliveries.caused_by(recorded)
        begun = (await self._store.run(cause, deliveries.begin, self._carrier.name, recorded)).value
        delivery = begun.delivery
        if not delivery.unanswered:
            return
        if delivery.carrier == self._carrier.name:
            results = await self._hand_over(delivery, recorded, ask_first=not begun.now)
        else:  # the settings have named another since, and the one that may have it can't be asked any more
            results = _unconfirmed(delivery, f"it was handed to {delivery.carrier}")
        receipts = [
            Receipt(
                message_id=delivery.message_id,
                recipient=result.recipient,
                status=result.status,
                code=result.code,
                opted_out=result.opted_out,
            )
            for result in results
        ]
        await inbound.record_receipts(self._store, delivery.carrier, receipts)

    async def _may_go_on(self, recorded: Recorded) -> bool:
        return (await self._store.run(deliveries.caused_by(recorded), deliveries.may_go_on, recorded)).value

    async def _hand_over(self, delivery: Delivery, recorded: Recorded, *, ask_first: bool) -> Sequence[RecipientResult]:
        outgoing = _outgoing(delivery, recorded)
        try:
            if ask_first:
                earlier = await self._in_time(self._carrier.find(outgoing))
                if earlier is not None or not await self._may_go_on(recorded):
                    return earlier or ()
            return await self._in_time(self._carrier.send(outgoing))
        except CarrierRefusedError as refused:
            if refused.retry_after is not None:
                raise PutOffError(str(refused), refused.retry_after) from refused
            return [RecipientResult(recipient=number, status="failed", code=refused.code) for number in outgoing.to]
        except CarrierUnclearError as unclear:
            if unclear.retry_after is not None:  # the carrier may be able to tell later: `find` asks it
                raise PutOffError(str(unclear), unclear.retry_after) from unclear
            return _unconfirmed(delivery, str(unclear))

    async def _in_time(self, call: Coroutine[Any, Any, T]) -> T:
        """Wait for a carrier; raises `CarrierUnclearError` if it does not answer.

        It is asked only after as long again: till then the call may still arrive, and "never got it" would not be the last word.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await call
        except TimeoutError as error:
            msg = f"it did not answer within {self._patience:g} seconds"
            raise CarrierUnclearError(msg, retry_after=self._patience) from error


def _unconfirmed(delivery: Delivery, reason: str) -> Sequence[RecipientResult]:
    log.warning("delivery_unconfirmed", message_id=delivery.message_id, reason=reason)
    return [RecipientResult(recipient=number, status="unconfirmed") for number in delivery.statuses]


def _outgoing(delivery: Delivery, recorded: Recorded) -> Outgoing:
    """Return what the carrier gets; a relayed message is prefixed with its author's name (R12)."""
    event = deliveries.message_of(recorded)
    body = event.body
    if isinstance(event, InboundReceived):
        author = in_one_line(event.name)
        body = f"{author}: {event.body}" if event.body else f"{author}:"
    return Outgoing(
        message_id=delivery.message_id,
        from_=delivery.business_number,
        to=tuple(delivery.statuses),
        body=body,
        media=event.media,
    )
