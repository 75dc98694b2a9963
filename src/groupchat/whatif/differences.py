"""Differences under another policy: each event with another outcome, and sums per conversation and in total."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from groupchat.projections.ledger import EventCharge
from groupchat.values.money import exact_product, exact_sum

Kind = Literal["group", "blocking", "message", "withheld"]
Outcome = Literal["created", "refused", "open", "blocked", "sent", "not_sent", "withheld", "handed_over"]


class Charge(Struct, frozen=True):
    """The total that an event adds to the ledger, to how many recipients; negative for a credit."""

    recipients: int
    amount: Decimal
    currency: str


class Side(Struct, frozen=True, kw_only=True):
    """An event's outcome, real or hypothetical."""

    outcome: Outcome
    charge: Charge | None = None


class Difference(Struct, frozen=True, kw_only=True):
    """An event (`<stream>/<version>`) with another outcome, and the reason."""

    event: str
    at: datetime
    workspace_id: str
    conversation_id: str
    kind: Kind
    was: Side
    would_be: Side
    why: str


class Amounts(Struct, frozen=True, kw_only=True):
    """Exact sums in one currency."""

    currency: str
    was: Decimal
    would_be: Decimal


class Counts(Struct, frozen=True, kw_only=True):
    """The real and the hypothetical number."""

    was: int
    would_be: int


class ConversationAmounts(Struct, frozen=True, kw_only=True):
    """A conversation with another cost."""

    conversation_id: str
    amounts: tuple[Amounts, ...]


class Summary(Struct, frozen=True, kw_only=True):
    """The totals of all differences (`count` of them). `conversations` are those whose amounts would differ."""

    count: int
    groups: Counts
    messages: Counts
    amounts: tuple[Amounts, ...]
    conversations: tuple[ConversationAmounts, ...]


def charge_of(line: EventCharge | None) -> Charge | None:
    """Return the charge of a line of the ledger (R24, R25)."""
    if line is None:
        return None
    count = len(line.recipients)
    return Charge(count, exact_product(count, Decimal(line.amount)), line.currency)


class Sums:
    """Sums of charges per currency, real and hypothetical."""

    def __init__(self) -> None:
        self._sums: dict[str, Amounts] = {}

    def add(self, was: Charge | None, would_be: Charge | None) -> None:
        """Count an event's real and hypothetical charge."""
        if was is not None:
            self._add(was.currency, was.amount, Decimal(0))
        if would_be is not None:
            self._add(would_be.currency, Decimal(0), would_be.amount)

    def _add(self, currency: str, was: Decimal, would_be: Decimal) -> None:
        now = self._sums.get(currency) or Amounts(currency=currency, was=Decimal(0), would_be=Decimal(0))
        both = exact_sum(now.was, was), exact_sum(now.would_be, would_be)
        self._sums[currency] = Amounts(currency=currency, was=both[0], would_be=both[1])

    @property
    def amounts(self) -> tuple[Amounts, ...]:
        """The sums, by currency."""
        return tuple(self._sums[currency] for currency in sorted(self._sums))

    @property
    def differ(self) -> bool:
        """Whether any sum differs."""
        return any(each.was != each.would_be for each in self._sums.values())
