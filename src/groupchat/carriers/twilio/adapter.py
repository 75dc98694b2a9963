"""Twilio's adapter; implements `port.Carrier`. Its `webhook` implements `port.Webhook`, and its `work` is a `port.Work`.

Each message to a group carries our id in its attributes, so the messages of its conversation show the result of a call reliably.
Messages to one person take another way (`direct.py`).
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import structlog
from msgspec import Struct

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.incoming import News, hand_over
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Inbox, Outgoing, Posted, RecipientResult
from groupchat.carriers.storage import Storage
from groupchat.carriers.twilio import events
from groupchat.carriers.twilio.answers import error_of, result
from groupchat.carriers.twilio.copies import SETTLED_SECONDS, Copies
from groupchat.carriers.twilio.direct import Direct, receipt_of
from groupchat.carriers.twilio.lookup import Lookup, message_id_of
from groupchat.carriers.twilio.rails import Rail, Rails
from groupchat.carriers.twilio.signature import require_signed
from groupchat.carriers.twilio.waiting import Waiting, WaitingEvents
from groupchat.values.carriers import CarrierLimits
from groupchat.values.clock import Clock, utc_now
from groupchat.values.errors import described
from groupchat.values.waiting import first_set

LIMITS = CarrierLimits(recipients=9, characters=1600, files=0, files_to_one=10, media_bytes=5_000_000)
"""Ten in all, with the business number. To a group, each file would be a separate message, which this adapter does not send."""
IDLE_SECONDS = 1.0
_A_PAGE = 100
_MARGIN = timedelta(minutes=5)

log = structlog.get_logger()


class TwilioAccount(Struct, frozen=True, kw_only=True):
    """An account at Twilio: `auth_tokens` verify webhooks, which Twilio posts to `webhook_url`, below `public_url`."""

    account_sid: str
    messaging_service_sid: str
    auth_tokens: Sequence[str]
    public_url: str
    webhook_url: str
    media_url: str


class Twilio:
    """The adapter."""

    name = "twilio"
    native_group = True
    limits = LIMITS

    def __init__(self, account: TwilioAccount, calls: Calls, messages: Calls, storage: Storage, clock: Clock = utc_now) -> None:
        """Call Conversations by `calls`, and the Messages API by `messages`."""
        self._account = account
        self._direct = Direct(messages, account.account_sid, account.messaging_service_sid, account.webhook_url)
        self._calls = calls
        self._rails = Rails(calls, account.messaging_service_sid)
        copies = Copies(calls, messages, account.account_sid, self._rails)
        self._lookup = Lookup(calls, self._rails, copies, account.media_url)
        self._waiting = WaitingEvents(storage, clock)
        self._posted = asyncio.Event()
        """Rings when this process has stored an event."""

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Post a message to its group's conversation, or send it to one person."""
        if len(outgoing.to) == 1:
            return await self._direct.send(outgoing)
        sid = await self._rails.ready(outgoing)
        form = {"Author": outgoing.from_, "Body": outgoing.body or "", "Attributes": _attributes(outgoing)}
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
            raise CarrierUnclearError(error.detail, retry_after=error.retry_after or 60.0) from error
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
        written = events.direct(fields) if kind == "sms" else None
        if written is not None:
            return await hand_over(self.name, News(inbound=[written]), inbox)
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
        answer = await self._calls.get(path, params={"Order": "desc", "PageSize": str(_A_PAGE)})
        if not answer.taken:
            raise CarrierUnclearError(str(error_of(answer)), retry_after=60.0)
        listed = shapes.listed(answer.body, "messages")
        if listed is None:
            msg = "the response has no list of messages"
            raise CarrierUnclearError(msg, retry_after=60.0)
        for each in listed:
            if message_id_of(each) == outgoing.message_id:
                return await self._results(f"{path}/{quote(shapes.text(each, 'sid'))}", rail, outgoing)
        if len(listed) >= _A_PAGE and shapes.text(listed[-1], "date_created") > (outgoing.begun_at - _MARGIN).isoformat():
            msg = "the conversation has more new messages than Twilio shows at once"
            raise CarrierUnclearError(msg)
        return None

    async def _results(self, path: str, rail: Rail, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Return the receipts' statuses of a message; recipients without one are on the way."""
        people = (await self._rails.people(rail.sid)).numbers
        answer = await self._calls.get(f"{path}/Receipts", params={"PageSize": "50"})
        statuses = {
            people.get(shapes.text(each, "participant_sid")): each for each in shapes.items(answer.body, "delivery_receipts")
        }
        return tuple(_result(number, statuses.get(number)) for number in outgoing.to)


def _attributes(outgoing: Outgoing) -> str:
    return json.dumps({"message_id": outgoing.message_id}, separators=(",", ":"))


def _result(number: str, receipt: Any) -> RecipientResult:
    return result(number, shapes.text(receipt, "status") or "sent", shapes.text(receipt, "error_code"))
