"""Bandwidth's adapter on a bench (`tests/carriers/bench.py`)."""

from groupchat.carriers.bandwidth.adapter import Bandwidth, BandwidthAccount
from groupchat.carriers.bandwidth.passwords import WebhookLogin
from groupchat.carriers.calls import Calls
from groupchat.carriers.port import Inbox, Receipt
from tests.carriers.bandwidth.fake import LOGIN, FakeBandwidth, posted
from tests.carriers.vendor import VendorBench
from tests.support.builders import BUSINESS

EVENTS = {"sent": "message-sent", "delivered": "message-delivered", "failed": "message-failed", "unconfirmed": "message-failed"}
CODES = {"failed": 4720, "unconfirmed": 9902}


def adapter(vendor: FakeBandwidth, *, confirms_delivery: bool = True) -> Bandwidth:
    account = BandwidthAccount(
        account_id="9900000", application_id="app", webhook_logins=[WebhookLogin(*LOGIN)], confirms_delivery=confirms_delivery
    )
    return Bandwidth(account, Calls("https://messaging.bandwidth.com/api/v2", basic=("user", "password"), transport=vendor))


class BandwidthBench(VendorBench):
    """Fulfils `Bench`."""

    can_be_asked = False

    def __init__(self) -> None:
        self.vendor = FakeBandwidth()
        self.carrier = adapter(self.vendor)

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        message = {
            "id": "M",
            "owner": receipt.recipient,
            "direction": "out",
            "from": BUSINESS,
            "text": "",
            "tag": receipt.message_id,
        }
        event = {"type": EVENTS[receipt.status], "to": receipt.recipient, "message": message}
        code = 4775 if receipt.opted_out else CODES.get(receipt.status)
        await self.carrier.webhook(posted([event if code is None else event | {"errorCode": code}]), inbox)

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        to = [BUSINESS, *(group or ())]
        message = {"id": f"in-{body}", "owner": BUSINESS, "direction": "in", "to": to, "from": from_, "text": body}
        for _ in range(times):
            await self.carrier.webhook(posted([{"type": "message-received", "to": BUSINESS, "message": message}]), inbox)
