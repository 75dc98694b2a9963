"""A fake carrier that posts signed reports to a webhook: the smallest possible adapter."""

import hmac
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from groupchat.carriers.port import (
    Inbound,
    Inbox,
    NotTheCarrierError,
    Outgoing,
    Posted,
    Receipt,
    RecipientResult,
)
from groupchat.values.carriers import NO_LIMITS
from groupchat.values.errors import InvalidRequestError

SECRET = b"known to the carrier and to us"
SIGNATURE = "posting-signature"
PATH = "/v1/carriers/posting/webhooks"


class News(Struct, forbid_unknown_fields=True):
    """The content of the carrier's webhook."""

    receipts: Sequence[Receipt] = ()
    inbound: Inbound | None = None
    weather: Sequence[str] = ()
    """Events without a meaning for us."""


def signed(news: News, path: str = PATH) -> Posted:
    """Return news as the carrier posts it."""
    body = msgspec.json.encode(news)
    return Posted(path=path, headers=proof(path, body), body=body)


def proof(path: str, body: bytes) -> dict[str, str]:
    """Return the header by which the adapter recognizes the carrier's posts."""
    return {SIGNATURE: _signature(path, body)}


def _signature(path: str, body: bytes) -> str:
    return hmac.digest(SECRET, path.encode() + body, "sha256").hex()


class PostingCarrier:
    """The adapter of a carrier that takes everything; fulfils `port.Carrier`, and its `webhook` fulfils `port.Webhook`."""

    name = "posting"
    native_group = True
    limits = NO_LIMITS

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        return tuple(RecipientResult(recipient=number, status="sent") for number in outgoing.to)

    async def find(self, _outgoing: Outgoing) -> None:
        return None

    async def webhook(self, posted: Posted, inbox: Inbox) -> int:
        given = posted.headers.get(SIGNATURE, "")
        if not hmac.compare_digest(given.encode(), _signature(posted.path, posted.body).encode()):
            msg = "the signature is not the carrier's"
            raise NotTheCarrierError(msg)
        try:
            news = msgspec.json.decode(posted.body, type=News)
        except msgspec.DecodeError as error:
            raise InvalidRequestError("body", "It is not news.") from error
        await inbox.receipts(news.receipts)
        if news.inbound is not None:
            await inbox.inbound(news.inbound)
        return len(news.weather)
