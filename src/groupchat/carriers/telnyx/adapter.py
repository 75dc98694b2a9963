"""Telnyx's adapter; implements `port.Carrier`, and its `webhook` implements `port.Webhook`.

Each message names a separate address for its receipts, so that they identify the message even if the response to the call was lost.
It also carries an `Idempotency-Key`: for 24 hours, Telnyx responds to a repeat with the same bytes as to the first call. If the
operator trusts that, we repeat a call to learn its result.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct

from groupchat.carriers.calls import Calls
from groupchat.carriers.incoming import hand_over
from groupchat.carriers.port import CarrierUnclearError, Inbox, Outgoing, Posted, RecipientResult
from groupchat.carriers.telnyx import records
from groupchat.carriers.telnyx.answers import results
from groupchat.carriers.telnyx.signature import require_signed
from groupchat.carriers.telnyx.webhooks import news
from groupchat.values.carriers import CarrierLimits
from groupchat.values.clock import Clock, utc_now

LIMITS = CarrierLimits(recipients=8, files=10, media_bytes=1_000_000)
KEY_LASTS = timedelta(hours=23)
"""The time during which a repeat is safe: Telnyx says 24 hours, and clocks differ."""


class TelnyxAccount(Struct, frozen=True, kw_only=True):
    """An account at Telnyx: `public_keys` (base64) verify webhooks, which Telnyx sends to `webhook_url`.

    `trust_key` says that Telnyx honors an `Idempotency-Key` for group messages.
    """

    public_keys: Sequence[str]
    webhook_url: str
    trust_key: bool = False


class Telnyx:
    """The adapter."""

    name = "telnyx"
    native_group = True
    limits = LIMITS

    def __init__(self, account: TelnyxAccount, calls: Calls, clock: Clock = utc_now) -> None:
        self._account = account
        self._calls = calls
        self._clock = clock

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Hand a message over, in one call."""
        path, content = self.request(outgoing)
        headers = {"content-type": "application/json", "idempotency-key": outgoing.message_id}
        return results(outgoing, await self._calls.post(path, content=content, headers=headers), self._clock())

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | Literal["repeat"] | None:
        """Say that a repeat is harmless, if it is; otherwise look for records of the message."""
        if self._account.trust_key and self._clock() - outgoing.begun_at < KEY_LASTS:
            return "repeat"
        answer = await self._calls.get("/detail_records", params=records.query(outgoing))
        found = records.results(outgoing, answer, self._own_webhook(outgoing))
        if found is None:
            msg = "Telnyx has no record of the message, but it may still be in a queue there"
            raise CarrierUnclearError(msg)
        return found

    async def webhook(self, posted: Posted, inbox: Inbox) -> int:
        """Process a post of Telnyx's; return the number of unknown events."""
        require_signed(posted, self._account.public_keys, self._clock())
        return await hand_over(self.name, news(posted), inbox)

    def request(self, outgoing: Outgoing) -> tuple[str, bytes]:
        """Return the path and the body of a message's call, always the same bytes for the same message."""
        group = len(outgoing.to) > 1
        body: dict[str, Any] = {"from": outgoing.from_, "to": list(outgoing.to) if group else outgoing.to[0]}
        if outgoing.media:
            body["media_urls"] = [each.url for each in outgoing.media]
        if outgoing.body:
            body["text"] = outgoing.body
        body["webhook_url"] = self._own_webhook(outgoing)
        content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return "/messages/group_mms" if group else "/messages", content

    def _own_webhook(self, outgoing: Outgoing) -> str:
        return f"{self._account.webhook_url}/{outgoing.message_id}"
