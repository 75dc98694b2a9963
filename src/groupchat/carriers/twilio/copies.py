"""Telling a message to the business alone from the copy of a group's message, if both are MMS.

Twilio posts both to the business number's ordinary webhook. A copy should name the group's other members (`OtherRecipients0`), but
it doesn't do so reliably, and it has no id in common with the message in the group's conversation. So the person's conversations
are searched for the same text at the same time.
"""

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, CarrierAnswer
from groupchat.carriers.port import Inbound
from groupchat.carriers.twilio.answers import error_of
from groupchat.carriers.twilio.rails import CLOSED, Rails
from groupchat.carriers.twilio.reading import created_at, listed

SETTLED_SECONDS = 30.0
"""After this time, Conversations has the message of a group whose copy was posted."""
_APART = timedelta(seconds=10)
"""The longest time between a group's message and its copy, by Twilio's clock."""


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
            async for each in listed(self._get, "/ParticipantConversations", "conversations", asked)
            if shapes.text(each, "conversation_state") != CLOSED
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
        return created_at(parsedate_to_datetime, _taken(answer).body)

    async def _is_in(self, sid: str, inbound: Inbound, written_at: datetime) -> bool:
        """Return whether a conversation has a message of the person with the same text at the same time."""
        path = f"/Conversations/{quote(sid)}/Messages"
        async for each in listed(self._get, path, "messages", {"Order": "desc", "PageSize": "100"}):
            at = created_at(datetime.fromisoformat, each)
            if at < written_at - _APART:
                return False
            if at <= written_at + _APART and _is_same(each, inbound):
                return True
        return False

    async def _get(self, path: str, params: dict[str, str]) -> CarrierAnswer:
        return _taken(await self._calls.get(path, params=params))


def _taken(answer: CarrierAnswer) -> CarrierAnswer:
    if not answer.taken:
        raise error_of(answer)
    return answer


def _is_same(message: Any, inbound: Inbound) -> bool:
    """Return whether a message in a conversation has a writer and text; each file of an MMS is a message there."""
    of_them = shapes.number(shapes.text(message, "author")) == inbound.from_
    return of_them and shapes.text(message, "body").strip() == (inbound.body or "").strip()
