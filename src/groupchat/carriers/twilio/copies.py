"""Telling a message to the business alone from the copy of a group's message, if both are MMS.

Twilio posts both to the business number's ordinary webhook. A copy should name the group's other members (`OtherRecipients0`), but
it doesn't do so reliably, and it has no id in common with the message in the group's conversation. So the person's conversations
are searched for the same text at the same time.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, CarrierAnswer
from groupchat.carriers.port import CarrierUnclearError, Inbound
from groupchat.carriers.twilio.answers import error_of
from groupchat.carriers.twilio.rails import Rails

SETTLED_SECONDS = 30.0
"""After this time, Conversations has the message of a group whose copy was posted."""
_APART = timedelta(seconds=10)
"""The longest time between a group's message and its copy, by Twilio's clock."""
_CLOSED = "closed"


class Copies:
    """The copies of groups' messages of one account."""

    def __init__(self, calls: Calls, messages: Calls, account_sid: str, rails: Rails) -> None:
        """Call Conversations by `calls`, and the Messages API by `messages`."""
        self._calls = calls
        self._messages = messages
        self._path = f"/Accounts/{quote(account_sid)}/Messages"
        self._rails = rails

    async def has(self, inbound: Inbound) -> bool:
        """Return whether an MMS is the copy of a group's message.

        Raises `CarrierRefusedError` or `CarrierUnclearError` while Twilio can't be asked.
        """
        asked = {"Address": inbound.from_, "PageSize": "50"}
        conversations = [
            shapes.text(each, "conversation_sid")
            async for each in self._listed("/ParticipantConversations", "conversations", asked)
            if shapes.text(each, "conversation_state") != _CLOSED
        ]
        if not conversations:
            return False
        written_at = await self._written_at(inbound)
        for sid in conversations:
            if await self._is_in(sid, inbound, written_at) and (await self._rails.people(sid)).ours == inbound.to:
                return True
        return False

    async def _written_at(self, inbound: Inbound) -> datetime:
        answer = await self._messages.get(f"{self._path}/{quote(inbound.carrier_message_id)}.json")
        return _time(parsedate_to_datetime, _taken(answer).body)

    async def _is_in(self, sid: str, inbound: Inbound, written_at: datetime) -> bool:
        """Return whether a conversation has a message of the person with the same text at the same time."""
        path = f"/Conversations/{quote(sid)}/Messages"
        async for each in self._listed(path, "messages", {"Order": "desc", "PageSize": "100"}):
            created_at = _time(datetime.fromisoformat, each)
            if created_at < written_at - _APART:
                return False
            if created_at <= written_at + _APART and _is_same(each, inbound):
                return True
        return False

    async def _listed(self, path: str, name: str, params: dict[str, str]) -> AsyncIterator[Any]:
        """Yield the things of a list, page by page."""
        while params:
            body = _taken(await self._calls.get(path, params=params)).body
            listed = shapes.listed(body, name)
            if listed is None:
                msg = f"the response has no list of {name}"
                raise CarrierUnclearError(msg)
            for each in listed:
                yield each
            params = dict(parse_qsl(urlsplit(shapes.text(body, "meta", "next_page_url")).query))


def _taken(answer: CarrierAnswer) -> CarrierAnswer:
    if not answer.taken:
        raise error_of(answer)
    return answer


def _is_same(message: Any, inbound: Inbound) -> bool:
    """Return whether a message in a conversation has a writer and text; each file of an MMS is a message there."""
    of_them = shapes.number(shapes.text(message, "author")) == inbound.from_
    return of_them and shapes.text(message, "body").strip() == (inbound.body or "").strip()


def _time(read: Callable[[str], datetime], message: Any) -> datetime:
    """Return when a message was created; raises `CarrierUnclearError` if that can't be read."""
    try:
        return read(shapes.text(message, "date_created")).astimezone(UTC)
    except ValueError as error:
        msg = "Twilio does not say when a message was created"
        raise CarrierUnclearError(msg) from error
