"""Rate card: the price of a segment, by date (R25). It is part of the workspace's stream and state (`workspace_state.py`)."""

from datetime import date

from msgspec import Struct

from groupchat.aggregates.workspace_events import RatePosted
from groupchat.values.currencies import CURRENCIES
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event
from groupchat.values.money import Rate


class PostRate(Struct, frozen=True, kw_only=True):
    """Add a line to the rate card (R25)."""

    effective_from: date
    rate: Rate


def post_rate(command: PostRate) -> list[Event]:
    """Return the event of a new line; raises `InvalidRequestError` for a currency that does not exist."""
    if command.rate.currency not in CURRENCIES:
        raise InvalidRequestError("currency", f"Unknown currency {command.rate.currency}. Use an ISO 4217 code, such as USD.")
    return [RatePosted(effective_from=command.effective_from, rate=command.rate)]
