"""Messages to one person at Twilio: one call, whose status callback names our message."""

from contextlib import suppress
from datetime import timedelta
from itertools import product
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from groupchat.aggregates import delivery
from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Receipt, RecipientResult
from groupchat.carriers.twilio.adapter import Twilio
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from tests.carriers.bench import Trouble
from tests.carriers.benches import EVERY_TROUBLE, LONGEST_PATIENCE, patience
from tests.carriers.doubles import ANN, BUSINESS, HandClock, RecordingInbox, outgoing
from tests.carriers.twilio.bench import adapter
from tests.carriers.twilio.fake import PATH, FakeTwilio, refused, signed
from tests.store.following import opened
from tests.support.builders import number
from tests.support.world import World, a_world

MESSAGES = f"https://api.twilio.com/2010-04-01/Accounts/AC{'a' * 32}/Messages.json"


def callback(status: str, code: str = "") -> dict[str, str]:
    """Return the fields of a status callback."""
    return {"MessageSid": "SM1", "MessageStatus": status, "To": ANN, "From": BUSINESS, "ErrorCode": code, "SmsStatus": status}


async def test_a_message_to_one_person_is_one_call_R44(vendor: FakeTwilio, twilio: Twilio):
    results = await twilio.send(outgoing(to=(ANN,), body="hi é"))

    (request,) = vendor.requests
    assert results == (RecipientResult(recipient=ANN, status="sent"),)
    assert str(request.url) == MESSAGES
    assert parse_qs(request.content.decode()) == {
        "To": [ANN],
        "From": [BUSINESS],
        "MessagingServiceSid": ["MG" + "a" * 32],
        "Body": ["hi é"],
        "StatusCallback": ["https://chat.example.com/v1/carriers/twilio/webhooks?message_id=msg_1"],
    }
    assert vendor.conversations == []


async def test_a_message_to_one_person_carries_its_files_R46(vendor: FakeTwilio, twilio: Twilio):
    urls = [f"https://chat.example.com/media/{n}" for n in range(10)]
    files = tuple(Media(url=url, content_type="image/png") for url in urls)
    await twilio.send(outgoing(to=(ANN,), body=None, media=files))

    (request,) = vendor.requests
    form = parse_qs(request.content.decode())
    assert form["MediaUrl"] == urls
    assert "Body" not in form


async def test_an_opt_out_that_twilio_knows_is_a_result_R14(vendor: FakeTwilio, twilio: Twilio):
    vendor.trouble, vendor.refusal = "refused", lambda: refused(21610, 400)

    assert await twilio.send(outgoing(to=(ANN,))) == (
        RecipientResult(recipient=ANN, status="failed", code="21610", opted_out=True),
    )


@pytest.mark.parametrize(
    ("response", "code", "retry_after"), [(refused(21211, 400), "21211", None), (refused(20429, 429), "20429", 5.0)]
)
async def test_a_refusal_says_whether_it_is_for_now_R49(
    vendor: FakeTwilio, twilio: Twilio, response: httpx.Response, code: str, retry_after: float | None
):
    vendor.trouble, vendor.refusal = "refused", lambda: response
    with pytest.raises(CarrierRefusedError) as found:
        await twilio.send(outgoing(to=(ANN,)))

    assert (found.value.code, found.value.retry_after) == (code, retry_after)


async def test_only_a_person_to_whom_nothing_was_sent_lately_certainly_has_nothing_R28(
    vendor: FakeTwilio, twilio: Twilio, clock: HandClock
):
    now = clock.now.replace(microsecond=0)
    assert await twilio.find(outgoing(to=(ANN,), begun_at=now)) is None

    await twilio.send(outgoing("msg_earlier", to=(ANN,)))
    assert await twilio.find(outgoing(to=(ANN,), begun_at=now + timedelta(seconds=61))) is None
    with pytest.raises(CarrierUnclearError) as found:
        await twilio.find(outgoing(to=(ANN,), begun_at=now + timedelta(seconds=60)))
    assert found.value.retry_after is None


@pytest.mark.parametrize("nonsense", [b"<html>", b"{}", b'{"messages": null}', b'{"messages": [{"date_created": "yesterday"}]}'])
async def test_nonsense_does_not_mean_that_nothing_was_sent_R28(vendor: FakeTwilio, twilio: Twilio, nonsense: bytes):
    vendor.answer = lambda _: httpx.Response(200, content=nonsense)

    with pytest.raises(CarrierUnclearError):
        await twilio.find(outgoing(to=(ANN,)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (callback("queued"), Receipt(message_id="msg_1", recipient=ANN, status="sent")),
        (callback("delivered"), Receipt(message_id="msg_1", recipient=ANN, status="delivered")),
        (callback("undelivered", "30003"), Receipt(message_id="msg_1", recipient=ANN, status="failed", code="30003")),
        (callback("failed", "21610"), Receipt(message_id="msg_1", recipient=ANN, status="failed", code="21610", opted_out=True)),
    ],
)
async def test_a_status_callback_is_a_receipt_R28(twilio: Twilio, inbox: RecordingInbox, fields: dict[str, str], expected: Receipt):
    await twilio.webhook(signed(fields, path=f"{PATH}?message_id=msg_1"), inbox)

    assert inbox.taken == [expected]


async def test_a_person_gets_a_message_once_or_it_is_unconfirmed_R28(vendor: FakeTwilio, database_url: str, clock: HandClock):
    async with opened(database_url, clock=clock) as store:
        world = await a_world(store)
        for n, troubles in enumerate(product(EVERY_TROUBLE, (None, "cut off", "never arrived")), start=1):
            message_id = await _meeting(world, vendor, clock, n, (*troubles, None, None))
            (outcome,) = (await store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses.values()
            texts = len(vendor.phones[number(n)])

            assert (outcome, texts) in {("sent", 1), ("failed", 0), ("unconfirmed", 0), ("unconfirmed", 1)}, troubles
            assert outcome != "failed" or "refused" in troubles, troubles
            if texts:
                await _called_back(world, vendor, clock, message_id)
                statuses = (await store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses
                assert statuses == {number(n): "delivered"}, troubles


async def _meeting(world: World, vendor: FakeTwilio, clock: HandClock, n: int, troubles: tuple[Trouble | None, ...]) -> str:
    """Answer a person who wrote to the business alone; the calls meet these troubles. Return the answer's id."""
    direct = (await world.writes(n, "Hi", group=())).value.conversation_id
    message_id = await world.send(direct)
    carrier, vendor.clock = adapter(vendor, world.store.database, clock), clock
    for trouble in troubles:
        vendor.trouble = trouble
        with suppress(PutOffError):
            await DeliveryProcess(world.store, carrier, patience=patience(trouble)).react(await world.message(message_id))
        vendor.arrive()
        clock.forward(2 * LONGEST_PATIENCE)
    return message_id


async def _called_back(world: World, vendor: FakeTwilio, clock: HandClock, message_id: str) -> None:
    (sent,) = [each for each in vendor.sent if each["status_callback"].endswith(f"={message_id}")]
    called = urlsplit(sent["status_callback"])
    fields = {"MessageSid": sent["sid"], "MessageStatus": "delivered", "To": sent["to"], "From": sent["from"]}
    carrier = adapter(vendor, world.store.database, clock)
    await carrier.webhook(signed(fields, path=f"{called.path}?{called.query}"), CarrierInbox(Arrivals(world.store), carrier.name))
