"""Twilio's adapter; implements `port.Carrier`. Its `webhook` implements `port.Webhook`, and its `work` is a `port.Work`.

Each message to a group carries our id in its attributes, so the messages of its conversation show the result of a call reliably.
Messages to one person take another way (`direct.py`).
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import structlog
from msgspec import Struct

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, CarrierAnswer
from groupchat.carriers.incoming import News, hand_over, unreadable
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Inbox, Outgoing, Posted, RecipientResult
from groupchat.carriers.storage import Storage
from groupchat.carriers.twilio import events, uploads
from groupchat.carriers.twilio.answers import error_of, result
from groupchat.carriers.twilio.copies import SETTLED_SECONDS, Copies
from groupchat.carriers.twilio.direct import Direct, receipt_of
from groupchat.carriers.twilio.lookup import Lookup, named_in
from groupchat.carriers.twilio.rails import Rail, Rails
from groupchat.carriers.twilio.reading import ASK_AGAIN_SECONDS, created_at, listed
from groupchat.carriers.twilio.signature import require_signed
from groupchat.carriers.twilio.uploads import Uploads
from groupchat.carriers.twilio.waiting import Waiting, WaitingEvents
from groupchat.values.carriers import CarrierLimits
from groupchat.values.clock import Clock, utc_now
from groupchat.values.errors import described
from groupchat.values.waiting import first_set

LIMITS = CarrierLimits(recipients=9, characters=1600, files=10, media_bytes=5_000_000, files_apart=True, types_apart=uploads.TYPES)
"""Ten in all, with the business number. The number of files is that of a message to one person, and ours to a group."""
IDLE_SECONDS = 1.0
_A_PAGE = 100
_MARGIN = timedelta(minutes=5)

log = structlog.get_logger()


class TwilioAccount(Struct, frozen=True, kw_only=True):
    """An account at Twilio: `auth_tokens` verify webhooks, which Twilio posts to `webhook_url`, below `public_url`."""

    account_sid: str
    service_sid: str
    messaging_service_sid: str
    auth_tokens: Sequence[str]
    public_url: str
    webhook_url: str
    media_url: str


class TwilioCalls(Struct, frozen=True, kw_only=True):
    """The calls to the APIs of Twilio: Conversations, the Messages API, and the Media Content Service."""

    conversations: Calls
    messages: Calls
    media: Calls

    async def close(self) -> None:
        """Close the connections."""
        for each in (self.conversations, self.messages, self.media):
            await each.close()


class Twilio:
    """The adapter."""

    name = "twilio"
    native_group = True
    limits = LIMITS

    def __init__(self, account: TwilioAccount, calls: TwilioCalls, storage: Storage, clock: Clock = utc_now) -> None:
        """Call Twilio's APIs by `calls`."""
        self._account = account
        self._direct = Direct(calls.messages, account.account_sid, account.messaging_service_sid, account.webhook_url)
        self._calls = calls.conversations
        self._uploads = Uploads(calls.media, account.service_sid)
        self._rails = Rails(self._calls, account.messaging_service_sid)
        copies = Copies(self._calls, calls.messages, account.account_sid, self._rails)
        self._lookup = Lookup(self._calls, self._rails, copies, account.media_url)
        self._waiting = WaitingEvents(storage, clock)
        self._posted = asyncio.Event()
        """Rings when this process has stored an event."""

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Post a message, or a part of it, to its group's conversation, or send it to one person."""
        if len(outgoing.to) == 1:
            return await self._direct.send(outgoing)
        sid = await self._rails.ready(outgoing)
        form = {"Author": outgoing.from_, "Attributes": _attributes(outgoing)}
        if outgoing.media:
            form["MediaSid"] = await self._uploads.upload(outgoing)
        else:
            form["Body"] = outgoing.body or ""
        answer = await self._calls.post(f"/Conversations/{quote(sid)}/Messages", data=form)
        if answer.taken and shapes.text(answer.body, "sid"):
            return tuple(RecipientResult(recipient=number, status="sent") for number in outgoing.to)
        self._rails.forget(outgoing)
        raise error_of(answer)

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | None:
        """Look for a message in the conversations that it may have been posted to, or among those to one person."""
        if len(outgoing.to) == 1:
            await self._direct.require_unsent(outgoing)
            return None
        try:
            for rail in await self._rails.all_of(outgoing):
                found = await self._find_in(rail, outgoing)
                if found is not None:
                    return found
        except CarrierRefusedError as error:
            raise CarrierUnclearError(error.detail, retry_after=error.retry_after or ASK_AGAIN_SECONDS) from error
        return None

    async def webhook(self, posted: Posted, inbox: Inbox) -> int:
        """Process a post of Twilio's: store it now, and interpret it later. Return the number of unknown events."""
        require_signed(posted, self._account.auth_tokens, self._account.public_url)
        fields = events.fields_of(posted)
        kind, receipt = events.kind_of(fields), receipt_of(posted, fields)
        if receipt is not None:
            return await hand_over(self.name, News(receipts=[receipt]), inbox)
        if kind in ("receipt", "inbound", "mms"):
            await asyncio.to_thread(self._waiting.put, fields, SETTLED_SECONDS if kind == "mms" else 0)
            self._posted.set()
            return 0
        if kind == "sms":
            written = events.direct(fields)
            news = News(unknown=[unreadable("a message")]) if written is None else News(inbound=[written])
            return await hand_over(self.name, news, inbox)
        return await hand_over(self.name, News(unknown=[fields.get("EventType", "a copy of a message")]), inbox)

    async def work(self, inbox: Inbox, stop: asyncio.Event) -> None:
        """Interpret stored events, and pass them to the inbox, until `stop` is set. Several processes share them."""
        while not stop.is_set():
            self._posted.clear()
            try:
                done = await self.deliver_due(inbox)
            except Exception as error:  # noqa: BLE001 - the database may be back soon, and the events are safe
                log.warning("twilio_events_wait", error=described(error))
                done = 0
            if done == 0:
                await first_set(stop, self._posted, seconds=IDLE_SECONDS)

    async def deliver_due(self, inbox: Inbox) -> int:
        """Pass on one batch of due events; return how many are finished."""
        taken = await asyncio.to_thread(self._waiting.take)
        done = await asyncio.gather(*(self._understand(each, inbox) for each in taken))
        ids = [each.id for each, is_done in zip(taken, done, strict=True) if is_done]
        await asyncio.to_thread(self._waiting.forget, ids)
        return len(ids)

    async def _understand(self, waiting: Waiting, inbox: Inbox) -> bool:
        try:
            await hand_over(self.name, await self._lookup.news(waiting.fields), inbox)
        except Exception as error:  # noqa: BLE001 - it is tried again later, whatever the reason
            log.warning("twilio_event_waits", event_type=waiting.fields.get("EventType"), error=described(error))
            return False
        return True

    async def _find_in(self, rail: Rail, outgoing: Outgoing) -> tuple[RecipientResult, ...] | None:
        """Return the results of a message in a conversation; none if it certainly is not there."""
        path = f"/Conversations/{quote(rail.sid)}/Messages"
        since = outgoing.begun_at - _MARGIN
        async for each in listed(self._read, path, "messages", {"Order": "desc", "PageSize": str(_A_PAGE)}):
            if named_in(each) == (outgoing.message_id, outgoing.part):
                return await self._results(f"{path}/{quote(shapes.text(each, 'sid'))}", rail, outgoing)
            if created_at(datetime.fromisoformat, each) < since:
                return None
        return None

    async def _read(self, path: str, params: dict[str, str]) -> CarrierAnswer:
        answer = await self._calls.get(path, params=params)
        if not answer.taken:
            raise CarrierUnclearError(str(error_of(answer)), retry_after=ASK_AGAIN_SECONDS)
        return answer

    async def _results(self, path: str, rail: Rail, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Return the receipts' statuses of a message; recipients without one are on the way."""
        people = (await self._rails.people(rail.sid)).numbers
        answer = await self._calls.get(f"{path}/Receipts", params={"PageSize": "50"})
        statuses = {
            people.get(shapes.text(each, "participant_sid")): each for each in shapes.items(answer.body, "delivery_receipts")
        }
        return tuple(_result(number, statuses.get(number)) for number in outgoing.to)


def _attributes(outgoing: Outgoing) -> str:
    part = {"part": outgoing.part} if outgoing.part else {}
    return json.dumps({"message_id": outgoing.message_id} | part, separators=(",", ":"))


def _result(number: str, receipt: Any) -> RecipientResult:
    return result(number, shapes.text(receipt, "status") or "sent", shapes.text(receipt, "error_code"))
