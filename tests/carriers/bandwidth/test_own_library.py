"""Bandwidth's own library as the judge: it reads our requests, and writes the posts that we read."""

import json
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from groupchat.aggregates.group_events import Media
from groupchat.carriers.bandwidth.webhooks import news
from groupchat.carriers.port import Inbound, Outgoing, Receipt
from tests.carriers.bandwidth.bench import adapter
from tests.carriers.bandwidth.fake import FakeBandwidth, posted
from tests.carriers.doubles import ANN, BOB, BUSINESS, outgoing

PICTURE = Media(url="https://media.example.com/cat.png", content_type="image/png")
MESSAGE = {
    "id": "1589228074636lm4k2je7j7jklbn2",
    "applicationId": "93de2206-9669-4e07-948d-329f4b722ee2",
    "time": datetime(2026, 11, 21, 12, tzinfo=UTC),
    "segmentCount": 1,
    "channel": "MMS",
}


@pytest.fixture(scope="module")
def models() -> ModuleType:
    """The library's models. They take seconds to load, so only the process that runs these tests loads them."""
    from bandwidth import models  # noqa: PLC0415

    return models


def post_of(model: Any, **fields: Any) -> Any:
    """Return an event as the library writes it."""
    event = model.model_validate({"description": "An event.", "time": MESSAGE["time"]} | fields)
    return json.loads(event.model_dump_json(by_alias=True, exclude_none=True))


@pytest.mark.parametrize(
    "message",
    [outgoing(body="Hé 👍"), outgoing(to=(ANN,), body="Hi"), outgoing(body=None, media=(PICTURE,))],
    ids=lambda each: each.body,
)
def test_the_library_would_send_what_we_send_R28(models: ModuleType, message: Outgoing):
    _, content = adapter(FakeBandwidth()).request(message)

    assert json.loads(models.MessageRequest.model_validate_json(content, strict=True).to_json()) == json.loads(content)


def test_a_text_is_read_as_the_library_writes_it_R44(models: ModuleType):
    message = MESSAGE | {
        "owner": BUSINESS,
        "direction": "in",
        "to": [BUSINESS, BOB],
        "from": ANN,
        "text": "Hé",
        "media": [PICTURE.url],
    }
    (found,) = news(
        posted([post_of(models.InboundCallback, type="message-received", to=BUSINESS, message=message)]), confirms_delivery=True
    ).inbound

    assert found == Inbound(
        from_=ANN,
        to=BUSINESS,
        group=(BOB,),
        body="Hé",
        media=(Media(url=PICTURE.url, content_type="image/png"),),
        carrier_message_id=str(MESSAGE["id"]),
    )


@pytest.mark.parametrize(
    ("kind", "more", "receipt"),
    [
        ("message-sending", {}, {"status": "sent"}),
        ("message-delivered", {}, {"status": "delivered"}),
        ("message-failed", {"errorCode": 4720}, {"status": "failed", "code": "4720"}),
        ("message-failed", {"errorCode": 4775}, {"status": "failed", "code": "4775", "opted_out": True}),
    ],
)
def test_a_receipt_is_read_as_the_library_writes_it_R28(
    models: ModuleType, kind: str, more: dict[str, Any], receipt: dict[str, Any]
):
    message = MESSAGE | {"owner": BUSINESS, "direction": "out", "to": [ANN, BOB], "from": BUSINESS, "text": "", "tag": "msg_1"}
    event = post_of(models.StatusCallback, type=kind, to=ANN, message=message, **more)

    (found,) = news(posted([event]), confirms_delivery=True).receipts
    assert found == Receipt(message_id="msg_1", recipient=ANN, **receipt)
