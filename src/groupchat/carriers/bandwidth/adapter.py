"""Bandwidth's adapter; implements `port.Carrier`, and its `webhook` implements `port.Webhook`.

Each message carries its id as a tag, which every receipt repeats. Bandwidth's list of messages has neither tags nor texts, so only
a receipt can report the result of a call. A receipt that is still missing when we ask will come later, or never.
"""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from msgspec import Struct

from groupchat.carriers.bandwidth.answers import results
from groupchat.carriers.bandwidth.passwords import WebhookLogin, require_login
from groupchat.carriers.bandwidth.webhooks import news
from groupchat.carriers.calls import Calls
from groupchat.carriers.incoming import hand_over
from groupchat.carriers.port import CarrierUnclearError, Inbox, Outgoing, Posted, RecipientResult
from groupchat.values.carriers import CarrierLimits

LIMITS = CarrierLimits(recipients=10, characters=2048, media_bytes=3_500_000)


class BandwidthAccount(Struct, frozen=True, kw_only=True):
    """An account at Bandwidth, and the logins that Bandwidth uses for our webhook.

    `confirms_delivery` says that the account gets receipts from handsets. Otherwise, `delivered` only means that the message was
    forwarded.
    """

    account_id: str
    application_id: str
    webhook_logins: Sequence[WebhookLogin]
    confirms_delivery: bool = False


class Bandwidth:
    """The adapter."""

    name = "bandwidth"
    native_group = True
    limits = LIMITS

    def __init__(self, account: BandwidthAccount, calls: Calls) -> None:
        self._account = account
        self._calls = calls

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Hand a message over, in one call."""
        path, content = self.request(outgoing)
        return results(outgoing, await self._calls.post(path, content=content, headers={"content-type": "application/json"}))

    async def find(self, outgoing: Outgoing) -> NoReturn:
        """Raise `CarrierUnclearError`: only a receipt could report it, and its time is over."""
        msg = f"no receipt has named message {outgoing.message_id} yet, and Bandwidth has no way to ask about it"
        raise CarrierUnclearError(msg)

    async def webhook(self, posted: Posted, inbox: Inbox) -> int:
        """Process a post of Bandwidth's; return the number of unknown events."""
        require_login(posted, self._account.webhook_logins)
        return await hand_over(self.name, news(posted, confirms_delivery=self._account.confirms_delivery), inbox)

    def request(self, outgoing: Outgoing) -> tuple[str, bytes]:
        """Return the path and the body of a message's call."""
        body: dict[str, Any] = {"applicationId": self._account.application_id, "to": list(outgoing.to), "from": outgoing.from_}
        if outgoing.body:
            body["text"] = outgoing.body
        if outgoing.media:
            body["media"] = [each.url for each in outgoing.media]
        body["tag"] = outgoing.message_id
        return f"/users/{self._account.account_id}/messages", json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
