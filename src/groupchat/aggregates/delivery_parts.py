"""The parts of a message that its carrier takes one by one, and the status of the whole (R28).

Over Twilio, each file of a message to a group is a message of its own. So the parts are the text, if there is one, then each file.
They go in this order, and each only after the one before it was taken: if a part is refused, or nobody knows what became of it, the
rest is withheld. What arrived is therefore always the beginning of the message, and nobody gets a part twice.
"""

from collections.abc import Collection
from typing import Literal

ReceiptStatus = Literal["unconfirmed", "sent", "delivered", "failed"]
PartStatus = Literal["unconfirmed", "sent", "delivered", "failed", "withheld"]
MessageStatus = Literal["unconfirmed", "sent", "partial", "delivered", "failed"]
Status = Literal["queued", "unconfirmed", "sent", "partial", "delivered", "failed", "withheld"]

_RANK: dict[Status, int] = {"queued": 0, "unconfirmed": 1, "sent": 2, "partial": 3, "delivered": 4, "failed": 4, "withheld": 5}


def is_forward(known: Status | None, new: Status) -> bool:
    """Return whether a status follows another one; none is the status of a stranger, which nothing follows."""
    return known is not None and _RANK[new] > _RANK[known]


def is_taken(statuses: Collection[Status]) -> bool:
    """Return whether the carrier took a part for anyone."""
    return any(status in ("sent", "delivered") for status in statuses)


def joined(parts: Collection[Status]) -> MessageStatus | None:
    """Return the status of a whole message for a recipient, from those of its parts; none while one of them waits.

    It moves forward if they do. If nobody knows about a part, nobody knows about the message.
    """
    if "queued" in parts:
        return None
    if "unconfirmed" in parts:
        return "unconfirmed"
    if "failed" not in parts and "withheld" not in parts:
        return "sent" if "sent" in parts else "delivered"
    return "partial" if is_taken(parts) else "failed"
