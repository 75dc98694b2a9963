"""Statements: the charges of a month, as exact sums of the ledger's entries (R26).

A month begins with its first second in UTC. An entry belongs to the month of its event's time; a credit to that of its own event.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from msgspec import Struct, field
from sqlalchemy import Connection, select

from groupchat.projections.assigned import seen_by
from groupchat.projections.inbox import INBOX
from groupchat.projections.ledger import LEDGER_SUMS, decode_sum, month_of
from groupchat.values.event import Moment
from groupchat.values.money import exact_sum

Sums = Mapping[tuple[str, str, str], tuple[int, Decimal]]
"""Segments and amount by business number, conversation and currency."""


class Sum(Struct, frozen=True, kw_only=True):
    """The charges of a conversation in a month, in one currency."""

    business_number: str
    conversation_id: str
    currency: str
    segments: int
    amount: str


class Total(Struct, frozen=True):
    """The charges of one business number, or of all of them, in one currency."""

    currency: str
    segments: int
    amount: str


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
    found = ((number, decode_sum(state)) for state, number in connection.execute(query))
    sums = {(number, each.conversation_id, each.currency): (each.segments, each.amount) for number, each in found}
    return _statement(start, end, sums)


def _statement(start: datetime, end: datetime, sums: Sums) -> Statement:
    by_number: dict[str, dict[tuple[str, str, str], tuple[int, Decimal]]] = {}
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
                segments=segments,
                amount=f"{amount:f}",
            )
            for (number, conversation_id, currency), (segments, amount) in sorted(sums.items())
        ),
    )


def _totals(sums: Sums) -> tuple[Total, ...]:
    totals: dict[str, tuple[int, Decimal]] = {}
    for (_, _, currency), (segments, amount) in sums.items():
        counted, summed = totals.get(currency, (0, Decimal(0)))
        totals[currency] = (counted + segments, exact_sum(summed, amount))
    return tuple(Total(currency, segments, f"{amount:f}") for currency, (segments, amount) in sorted(totals.items()))
