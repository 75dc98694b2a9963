"""The simulated carrier's sending, handsets and switches, on both databases."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Carrier, CarrierRefusedError, CarrierUnclearError, Inbound, Receipt, RecipientResult
from groupchat.carriers.simulator.adapter import HandsetMessage, Simulator
from groupchat.carriers.simulator.behaviors import Behavior, Switch
from groupchat.store.database import Database
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY, HandClock, RecordingInbox, outgoing
from tests.carriers.simulator.bench import posting_to

PICTURE = Media(url="https://example.com/cat.jpg", content_type="image/jpeg")
ALL_SENT = tuple(RecipientResult(recipient=number, status="sent") for number in (ANN, BOB, CY))
TEXTS = {
    "emoji with joiners": "\U0001f469\U0001f3fd\u200d\U0001f469\u200d\U0001f467\U0001f3ff \U0001f3f3\ufe0f\u200d\U0001f308 🇨🇦",
    "right to left": "שלום \u202e\u0645\u0631\u062d\u0628\u0627\u202c \u200f!",
    "combining": "e\u0301 \u00e9 a\u0328\u0301 नमस्ते ก็",
    "line ends": "one\r\ntwo\nthree\rfour\u2028five ",
    "invisible": "\ufeff\u200a\u200b👍\u200b\u200a\u00a0\u00ad",
    "quotes": "“It's 100%” \\ \" ' ; -- :name %s \x01",
    "blanks": "  \t ",
}


def received(*, from_: str = BUSINESS, group: tuple[str, ...], at: HandClock, body: str | None = "Hello") -> HandsetMessage:
    return HandsetMessage(from_=from_, group=group, body=body, media=(), at=at.now)


async def drained(simulator: Simulator, inbox: RecordingInbox, clock: HandClock) -> list[Receipt]:
    """Let an hour pass, and return every receipt that came."""
    await simulator.deliver_due(posting_to(simulator, inbox))
    clock.forward(3_600)
    await simulator.deliver_due(posting_to(simulator, inbox))
    return inbox.taken


async def test_a_message_reaches_every_recipient_in_one_group_thread_R10_R12(simulator: Simulator, clock: HandClock) -> None:
    carrier: Carrier = simulator

    assert await carrier.send(outgoing()) == ALL_SENT

    assert await simulator.handset(ANN) == [received(group=(BOB, CY), at=clock)]
    assert await simulator.handset(BOB) == [received(group=(ANN, CY), at=clock)]
    assert await simulator.handset(CY) == [received(group=(ANN, BOB), at=clock)]
    assert await simulator.handset(BUSINESS) == []


async def test_a_handset_shows_messages_oldest_first_R28(simulator: Simulator, clock: HandClock) -> None:
    await simulator.send(outgoing("msg_1", body="first"))
    await simulator.write(BOB, BUSINESS, (ANN, CY), "second")
    clock.forward(-60)
    await simulator.send(outgoing("msg_2", body="third"))

    assert [message.body for message in await simulator.handset(ANN)] == ["first", "second", "third"]


async def test_messages_sent_at_once_reach_the_handset_in_the_order_of_the_calls_R28(simulator: Simulator) -> None:
    await asyncio.gather(*(simulator.send(outgoing(f"msg_{n}", body=str(n))) for n in range(450)))

    assert [message.body for message in await simulator.handset(ANN)] == [str(n) for n in range(450)]


async def test_a_handset_message_has_the_wire_names_of_the_contract_R12(simulator: Simulator) -> None:
    await simulator.send(outgoing(to=(ANN, BOB), body=None, media=(PICTURE,)))

    (message,) = await simulator.handset(ANN)
    assert msgspec.json.decode(msgspec.json.encode(message)) == {
        "from": BUSINESS,
        "group": [BOB],
        "body": None,
        "media": [{"url": "https://example.com/cat.jpg", "content_type": "image/jpeg"}],
        "at": "2026-11-21T12:00:00.123457Z",
    }


async def test_a_handset_can_be_shown_as_one_business_knows_it_R12(simulator: Simulator) -> None:
    await simulator.send(outgoing(body="ours"))
    await simulator.send(outgoing("msg_2", body="theirs", from_="+14155550199"))
    await simulator.write(BOB, BUSINESS, (ANN,), "to us")

    assert [message.body for message in await simulator.handset(ANN, {BUSINESS})] == ["ours", "to us"]
    assert await simulator.handset(ANN, ()) == []


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_text_reaches_handsets_to_the_last_code_point_R10(simulator: Simulator, text: str) -> None:
    await simulator.send(outgoing(body=text))
    inbound = await simulator.write(BOB, BUSINESS, (ANN, CY), text)

    assert [message.body for message in await simulator.handset(ANN)] == [text, text]
    assert inbound.body == text


async def test_two_instances_on_one_database_are_one_carrier_R12(simulator: Simulator, database_url: str, clock: HandClock) -> None:
    other_database = Database(database_url)
    other = Simulator(other_database, clock)

    await other.behave(CY, "fail")
    results = await simulator.send(outgoing())

    assert [result.status for result in results] == ["sent", "sent", "failed"]
    assert await other.handset(ANN) == [received(group=(BOB, CY), at=clock)]
    assert await other.find(outgoing()) == results
    other_database.close()


# --- what a participant writes


async def test_a_participants_message_reaches_the_others_R12(simulator: Simulator, clock: HandClock) -> None:
    inbound = await simulator.write(BOB, BUSINESS, (CY, BUSINESS, ANN, BOB), "Hello", (PICTURE,))

    assert inbound == Inbound(
        from_=BOB,
        to=BUSINESS,
        group=(ANN, CY),
        body="Hello",
        media=(PICTURE,),
        carrier_message_id=inbound.carrier_message_id,
    )
    assert await simulator.handset(ANN) == [
        HandsetMessage(from_=BOB, group=(BOB, CY), body="Hello", media=(PICTURE,), at=clock.now)
    ]
    assert [message.group for message in await simulator.handset(CY)] == [(ANN, BOB)]
    assert await simulator.handset(BOB) == []
    assert await simulator.handset(BUSINESS) == []


async def test_each_written_message_has_an_id_of_its_own_R12(simulator: Simulator) -> None:
    first, second = [await simulator.write(BOB, BUSINESS, (ANN,), "Hello") for _ in range(2)]

    assert first.carrier_message_id != second.carrier_message_id
    assert len(await simulator.handset(ANN)) == 2


async def test_the_same_written_message_again_reaches_nobody_twice_R12(simulator: Simulator) -> None:
    first, again = [await simulator.write(BOB, BUSINESS, (ANN,), "Hello", carrier_message_id="x1") for _ in range(2)]

    assert first == again
    assert len(await simulator.handset(ANN)) == 1


async def test_a_text_to_the_business_alone_reaches_no_other_handset_R15(simulator: Simulator) -> None:
    await simulator.send(outgoing())

    inbound = await simulator.write(ANN, BUSINESS, None, "STOP")

    assert inbound.group is None
    assert len(await simulator.handset(BOB)) == 1


async def test_without_native_group_each_text_goes_to_one_alone_R12(database: Database, clock: HandClock) -> None:
    simulator = Simulator(database, clock, native_group=False)

    await simulator.send(outgoing())
    await simulator.write(BOB, BUSINESS, (ANN, CY), "only the business reads this")

    assert await simulator.handset(ANN) == [received(group=(), at=clock)]


# --- switches of a recipient


@pytest.mark.parametrize(
    ("behavior", "result"),
    [
        ("fail", RecipientResult(recipient=BOB, status="failed", code="30003")),
        ("opted_out", RecipientResult(recipient=BOB, status="failed", code="21610", opted_out=True)),
    ],
)
async def test_a_recipient_fails_alone_in_the_answer_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock, behavior: Behavior, result: RecipientResult
) -> None:
    await simulator.behave(BOB, behavior)

    assert await simulator.send(outgoing()) == (ALL_SENT[0], result, ALL_SENT[2])
    assert await simulator.find(outgoing()) == (ALL_SENT[0], result, ALL_SENT[2])
    assert await simulator.handset(BOB) == []
    assert len(await simulator.handset(CY)) == 1
    assert [receipt.recipient for receipt in await drained(simulator, inbox, clock)] == [ANN, CY]


@pytest.mark.parametrize(("behavior", "opted_out"), [("fail", False), ("opted_out", True)])
async def test_a_recipient_fails_later_by_a_receipt_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock, behavior: Behavior, *, opted_out: bool
) -> None:
    await simulator.behave(BOB, behavior, seconds=30, code="E7")

    assert await simulator.send(outgoing(to=(BOB,))) == (ALL_SENT[1],)
    assert await simulator.handset(BOB) == []
    clock.forward(29.999)
    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 0
    clock.forward(0.001)
    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 1
    assert inbox.taken == [Receipt(message_id="msg_1", recipient=BOB, status="failed", code="E7", opted_out=opted_out)]


@pytest.mark.parametrize(
    ("behavior", "status", "receipts"),
    [
        (None, "sent", ["delivered"]),
        ("silent", "sent", []),
        ("unconfirmed", "unconfirmed", []),
        ("duplicate", "sent", ["delivered", "delivered"]),
        ("late", "sent", ["delivered"]),
        ("out_of_order", "sent", ["delivered", "sent"]),
    ],
)
async def test_a_recipient_receives_and_its_receipts_arrive_as_configured_R28(
    simulator: Simulator,
    inbox: RecordingInbox,
    clock: HandClock,
    behavior: Behavior | None,
    status: str,
    receipts: list[str],
) -> None:
    await simulator.behave(BOB, behavior, seconds=10)

    (result,) = await simulator.send(outgoing(to=(BOB,)))

    assert result.status == status
    assert len(await simulator.handset(BOB)) == 1
    assert [receipt.status for receipt in await drained(simulator, inbox, clock)] == receipts


@pytest.mark.parametrize(("behavior", "at_once"), [("late", []), ("out_of_order", ["delivered"])])
async def test_a_late_receipt_comes_after_its_seconds_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock, behavior: Behavior, at_once: list[str]
) -> None:
    await simulator.behave(BOB, behavior, seconds=10)
    await simulator.send(outgoing(to=(BOB,)))

    await simulator.deliver_due(posting_to(simulator, inbox))

    assert [receipt.status for receipt in inbox.taken] == at_once
    assert await simulator.next_due() == clock.now + timedelta(seconds=10)


async def test_a_switch_is_kept_replaced_and_taken_back_R28(simulator: Simulator) -> None:
    assert await simulator.behavior(BOB) == Switch()
    await simulator.behave(BOB, "late", seconds=2.5)
    assert await simulator.behavior(BOB) == Switch(behavior="late", seconds=2.5)
    await simulator.behave(BOB, "fail", code="E7")
    assert await simulator.behavior(BOB) == Switch(behavior="fail", code="E7")
    assert await simulator.behavior(ANN) == Switch()
    await simulator.behave(BOB, None)
    assert await simulator.behavior(BOB) == Switch()


# --- switches of a business number


async def test_a_refused_message_went_nowhere_R28(simulator: Simulator) -> None:
    await simulator.behave(BUSINESS, "refuse", code="40300")

    with pytest.raises(CarrierRefusedError, match="40300") as refused:
        await simulator.send(outgoing())

    assert (refused.value.code, refused.value.retry_after) == ("40300", None)
    assert await simulator.handset(ANN) == []
    assert await simulator.find(outgoing()) is None
    assert await simulator.next_due() is None


async def test_a_carrier_that_is_busy_says_when_to_try_again_R28(simulator: Simulator) -> None:
    await simulator.behave(BUSINESS, "refuse", seconds=5)

    with pytest.raises(CarrierRefusedError) as refused:
        await simulator.send(outgoing())

    assert refused.value.retry_after == 5


async def test_a_refusal_touches_no_message_of_another_number_sent_at_once_R28(simulator: Simulator) -> None:
    await simulator.behave(BUSINESS, "refuse")

    refused, sent = await asyncio.gather(
        simulator.send(outgoing()), simulator.send(outgoing("msg_2", from_="+14155550199")), return_exceptions=True
    )

    assert isinstance(refused, CarrierRefusedError)
    assert sent == ALL_SENT


async def test_more_recipients_than_the_carrier_takes_are_refused_R1(database: Database, clock: HandClock) -> None:
    simulator = Simulator(database, clock, max_recipients=2)

    with pytest.raises(CarrierRefusedError, match="4435"):
        await simulator.send(outgoing())

    assert len(await simulator.send(outgoing("msg_2", to=(ANN, BOB)))) == 2


async def test_an_unclear_message_went_out_and_can_be_found_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock
) -> None:
    await simulator.behave(BUSINESS, "unclear")

    with pytest.raises(CarrierUnclearError) as unclear:
        await simulator.send(outgoing())

    assert unclear.value.retry_after is not None
    assert await simulator.find(outgoing()) == ALL_SENT
    assert len(await simulator.handset(ANN)) == 1
    assert len(await drained(simulator, inbox, clock)) == 3


async def test_a_lost_message_went_nowhere_and_that_can_be_found_R28(simulator: Simulator) -> None:
    await simulator.behave(BUSINESS, "lost")

    with pytest.raises(CarrierUnclearError):
        await simulator.send(outgoing())

    assert await simulator.find(outgoing()) is None
    assert await simulator.handset(ANN) == []


async def test_the_carrier_knows_nothing_about_an_unknowable_message_R28(simulator: Simulator) -> None:
    await simulator.behave(BUSINESS, "unknowable")

    with pytest.raises(CarrierUnclearError) as unclear:
        await simulator.send(outgoing())
    with pytest.raises(CarrierUnclearError):
        await simulator.find(outgoing())

    assert unclear.value.retry_after is None
    assert len(await simulator.handset(ANN)) == 1
    await simulator.behave(BUSINESS, None)
    assert await simulator.find(outgoing()) == ALL_SENT


# --- finding


async def test_a_message_that_was_never_sent_is_not_found_R28(simulator: Simulator) -> None:
    assert await simulator.find(outgoing()) is None


async def test_a_message_sent_twice_texts_everybody_twice_R28(simulator: Simulator) -> None:
    await simulator.behave(BOB, "fail")
    await simulator.send(outgoing())
    await simulator.behave(BOB, None)
    await simulator.send(outgoing())

    assert len(await simulator.handset(ANN)) == 2
    assert await simulator.find(outgoing()) == ALL_SENT


async def test_a_database_that_is_gone_leaves_the_outcome_unclear_R28(clock: HandClock) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    simulator = Simulator(gone, clock)

    with pytest.raises(CarrierUnclearError):
        await simulator.send(outgoing())
    with pytest.raises(CarrierUnclearError):
        await simulator.find(outgoing())
    gone.close()
