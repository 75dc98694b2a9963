"""Reading Telnyx's posts: receipts of a message's recipients, and people's messages.

An event has one of several shapes. `from`, and each of `to` and `cc`, is a number or an object with one; `cc` includes our number.
If Telnyx itself has answered a keyword, `autoresponse_type` says which (R41).
"""

import json
from typing import Any

from groupchat.carriers import shapes
from groupchat.carriers.incoming import News, unreadable
from groupchat.carriers.port import Inbound, Posted, Receipt
from groupchat.carriers.telnyx.answers import result
from groupchat.values.errors import InvalidRequestError

_SENT, _FINAL, _RECEIVED = "message.sent", "message.finalized", "message.received"


def news(posted: Posted) -> News:
    """Return the content of a request; raises `InvalidRequestError` if it is not JSON."""
    try:
        said = json.loads(posted.body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("body", "The body is not JSON.") from error
    event, payload = shapes.text(said, "data", "event_type"), shapes.at(said, "data", "payload")
    if event in (_SENT, _FINAL):
        return News(receipts=_receipts(_message_id(payload, posted), payload, final=event == _FINAL))
    if event != _RECEIVED:
        return News(unknown=[event])
    inbound = _inbound(payload)
    return News(unknown=[unreadable(event)]) if inbound is None else News(inbound=[inbound])


def _message_id(payload: Any, posted: Posted) -> str:
    """Return the last part of the message's own address: from the signed body, or else from the called address."""
    for address in (shapes.text(payload, "webhook_url"), posted.path):
        last = address.partition("?")[0].rpartition("/")[2]
        if last.startswith("msg_"):
            return last
    return ""


def _receipts(message_id: str, payload: Any, *, final: bool) -> list[Receipt]:
    errors, entries = shapes.items(payload, "errors"), shapes.items(payload, "to")
    cost = shapes.cost(shapes.at(payload, "cost")) if final and len(entries) == 1 else None  # else it may be that of all recipients
    found = []
    for index, entry in enumerate(entries):
        number = shapes.number(entry)
        if number is not None and shapes.text(entry, "status"):
            said = result(number, entry, errors, index)
            receipt = Receipt(
                message_id=message_id,
                recipient=number,
                status=said.status,
                code=said.code,
                opted_out=said.opted_out,
                cost=cost,
            )
            found.append(receipt)
    return found


def _inbound(payload: Any) -> Inbound | None:
    """Return a person's message; none if it lacks the sender or the receiver."""
    from_ = shapes.number(shapes.at(payload, "from"))
    to = [number for entry in shapes.items(payload, "to") if (number := shapes.number(entry)) is not None]
    id_ = shapes.text(payload, "id")
    if from_ is None or not to or not id_:
        return None
    others = shapes.numbers([*to, *shapes.items(payload, "cc")]) - {from_, to[0]}
    files = [shapes.media(shapes.text(each, "url"), shapes.text(each, "content_type")) for each in shapes.items(payload, "media")]
    return Inbound(
        from_=from_,
        to=to[0],
        group=tuple(sorted(others)),
        body=shapes.text(payload, "text") or None,
        media=tuple(each for each in files if each is not None),
        carrier_message_id=id_,
        carrier_answers=bool(shapes.text(payload, "autoresponse_type")),
    )
