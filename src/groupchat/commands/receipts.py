"""Receipts: a carrier's reports on messages that it was handed, in its response or later (R28), perhaps an opt-out (R14)."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import structlog
from msgspec import Struct

from groupchat.aggregates import consent, delivery
from groupchat.aggregates.delivery_events import PartOutcome, PartsUpdated, RecipientCost, RecipientOutcome, Updated
from groupchat.aggregates.delivery_state import Delivery
from groupchat.carriers.port import Receipt
from groupchat.commands.consents import opt_out
from groupchat.commands.streams import DELIVERY
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.values.event import Actor, Cause, Event
from groupchat.values.ids import new_id

log = structlog.get_logger()


class Reported(Struct, frozen=True):
    """Receipts that a carrier reported at once, and the id of the request that brought them, if there was one."""

    carrier: str
    receipts: Sequence[Receipt]
    correlation_id: str | None = None


async def record_all(store: EventStore, reported: Sequence[Reported]) -> None:
    """Record carriers' receipts, in one append.

    A message with an opt-out that the carrier reports is an append of its own, with that opt-out (R14).

    A receipt of a message that was never handed to this carrier is logged and adds nothing. A receipt that is not new, or that
    names another number than a recipient, opts nobody out.
    """
    reports = await _reports(store, reported)
    alone = [[each] for each in reports if each.opts_out]  # it reads and writes more streams
    together = [each for each in reports if not each.opts_out]
    await asyncio.gather(*(store.run(batch[0].cause, _take_reports, batch) for batch in (*alone, together) if batch))


class _Report(Struct, frozen=True):
    """A carrier's report on one message."""

    delivery: Delivery
    receipts: Sequence[Receipt]
    correlation_id: str

    @property
    def opts_out(self) -> bool:
        return any(receipt.opted_out for receipt in self.receipts)

    @property
    def cause(self) -> Cause:
        return Cause(
            workspace_id=self.delivery.workspace_id,
            actor=Actor("carrier", self.delivery.carrier),
            correlation_id=self.correlation_id,
            causation_id=f"{delivery.stream(self.delivery.message_id)}/1",
        )


async def _reports(store: EventStore, reported: Sequence[Reported]) -> list[_Report]:
    """Return what was reported on each message that was handed to the carrier that reports on it."""
    deliveries = await _deliveries(store, {receipt.message_id for each in reported for receipt in each.receipts})
    reports = []
    for each in reported:
        for id_, receipts in _by_message(each.receipts):
            known = deliveries[id_]
            if known is None or known.carrier != each.carrier:
                log.warning("receipt_of_unknown_message", carrier=each.carrier, message_id=id_)
            else:
                reports.append(_Report(known, receipts, each.correlation_id or new_id("req")))
    return reports


def _by_message(receipts: Sequence[Receipt]) -> Iterator[tuple[str, Sequence[Receipt]]]:
    ordered = sorted(receipts, key=attrgetter("message_id"))
    return ((id_, tuple(of_message)) for id_, of_message in groupby(ordered, key=attrgetter("message_id")))


async def _deliveries(store: EventStore, message_ids: Iterable[str]) -> dict[str, Delivery | None]:
    found = {id_: store.remembered(DELIVERY, delivery.stream(id_)) for id_ in message_ids}
    missing = [id_ for id_, known in found.items() if known is None]
    return found | dict(zip(missing, await asyncio.gather(*(_read(store, delivery.stream(id_)) for id_ in missing)), strict=True))


async def _read(store: EventStore, stream: str) -> Delivery | None:
    return await store.load(DELIVERY, stream) or await store.load_fresh(DELIVERY, stream)


async def _take_reports(decision: Decision, reports: Sequence[_Report]) -> None:
    for report in reports:
        decision.cause = report.cause
        await _take_receipts(decision, report.delivery.business_number, report.delivery.message_id, report.receipts)


async def _take_receipts(decision: Decision, business_number: str, message_id: str, receipts: Sequence[Receipt]) -> None:
    for part, of_part in groupby(sorted(receipts, key=attrgetter("part")), key=attrgetter("part")):
        await _take_part(decision, business_number, message_id, part, tuple(of_part))
    await _take_costs(decision, message_id, receipts)


async def _take_part(decision: Decision, business_number: str, message_id: str, part: int, receipts: Sequence[Receipt]) -> None:
    outcomes = tuple(RecipientOutcome(recipient=each.recipient, status=each.status, code=each.code) for each in receipts)
    command = delivery.RecordOutcomes(outcomes=outcomes, part=part)
    events = await decision.take(DELIVERY, delivery.stream(message_id), command)
    new = {(each.recipient, each.status, each.code) for event in events for each in _outcomes(event)}
    for receipt in receipts:
        if receipt.opted_out and (receipt.recipient, receipt.status, receipt.code) in new:
            opting = consent.OptOut(business_number=business_number, number=receipt.recipient, cause="carrier", evidence=message_id)
            await opt_out(decision, opting)


def _outcomes(event: Event) -> Sequence[RecipientOutcome | PartOutcome]:
    """Return what an event says about a message, or about parts of it."""
    return event.outcomes if isinstance(event, Updated | PartsUpdated) else ()


async def _take_costs(decision: Decision, message_id: str, receipts: Sequence[Receipt]) -> None:
    costs: dict[str, list[RecipientCost]] = {}
    for receipt in receipts:
        if receipt.cost is not None:
            cost = RecipientCost(recipient=receipt.recipient, amount=receipt.cost.amount)
            costs.setdefault(receipt.cost.currency, []).append(cost)
    for currency, reported in costs.items():
        command = delivery.RecordCosts(currency=currency, costs=tuple(reported))
        await decision.take(DELIVERY, delivery.stream(message_id), command)
