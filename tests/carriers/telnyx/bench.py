"""Telnyx's adapter on a bench (`tests/carriers/bench.py`)."""

from groupchat.carriers.calls import Calls
from groupchat.carriers.port import Inbox, Receipt
from groupchat.carriers.telnyx.adapter import Telnyx, TelnyxAccount
from tests.carriers.doubles import HandClock
from tests.carriers.telnyx.fake import PATH, PUBLIC_KEY, FakeTelnyx, event, signed
from tests.carriers.vendor import VendorBench
from tests.support.builders import BUSINESS

WEBHOOK_URL = f"https://chat.example.com{PATH}"
WORDS = {"sent": "sent", "delivered": "delivered", "failed": "delivery_failed", "unconfirmed": "unknown"}
STOPPED = {"code": "40300", "title": "Blocked due to STOP message", "detail": "An existing block rule."}


def adapter(vendor: FakeTelnyx, clock: HandClock, *, trust_key: bool = False) -> Telnyx:
    account = TelnyxAccount(public_keys=[PUBLIC_KEY], webhook_url=WEBHOOK_URL, trust_key=trust_key)
    calls = Calls("https://api.telnyx.com/v2", headers={"authorization": "Bearer KEY"}, transport=vendor)
    return Telnyx(account, calls, clock)


class TelnyxBench(VendorBench):
    """Fulfils `Bench`."""

    def __init__(self, clock: HandClock, *, trust_key: bool) -> None:
        self.can_be_asked = trust_key
        self.vendor = FakeTelnyx(honors_keys=trust_key)
        self.carrier = adapter(self.vendor, clock, trust_key=trust_key)
        self._clock = clock

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        payload = {
            "direction": "outbound",
            "id": "40318f29-5c3f-4689-aa8a-4f41c6d49178",
            "from": {"phone_number": BUSINESS},
            "to": [{"phone_number": receipt.recipient, "status": WORDS[receipt.status]}],
            "errors": [STOPPED] if receipt.opted_out else [],
            "webhook_url": f"{WEBHOOK_URL}/{receipt.message_id}",
        }
        await self._post(event("message.finalized", payload), inbox)

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        payload = {
            "direction": "inbound",
            "id": f"in-{body}",
            "from": {"phone_number": from_, "carrier": "AT&T", "line_type": "Wireless"},
            "to": [{"phone_number": BUSINESS, "status": "webhook_delivered"}],
            "cc": [BUSINESS, *(group or ())],
            "text": body,
            "media": [],
        }
        for _ in range(times):
            await self._post(event("message.received", payload), inbox)

    async def _post(self, body: bytes, inbox: Inbox) -> None:
        await self.carrier.webhook(signed(body, self._clock()), inbox)
