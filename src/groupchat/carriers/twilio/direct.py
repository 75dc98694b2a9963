"""Messages to one person, which go through Twilio's Messages API, because Conversations takes only groups.

A conversation for one person would also change what the person's texts mean: Twilio would report each of them twice, by two
webhooks without a common id. A message has no field for our id, so the address of its status callback has it, and asking shows only
whether anything was sent to the person lately. If something was, the callback says that it is our message, or its status stays
`unconfirmed`.
"""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Outgoing, Posted, Receipt, RecipientResult
from groupchat.carriers.twilio.answers import OPTED_OUT, code_of, error_of, receipt, result
from groupchat.carriers.twilio.reading import ASK_AGAIN_SECONDS, created_at

_MESSAGE_ID = "message_id"
_MARGIN = timedelta(minutes=1)
"""How far our clock and Twilio's may differ."""


class Direct:
    """The messages to single persons of one account."""

    def __init__(self, calls: Calls, account_sid: str, messaging_service_sid: str, webhook_url: str) -> None:
        self._calls = calls
        self._path = f"/Accounts/{quote(account_sid)}/Messages.json"
        self._messaging_service_sid = messaging_service_sid
        self._webhook_url = webhook_url

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Hand a message over, in one call. An opt-out that Twilio knows of is a result (R14). Raises as `Carrier.send`."""
        (person,) = outgoing.to
        answer = await self._calls.post(self._path, data=self._form(outgoing))
        if answer.taken and shapes.text(answer.body, "sid"):
            return (RecipientResult(recipient=person, status="sent"),)
        if not answer.taken and code_of(answer) == OPTED_OUT:
            return (result(person, "failed", OPTED_OUT),)
        raise error_of(answer)

    async def require_unsent(self, outgoing: Outgoing) -> None:
        """Raise `CarrierUnclearError` unless nothing was sent to the person since the message's call began."""
        (person,) = outgoing.to
        asked = {"To": person, "From": outgoing.from_, "PageSize": "1"}  # the newest first
        try:
            answer = await self._calls.get(self._path, params=asked)
        except CarrierRefusedError as error:
            raise CarrierUnclearError(error.detail, retry_after=error.retry_after or ASK_AGAIN_SECONDS) from error
        listed = shapes.listed(answer.body, "messages") if answer.taken else None
        if listed is None:
            msg = "Twilio does not list the messages to this person"
            raise CarrierUnclearError(msg, retry_after=ASK_AGAIN_SECONDS)
        if any(created_at(parsedate_to_datetime, each) >= outgoing.begun_at - _MARGIN for each in listed):
            msg = "Twilio has a message to this person that may be this one, and no status callback has named it yet"
            raise CarrierUnclearError(msg)

    def _form(self, outgoing: Outgoing) -> dict[str, Any]:
        form: dict[str, Any] = {
            "To": outgoing.to[0],
            "From": outgoing.from_,
            "MessagingServiceSid": self._messaging_service_sid,
            "StatusCallback": f"{self._webhook_url}?{urlencode({_MESSAGE_ID: outgoing.message_id})}",
        }
        if outgoing.body:
            form["Body"] = outgoing.body
        if outgoing.media:
            form["MediaUrl"] = [each.url for each in outgoing.media]
        return form


def receipt_of(posted: Posted, fields: Mapping[str, str]) -> Receipt | None:
    """Return what a status callback reports; none if the post is something else. Its address, which is signed, has our id."""
    message_id = parse_qs(urlsplit(posted.path).query).get(_MESSAGE_ID, [""])[0]
    recipient, word = shapes.number(fields.get("To")), fields.get("MessageStatus", "")
    if not message_id or recipient is None or not word:
        return None
    return receipt(message_id, recipient, word, fields.get("ErrorCode", ""))
