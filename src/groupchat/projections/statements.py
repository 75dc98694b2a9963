"""Statements: the charges of a month, as exact sums of the ledger's entries (R26).

A month begins with its first second in UTC. An entry belongs to the month of its event's time, a credit to that of its own event,
and a carrier's cost to that of its report.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeVar

from msgspec import Struct, field
from sqlalchemy import Connection, Table, select

from groupchat.projections.assigned import seen_by
from groupchat.projections.carrier_costs import CARRIER_COST_SUMS, decode_cost_sum
from groupchat.projections.inbox import INBOX
from groupchat.projections.ledger import LEDGER_SUMS, decode_sum
from groupchat.values.clock import month_of
from groupchat.values.event import Moment
from groupchat.values.money import exact_sum

S = TypeVar("S")


class Figures(NamedTuple):
    """Our segments and their amount, and the recipients whose cost the carrier reported, with their cost."""

    segments: int = 0
    amount: Decimal = Decimal(0)
    costs_reported: int = 0
    carrier_cost: Decimal = Decimal(0)

    def plus(self, other: "Figures") -> "Figures":
        """Add two, exactly."""
        return Figures(
            self.segments + other.segments,
            exact_sum(self.amount, other.amount),
            self.costs_reported + other.costs_reported,
            exact_sum(self.carrier_cost, other.carrier_cost),
        )


Sums = Mapping[tuple[str, str, str], Figures]
"""By business number, conversation and currency."""


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
    sums: dict[tuple[str, str, str], Figures] = {}
    for number, ours in _of_month(connection, LEDGER_SUMS, decode_sum, workspace_id, month_of(start), sees_only):
        sums[number, ours.conversation_id, ours.currency] = Figures(ours.segments, ours.amount)
    for number, theirs in _of_month(connection, CARRIER_COST_SUMS, decode_cost_sum, workspace_id, month_of(start), sees_only):
        key, figures = (number, theirs.conversation_id, theirs.currency), Figures(0, Decimal(0), theirs.reported, theirs.amount)
        sums[key] = sums.get(key, Figures()).plus(figures)
    return _statement(start, end, sums)


def _of_month(
    connection: Connection, table: Table, decode: Callable[[str], S], workspace_id: str, month: str, sees_only: str | None
) -> Iterable[tuple[str, S]]:
    """Return a month's sums of a table, each with its business number."""
    query = (
        select(table.c.state, INBOX.c.business_number)
        .join(INBOX, INBOX.c.conversation_id == table.c.conversation_id)
        .where(table.c.workspace_id == workspace_id, table.c.month == month)
    )
    if sees_only is not None:
        query = query.where(seen_by(sees_only, table.c.conversation_id))
    return ((number, decode(state)) for state, number in connection.execute(query))


def _statement(start: datetime, end: datetime, sums: Sums) -> Statement:
    by_number: dict[str, dict[tuple[str, str, str], Figures]] = {}
    for key, of_key in sorted(sums.items()):
        by_number.setdefault(key[0], {})[key] = of_key
    return Statement(
        month=start.date().isoformat()[:7],
        from_=start,
        to=end,
        totals=_totals(sums),
        numbers=tuple(OfNumber(business_number=number, totals=_totals(of_number)) for number, of_number in by_number.items()),
        conversations=tuple(
            Sum(
                business_number=number,
                conversation_id=conversation_id,
                currency=currency,
                segments=figures.segments,
                amount=f"{figures.amount:f}",
                costs_reported=figures.costs_reported,
                carrier_cost=f"{figures.carrier_cost:f}",
            )
            for (number, conversation_id, currency), figures in sorted(sums.items())
        ),
    )


def _totals(sums: Sums) -> tuple[Total, ...]:
    totals: dict[str, Figures] = {}
    for (_, _, currency), figures in sums.items():
        totals[currency] = totals.get(currency, Figures()).plus(figures)
    return tuple(
        Total(currency, each.segments, f"{each.amount:f}", each.costs_reported, f"{each.carrier_cost:f}")
        for currency, each in sorted(totals.items())
    )
