"""The meanings of Telnyx's words and codes, in its responses, webhooks and records."""

import re
from typing import Any, Literal

from groupchat.aggregates.delivery_parts import ReceiptStatus
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
    """Return the status of one recipient for a word; `unconfirmed` for an unknown word.

    Telnyx says `unknown` for everyone outside its own network, which is not a failure.
    """
    return _STATUSES.get(word, "unconfirmed")


def is_opt_out(error: Any) -> bool:
    """Return whether an error says that the recipient opted out. Its code alone does not, because it has two other meanings."""
    return shapes.text(error, "code") == BLOCKED and _STOP.search(shapes.text(error, "title")) is not None


def error_of(errors: list[Any], index: int) -> Any:
    """Return the error about the recipient with an index in `to`: one that points there, else one that points nowhere."""
    for error in errors:
        if recipient_of(error) == index:
            return error
    return next((error for error in errors if recipient_of(error) == "all"), None)


def recipient_of(error: Any) -> int | Literal["all"]:
    """Return the index in `to` that an error points at; `all` if it points at none."""
    pointed = _OF_RECIPIENT.match(shapes.text(error, "source", "pointer"))
    return "all" if pointed is None else int(pointed[1])
