"""The port: what groupchat requests of a carrier, and what a carrier reports back.

Carriers come in three families, and the port fits all of them:

- *one call* (Telnyx, Bandwidth): one request with all recipients;
- *rail* (Twilio Conversations): the group is created once, found again by its business number and set of participants, then posted
  to;
- *fan-out* (Vonage, Sinch): one request per recipient, each of which can fail alone.

So the result is always per recipient. Numbers are E.164. To a carrier, a group *is* its business number and its set of participants
(R35). Whether a call may be repeated differs too, so an unclear call is never repeated without calling `find` first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from msgspec import Struct

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.aggregates.group_events import Media
from groupchat.values.carriers import CarrierLimits, KnownCarriers
from groupchat.values.errors import RefusalError

ResultStatus = Literal["sent", "failed", "unconfirmed", "delivered"]

# --- out


class FileContent(Struct, frozen=True, kw_only=True):
    """The content of a file, for a carrier that does not fetch files itself."""

    content_type: str
    data: bytes


class Outgoing(Struct, frozen=True, kw_only=True):
    """One message for all of `to`, or one part of it.

    `message_id` is ours. An adapter passes it as a tag or in its webhook's address, so that `find` and receipts can name it.
    `begun_at` is when its first call to the carrier began.

    A carrier whose limits have `files_apart` gets a message to a group in parts, counted from 0: the text, then each file. Each
    `part` is handed over by a call of its own, and only after the one before it was taken. It has a body or one file, and `content`
    when it is handed over.
    """

    message_id: str
    from_: str
    to: tuple[str, ...]
    body: str | None
    media: tuple[Media, ...] = ()
    begun_at: datetime
    part: int = 0
    content: FileContent | None = None


class RecipientResult(Struct, frozen=True, kw_only=True):
    """The status of a message for one recipient, as far as is known now.

    `sent`: the carrier accepted it. `delivered`: it reached the handset. `failed`: it did not and will not. `unconfirmed`: the
    status is unknown and will stay so. `code` is the carrier's own; `opted_out` says that it failed because the recipient opted out
    (R14).
    """

    recipient: str
    status: ResultStatus
    code: str | None = None
    opted_out: bool = False


class CarrierRefusedError(Exception):
    """The carrier refuses the whole message, and nothing was sent.

    `code` is the carrier's own. `retry_after` is the number of seconds after which the carrier may accept the same message (a full
    queue, a limit per second); none if it never will (too many recipients, a number that isn't ours).
    """

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"the carrier refuses the message ({code}): {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class CarrierUnclearError(Exception):
    """It is unknown whether the carrier has the message: a time-out, a lost connection, an unreadable response.

    `retry_after` is the number of seconds after which `find` may know; none if it never will.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"it is unknown whether the carrier has the message: {reason}")
        self.reason = reason
        self.retry_after = retry_after


class Forwarding(Protocol):
    """A carrier without a network, which passes on what a participant wrote only when it is called (R12)."""

    @property
    def name(self) -> str:
        """The carrier's name, as in `Carrier`."""

    async def forward(self, inbound: "Inbound") -> None:
        """Deliver a participant's message to the others in `group`, unless they already have it."""


class Carrier(Protocol):
    """A carrier's adapter. Its calls run in the event loop and block nothing."""

    @property
    def name(self) -> str:
        """The name in settings and events, for example `simulator`."""

    @property
    def native_group(self) -> bool:
        """Whether the carrier forwards a participant's message to the others; if not, the backend relays it (R12)."""

    @property
    def limits(self) -> CarrierLimits:
        """The most that the carrier takes in one message (R43)."""

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Hand a message over; return one result per recipient, in the order of `to`.

        Raises `CarrierRefusedError` if nothing was sent, `CarrierUnclearError` if that is unknown. Sending the same message again
        may text every recipient again.
        """

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | Literal["repeat"] | None:
        """Return the results of an earlier `send` of the same message; none if the carrier certainly never received it.

        `repeat` means that they are unknown, but that the same `send` has the result of the first one, and texts nobody twice.

        It texts nobody. Raises `CarrierUnclearError` if the carrier doesn't know, now (`retry_after`) or ever.
        """


def known(default: Carrier, *others: Carrier) -> KnownCarriers:
    """Return what rules ask of these carriers."""
    carriers = (default, *others)
    return KnownCarriers(
        default=default.name,
        limits={each.name: each.limits for each in carriers},
        relaying=frozenset(each.name for each in carriers if not each.native_group),
    )


class CarrierFinding(Struct, frozen=True):
    """One thing that a check of a carrier found: whether it is as it should be, and what it is, or what to do.

    `good` is none for what the check can't see, and the operator has to look at.
    """

    good: bool | None
    says: str


# --- back


class Cost(Struct, frozen=True, kw_only=True):
    """A carrier's charge, as it reports it: an exact amount, never negative, and the currency (ISO 4217)."""

    amount: Decimal
    currency: str


class Receipt(Struct, frozen=True, kw_only=True):
    """A carrier's later report about one recipient of a message, or of a `part` of it. It may arrive twice, late, and out of order.

    `cost` is what the carrier charges for this recipient, if the report says it.
    """

    message_id: str
    recipient: str
    status: ReceiptStatus
    code: str | None = None
    opted_out: bool = False
    cost: Cost | None = None
    part: int = 0


class Inbound(Struct, frozen=True, kw_only=True):
    """A message that a person wrote to the business number `to`.

    `group` lists the other participants, sorted, without the writer and the business number; none if the carrier does not report
    them, or if the message was written to the business alone. A carrier that repeats its webhook repeats `carrier_message_id`.
    """

    from_: str
    to: str
    group: tuple[str, ...] | None
    body: str | None
    media: tuple[Media, ...]
    carrier_message_id: str
    carrier_answers: bool = False
    """Whether it is a keyword that the carrier itself answers, so that the business doesn't (R41)."""


class Inbox(Protocol):
    """The receiver of a carrier's webhooks.

    Returning acknowledges that everything is stored. After an exception, the carrier sends the same again.
    """

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        """Store the new receipts of a batch; receipts that are known, outdated, or of an unknown message add nothing."""

    async def inbound(self, inbound: Inbound) -> object:
        """Store a person's message. Refusals (an unknown business number, no such group) are `RefusalError`s."""


Work = Callable[[Inbox, asyncio.Event], Awaitable[None]]
"""A task that an adapter runs until the event is set. It passes everything that it finds to the inbox."""


class Posted(Struct, frozen=True, kw_only=True):
    """A request to a carrier's webhook: the path and query as called, headers by lower-case name, and the body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class NotTheCarrierError(RefusalError):
    """The request is not the carrier's, or was altered (R45). The detail says what is wrong with it."""

    slug = "not-the-carrier"


class Webhook(Protocol):
    """Receives a carrier's webhooks. Anyone can post to them, so the adapter itself checks whether the carrier did."""

    async def __call__(self, posted: Posted, inbox: Inbox) -> int:
        """Pass a request's content to the inbox. Returning acknowledges it; nothing else may be called before that.

        The result is the number of events that have no meaning for us.

        Raises `NotTheCarrierError` for a request that the carrier did not send, `InvalidRequestError` for an unreadable one, and
        whatever the inbox raises; then the carrier sends it again.
        """
