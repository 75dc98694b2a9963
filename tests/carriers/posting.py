"""A carrier made by hand that posts what it has to say, signed, to a webhook; with its adapter, on a bench (`bench.py`)."""

import asyncio
import hmac
from collections import defaultdict
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from groupchat.carriers.port import (
    CarrierRefusedError,
    CarrierUnclearError,
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
from tests.carriers.bench import Trouble
from tests.support.builders import BUSINESS

SECRET = b"known to the carrier and to us"
REFUSED = "E1"
SIGNATURE = "posting-signature"
PATH = "/v1/carriers/posting/webhooks"


class News(Struct, forbid_unknown_fields=True):
    """The content of the carrier's webhook."""

    receipts: Sequence[Receipt] = ()
    inbound: Inbound | None = None


def signed(news: News, path: str = PATH) -> Posted:
    """Return news as the carrier posts it."""
    body = msgspec.json.encode(news)
    return Posted(path=path, headers=proof(path, body), body=body)


def proof(path: str, body: bytes) -> dict[str, str]:
    """Return the header by which the adapter knows what the carrier posts."""
    return {SIGNATURE: _signature(path, body)}


def _signature(path: str, body: bytes) -> str:
    return hmac.digest(SECRET, path.encode() + body, "sha256").hex()


class PostingCarrier:
    """The adapter, and in it the carrier that it calls; fulfils `port.Carrier`, and its `webhook` fulfils `port.Webhook`."""

    name = "posting"
    native_group = True
    limits = NO_LIMITS

    def __init__(self, *, can_be_asked: bool = True) -> None:
        self.trouble: Trouble | None = None
        self.phones: dict[str, list[str]] = defaultdict(list)
        self.sent: list[Outgoing] = []
        self.on_the_way: list[Outgoing] = []
        self._can_be_asked = can_be_asked

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        match self.trouble:
            case "refused":
                raise CarrierRefusedError(REFUSED, "never")
            case "refused for now":
                raise CarrierRefusedError(REFUSED, "not now", retry_after=0.0)
            case "never arrived":
                raise self._lost()
            case "too slow":
                self.on_the_way.append(outgoing)
                await asyncio.Event().wait()
        self.take(outgoing)
        if self.trouble in ("cut off", "nonsense"):
            raise self._lost()
        return _taken(outgoing)

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | None:
        if not self._can_be_asked:
            raise self._lost()
        return _taken(outgoing) if outgoing in self.sent else None

    async def webhook(self, posted: Posted, inbox: Inbox) -> None:
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

    def take(self, outgoing: Outgoing) -> None:
        self.sent.append(outgoing)
        for number in outgoing.to:
            self.phones[number].append(outgoing.body or "")

    def _lost(self) -> CarrierUnclearError:
        return CarrierUnclearError("the answer is lost", retry_after=0.0 if self._can_be_asked else None)


def _taken(outgoing: Outgoing) -> tuple[RecipientResult, ...]:
    return tuple(RecipientResult(recipient=number, status="sent") for number in outgoing.to)


class PostingBench:
    """Fulfils `Bench`."""

    def __init__(self, *, can_be_asked: bool) -> None:
        self.can_be_asked = can_be_asked
        self.carrier = PostingCarrier(can_be_asked=can_be_asked)

    async def trouble(self, kind: Trouble | None) -> None:
        self.carrier.trouble = kind

    async def arrive(self) -> None:
        for outgoing in self.carrier.on_the_way:
            self.carrier.take(outgoing)
        self.carrier.on_the_way.clear()

    async def phone(self, number: str) -> list[str]:
        return self.carrier.phones[number]

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        await self.carrier.webhook(signed(News(receipts=[receipt])), inbox)

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        written = Inbound(from_=from_, to=BUSINESS, group=group, body=body, media=(), carrier_message_id=f"in-{body}")
        for _ in range(times):
            await self.carrier.webhook(signed(News(inbound=written)), inbox)
