"""Statements: the charges of a month, as exact sums of the ledger's entries (R26).

A month begins with its first second in UTC. An entry belongs to the month of its event's time, a credit to that of its own event,
and a carrier's cost to that of its report.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter

from msgspec import Struct, field
from sqlalchemy import Connection, select

from groupchat.projections.assigned import seen_by
from groupchat.projections.inbox import INBOX
from groupchat.projections.ledger import LEDGER_SUMS, MonthSum, decode_sum
from groupchat.values.clock import month_of
from groupchat.values.event import Moment

Sums = Sequence[tuple[str, MonthSum]]
"""Each with its business number."""


class Sum(Struct, frozen=True, kw_only=True):
    """The charges of a conversation in a month, in one currency.

    `carrier_cost` is what the carrier charges in that currency, as it reported in this month for `costs_reported` recipients of
    messages.
    """

    business_number: str
    conversation_id: str
    currency: str
    segments: int
    amount: str
    costs_reported: int
    carrier_cost: str


class Total(Struct, frozen=True):
    """The charges of one business number, or of all of them, in one currency, and what the carrier charges as in `Sum`."""

    currency: str
    segments: int
    amount: str
    costs_reported: int
    carrier_cost: str


class OfNumber(Struct, frozen=True, kw_only=True):
    """A business number's part of a statement."""

    business_number: str
    totals: tuple[Total, ...]


class Statement(Struct, frozen=True, kw_only=True):
    """A month's statement, from `from` to before `to`, in UTC; every figure is the sum of its entries (R26)."""

    month: str
    from_: Moment = field(name="from")
    to: Moment
    totals: tuple[Total, ...]
    numbers: tuple[OfNumber, ...]
    conversations: tuple[Sum, ...]


def statement(connection: Connection, workspace_id: str, month: date, *, sees_only: str | None = None) -> Statement:
    """Return the statement of the month that begins on a date."""
    start = datetime.combine(month, time.min, UTC)
    end = datetime.combine((month + timedelta(days=31)).replace(day=1), time.min, UTC)
    table = LEDGER_SUMS.c
    query = (
        select(table.state, INBOX.c.business_number)
        .join(INBOX, INBOX.c.conversation_id == table.conversation_id)
        .where(table.workspace_id == workspace_id, table.month == month_of(start))
    )
    if sees_only is not None:
        query = query.where(seen_by(sees_only, table.conversation_id))
    sums = [(number, decode_sum(state)) for state, number in connection.execute(query)]
    return _statement(start, end, sorted(sums, key=lambda each: (each[0], each[1].conversation_id, each[1].currency)))


def _statement(start: datetime, end: datetime, sums: Sums) -> Statement:
    by_number = {number: list(of_number) for number, of_number in groupby(sums, key=itemgetter(0))}
    return Statement(
        month=start.date().isoformat()[:7],
        from_=start,
        to=end,
        totals=_totals(sums),
        numbers=tuple(OfNumber(business_number=number, totals=_totals(of_number)) for number, of_number in by_number.items()),
        conversations=tuple(
            Sum(
                business_number=number,
                conversation_id=each.conversation_id,
                currency=each.currency,
                segments=each.segments,
                amount=f"{each.amount:f}",
                costs_reported=each.costs_reported,
                carrier_cost=f"{each.carrier_cost:f}",
            )
            for number, each in sums
        ),
    )


def _totals(sums: Sums) -> tuple[Total, ...]:
    totals: dict[str, MonthSum] = {}
    for _, each in sums:
        totals[each.currency] = totals[each.currency].plus(each) if each.currency in totals else each
    return tuple(
        Total(currency, each.segments, f"{each.amount:f}", each.costs_reported, f"{each.carrier_cost:f}")
        for currency, each in sorted(totals.items())
    )
