"""What Telnyx's words and codes mean, in its answers, webhooks and records."""

import re
from typing import Any, Literal

from groupchat.aggregates.delivery import ReceiptStatus
from groupchat.carriers import shapes

_STATUSES: dict[str, ReceiptStatus] = {
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "sending_failed": "failed",
    "delivery_failed": "failed",
    "expired": "failed",
    "failed": "failed",
    "gw_reject": "failed",
}
BLOCKED = "40300"
_STOP = re.compile(r"\bstop\b", re.IGNORECASE)
_OF_RECIPIENT = re.compile(r"/to/([0-9]+)")


def status_of(word: str) -> ReceiptStatus:
    """Return what a word says of one recipient; `unconfirmed` for a word that is not known.

    Telnyx says `unknown` of everybody outside its own network, which is no failure.
    """
    return _STATUSES.get(word, "unconfirmed")


def is_opt_out(error: Any) -> bool:
    """Tell whether an error says that the recipient opted out; its code alone doesn't, because it has two more meanings."""
    return shapes.text(error, "code") == BLOCKED and _STOP.search(shapes.text(error, "title")) is not None


def error_of(errors: list[Any], index: int) -> Any:
    """Return the error that is about the recipient with an index in `to`: one that points there, else one that points nowhere."""
    for error in errors:
        if recipient_of(error) == index:
            return error
    return next((error for error in errors if recipient_of(error) == "all"), None)


def recipient_of(error: Any) -> int | Literal["all"]:
    """Return the index in `to` that an error points at; `all` if it points at none."""
    pointed = _OF_RECIPIENT.match(shapes.text(error, "source", "pointer"))
    return "all" if pointed is None else int(pointed[1])
