"""The port: what groupchat asks of a carrier, and what a carrier brings back.

Carriers come in three families, and the port fits all of them:

- *one call* (Telnyx, Bandwidth): one request with all recipients;
- *rail* (Twilio Conversations): the group is created once, found again by its business number and set of participants, then
  posted to;
- *fan-out* (Vonage, Sinch): one request per recipient, each of which can fail alone.

So the answer is always per recipient. Numbers are E.164. To a carrier a group *is* its business number and its set of
participants (R35). No carrier has an idempotency key: an unclear call is never repeated without asking `find` first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

from groupchat.aggregates.delivery import ReceiptStatus
from groupchat.aggregates.group_events import Media
from groupchat.values.errors import RefusalError

ResultStatus = Literal["sent", "failed", "unconfirmed", "delivered"]

# --- out


class Outgoing(Struct, frozen=True, kw_only=True):
    """One message for all of `to`.

    `message_id` is ours; an adapter hands it over as a tag or in its webhook's address, for `find` and receipts to name it.
    """

    message_id: str
    from_: str
    to: tuple[str, ...]
    body: str | None
    media: tuple[Media, ...] = ()


class RecipientResult(Struct, frozen=True, kw_only=True):
    """What became of a message for one recipient, as far as is known now.

    `sent`: the carrier took it. `delivered`: the handset has it. `failed`: it has not and will not. `unconfirmed`: nobody can
    say. `code` is the carrier's own; `opted_out` tells that it failed because the recipient opted out (R14).
    """

    recipient: str
    status: ResultStatus
    code: str | None = None
    opted_out: bool = False


class CarrierRefusedError(Exception):
    """The carrier refuses the whole message: nothing went out.

    `code` is the carrier's own. `retry_after` are the seconds after which the same message may be taken (a full queue, a limit
    per second); none if it never will be (too many recipients, a number that isn't ours).
    """

    def __init__(self, code: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"the carrier refuses the message ({code}): {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class CarrierUnclearError(Exception):
    """Whether the carrier has the message is not known: a time-out, a lost connection, an answer that can't be read.

    `retry_after` are the seconds after which `find` may tell; none if it never will.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(f"whether the carrier has the message is not known: {reason}")
        self.reason = reason
        self.retry_after = retry_after


class Carrier(Protocol):
    """A carrier's adapter. Its calls run in the event loop and block nothing."""

    @property
    def name(self) -> str:
        """The name in settings and events, as `simulator`."""

    @property
    def native_group(self) -> bool:
        """Whether the carrier passes on what one participant writes to the others; if not, the backend relays (R12)."""

    @property
    def max_recipients(self) -> int | None:
        """How many recipients a message can have, the business number not counted; none if the carrier sets no limit."""

    async def send(self, outgoing: Outgoing) -> tuple[RecipientResult, ...]:
        """Hand a message over; return one result per recipient, in the order of `to`.

        Raises `CarrierRefusedError` if nothing went out, `CarrierUnclearError` if that is not known. Sending the same message
        again may text everybody again.
        """

    async def find(self, outgoing: Outgoing) -> tuple[RecipientResult, ...] | None:
        """Return what became of an earlier `send` of the same message; none if the carrier certainly never got it.

        It texts nobody. Raises `CarrierUnclearError` if the carrier can't tell, now (`retry_after`) or ever.
        """


# --- back


class Receipt(Struct, frozen=True, kw_only=True):
    """What a carrier tells later about one recipient of an earlier message; may come twice, late, and out of order."""

    message_id: str
    recipient: str
    status: ReceiptStatus
    code: str | None = None
    opted_out: bool = False


class Inbound(Struct, frozen=True, kw_only=True):
    """A message that a person wrote to the business number `to`.

    `group` are the other participants, sorted, without writer and business number; none if the carrier does not say, or it was
    written to the business alone. A carrier that repeats its webhook repeats `carrier_message_id`.
    """

    from_: str
    to: str
    group: tuple[str, ...] | None
    body: str | None
    media: tuple[Media, ...]
    carrier_message_id: str


class Inbox(Protocol):
    """What stands behind a carrier's webhooks.

    Returning acknowledges: all is stored. Raising does not: the carrier brings the same again.
    """

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        """Store what is new in a batch; what is known, older, or of an unknown message adds nothing."""

    async def inbound(self, inbound: Inbound) -> object:
        """Store what a person wrote. Refusals (an unknown business number, no such group) are `RefusalError`s."""


Work = Callable[[Inbox, asyncio.Event], Awaitable[None]]
"""What an adapter does by itself until the event is set, with the inbox for what it finds."""


class Posted(Struct, frozen=True, kw_only=True):
    """What somebody has posted to a carrier's webhook: path and query as they were called, headers by lower-case name, the body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class NotTheCarrierError(RefusalError):
    """What was posted is not the carrier's, or not as the carrier sent it (R45); the detail says what is wrong with it."""

    slug = "not-the-carrier"


class Webhook(Protocol):
    """Takes what a carrier posts. Anybody can post to it: the adapter itself finds out whether it was the carrier."""

    async def __call__(self, posted: Posted, inbox: Inbox) -> None:
        """Hand to the inbox what a request brings. Returning acknowledges it; nothing else may be called before that.

        Raises `NotTheCarrierError` for what the carrier did not send, `InvalidRequestError` for what can't be read, and whatever
        the inbox raises: then the carrier brings it again.
        """
