"""Reading Twilio's posts.

Events of Conversations identify a message (IM...) and participants (MB...) only by ids. The business number's ordinary webhook also
gets a copy of every group message, which shares no id with the event. So from there, only messages to the business alone are read.
An SMS is one; an MMS may also be a copy (`copies.py`).
"""

import json
from collections.abc import Mapping
from itertools import count, takewhile
from typing import Literal
from urllib.parse import quote

from groupchat.aggregates.group_events import Media
from groupchat.carriers import shapes
from groupchat.carriers.port import Inbound, Posted
from groupchat.carriers.twilio.signature import form_of
from groupchat.values.errors import InvalidRequestError

Fields = Mapping[str, str]
Kind = Literal["receipt", "inbound", "sms", "mms"]
_KEYWORDS = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "HELP", "INFO"])
"""The keywords that Twilio answers by itself, if they are the whole text."""
_KINDS: Mapping[str, Kind] = {"SM": "sms", "MM": "mms"}
_FORM = "application/x-www-form-urlencoded"


def fields_of(posted: Posted) -> dict[str, str]:
    """Return the fields of a post, a form or JSON; raises `InvalidRequestError` if it is neither."""
    if posted.headers.get("content-type", "").lower().startswith(_FORM):
        return {name: shapes.text(value) for name, value in form_of(posted)}
    try:
        body = json.loads(posted.body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError("body", "The body is neither a form nor JSON.") from error
    return {str(name): shapes.text(value) for name, value in body.items()} if isinstance(body, dict) else {}


def kind_of(fields: Fields) -> Kind | None:
    """Return an event; none if it has no meaning for us, such as the copy of a message that we sent."""
    match fields.get("EventType"):
        case "onDeliveryUpdated" if _has(fields, "ConversationSid", "MessageSid", "ParticipantSid", "Status"):
            return "receipt"
        case "onMessageAdded" if fields.get("Source") == "SMS" and _has(fields, "ConversationSid", "MessageSid", "Author"):
            return "inbound"
        case None if _has(fields, "From", "To") and "Body" in fields and "OtherRecipients0" not in fields:
            return _KINDS.get(fields.get("MessageSid", "")[:2])
        case _:
            return None


def direct(fields: Fields) -> Inbound | None:
    """Return a message that a person wrote to the business alone; none if it lacks the sender or the receiver."""
    from_, to = shapes.number(fields.get("From")), shapes.number(fields.get("To"))
    if from_ is None or to is None:
        return None
    return Inbound(
        from_=from_,
        to=to,
        group=(),
        body=fields.get("Body") or None,
        media=_listed_files(fields),
        carrier_message_id=fields["MessageSid"],
        carrier_answers=is_answered(fields),
    )


def _listed_files(fields: Fields) -> tuple[Media, ...]:
    """Return the files of an MMS, which its fields number from 0."""
    numbered = takewhile(lambda n: f"MediaUrl{n}" in fields, count())
    found = [shapes.media(fields[f"MediaUrl{n}"], fields.get(f"MediaContentType{n}", "")) for n in numbered]
    return tuple(each for each in found if each is not None)


def is_answered(fields: Fields) -> bool:
    """Return whether Twilio itself answers a text (R41): it says so (Advanced Opt-Out), or the text is one of its keywords."""
    return bool(fields.get("OptOutType")) or fields.get("Body", "").strip().upper() in _KEYWORDS


def media(fields: Fields, media_url: str) -> tuple[Media, ...]:
    """Return the files of a message, which Twilio stores for the account at `media_url`."""
    try:
        listed = json.loads(fields.get("Media") or "[]")
    except (ValueError, RecursionError):
        return ()
    service = quote(fields.get("ChatServiceSid", ""))
    found = []
    for each in shapes.items(listed):
        sid = shapes.text(each, "Sid") or shapes.text(each, "sid")
        content_type = shapes.text(each, "ContentType") or shapes.text(each, "content_type")
        if sid:
            found.append(shapes.media(f"{media_url}/Services/{service}/Media/{quote(sid)}", content_type))
    return tuple(each for each in found if each is not None)


def _has(fields: Fields, *names: str) -> bool:
    return all(fields.get(name) for name in names)
