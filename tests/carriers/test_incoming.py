"""A webhook's content is passed on before it is acknowledged; unknown content is acknowledged too (R45)."""

import pytest

from groupchat.carriers.incoming import News, hand_over
from groupchat.carriers.port import Inbound, Receipt
from groupchat.values.errors import NotFoundError
from tests.carriers.doubles import ANN, BUSINESS, RecordingInbox


class NoPlace(RecordingInbox):
    """Has no place for people's messages."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def inbound(self, _inbound: Inbound) -> None:
        raise self.error


NEWS = News(
    receipts=[Receipt(message_id="msg_1", recipient=ANN, status="sent")],
    inbound=[Inbound(from_=ANN, to=BUSINESS, group=(), body="Hi", media=(), carrier_message_id="M")] * 2,
    unknown=["message-read"],
)


async def test_a_message_without_a_conversation_is_acknowledged_R45():
    inbox = NoPlace(NotFoundError("nobody's number"))
    await hand_over("telnyx", NEWS, inbox)

    assert inbox.taken == list(NEWS.receipts)


async def test_an_unstored_message_is_not_acknowledged_and_comes_again_R45():
    with pytest.raises(RuntimeError):
        await hand_over("telnyx", NEWS, NoPlace(RuntimeError("the database is away")))
