"""Hand-made stand-ins: a clock that a test moves, and an inbox that remembers, and can fail first."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Inbound, Outgoing, Receipt
from tests.support.builders import START

BUSINESS = "+14155550100"
ANN, BOB, CY = "+14155550101", "+14155550102", "+14155550103"


class HandClock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, 0, 123_457, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class RecordingInbox:
    """Keeps people's messages, and the batches that it takes.

    It takes no batch with a message in `refuses`, and raises `crashes` once after keeping one.
    """

    def __init__(self) -> None:
        self.batches: list[tuple[Receipt, ...]] = []
        self.written: list[Inbound] = []
        self.refuses: set[str] = set()
        self.crashes: BaseException | None = None

    @property
    def taken(self) -> list[Receipt]:
        return [receipt for batch in self.batches for receipt in batch]

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        if self.refuses & {receipt.message_id for receipt in batch}:
            msg = "not now"
            raise RuntimeError(msg)
        self.batches.append(tuple(batch))
        if self.crashes is not None:
            crash, self.crashes = self.crashes, None
            raise crash

    async def inbound(self, inbound: Inbound) -> None:
        self.written.append(inbound)


def outgoing(
    message_id: str = "msg_1",
    *,
    to: tuple[str, ...] = (ANN, BOB, CY),
    body: str | None = "Hello",
    media: tuple[Media, ...] = (),
    from_: str = BUSINESS,
    begun_at: datetime = START,
) -> Outgoing:
    return Outgoing(message_id=message_id, from_=from_, to=to, body=body, media=media, begun_at=begun_at)
