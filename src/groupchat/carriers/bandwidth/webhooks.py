"""Reading Bandwidth's posts: a list of events, each a receipt for one recipient or a person's message.

`message.owner` is not the sender: in receipts of a group, it may be the recipient. In a person's message, it is our number that
this copy was sent to. If two of our numbers are in a group, each gets its own copy, with its own id.
"""

import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.aggregates.group_events import Media
from groupchat.carriers import shapes
from groupchat.carriers.bandwidth.answers import is_opt_out, status_of_failure
from groupchat.carriers.incoming import News, unreadable
from groupchat.carriers.port import Inbound, Posted, Receipt
from groupchat.values.errors import InvalidRequestError

_STATUSES: dict[str, ReceiptStatus] = {"message-sending": "sent", "message-sent": "sent", "message-delivered": "delivered"}
_FAILED = "message-failed"
_RECEIVED = "message-received"
_LAYOUT = frozenset({".smil", ".xml"})
"""Parts of a picture message that only describe its layout."""


def news(posted: Posted, *, confirms_delivery: bool) -> News:
    """Return the content of a request; raises `InvalidRequestError` if it is not JSON."""
    try:
        events = shapes.items(json.loads(posted.body))
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("body", "The body is not JSON.") from error
    receipts, inbound, unknown = [], [], []
    for event in events:
        receipt, written = _receipt(event, confirms_delivery=confirms_delivery), _inbound(event)
        if receipt is not None:
            receipts.append(receipt)
        elif written is not None:
            inbound.append(written)
        else:
            kind = shapes.text(event, "type")
            unknown.append(unreadable(kind) if kind == _RECEIVED else kind)
    return News(receipts=receipts, inbound=inbound, unknown=unknown)


def _receipt(event: Any, *, confirms_delivery: bool) -> Receipt | None:
    """Return an event's receipt for one recipient; none if it is not a receipt."""
    kind, code = shapes.text(event, "type"), shapes.text(event, "errorCode")
    recipient = shapes.number(shapes.text(event, "to"))
    if recipient is None or kind not in (*_STATUSES, _FAILED):
        return None
    status = status_of_failure(code) if kind == _FAILED else _STATUSES[kind]
    if status == "delivered" and not confirms_delivery:
        status = "sent"
    return Receipt(
        message_id=shapes.text(event, "message", "tag"),
        recipient=recipient,
        status=status,
        code=(code or None) if kind == _FAILED else None,
        opted_out=kind == _FAILED and is_opt_out(code),
    )


def _inbound(event: Any) -> Inbound | None:
    """Return a person's message; none if the event is something else, or lacks the sender or the receiver."""
    message = shapes.at(event, "message")
    if shapes.text(event, "type") != _RECEIVED or shapes.text(message, "direction") not in ("in", ""):
        return None
    from_ = shapes.number(shapes.text(message, "from"))
    to = shapes.number(shapes.text(message, "owner")) or shapes.number(shapes.text(event, "to"))
    id_ = shapes.text(message, "id")
    if from_ is None or to is None or not id_:
        return None
    others = shapes.numbers(shapes.items(message, "to")) - {from_, to}
    return Inbound(
        from_=from_,
        to=to,
        group=tuple(sorted(others)),
        body=shapes.text(message, "text") or None,
        media=tuple(file for each in shapes.items(message, "media") if (file := _media(shapes.text(each))) is not None),
        carrier_message_id=id_,
    )


def _media(url: str) -> Media | None:
    file = shapes.media(url, "")
    is_layout = file is not None and PurePosixPath(urlsplit(url).path).suffix.lower() in _LAYOUT
    return None if is_layout else file
