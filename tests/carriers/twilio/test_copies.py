"""An MMS to the business alone is taken, and the copy of a group's message is not, although Twilio posts both alike."""

import httpx
import pytest

from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Inbound
from groupchat.carriers.twilio.adapter import Twilio
from groupchat.carriers.twilio.copies import SETTLED_SECONDS
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY, HandClock, RecordingInbox
from tests.carriers.twilio.fake import FakeTwilio, signed

ADDRESS = f"https://api.twilio.com/2010-04-01/Accounts/AC{'a' * 32}/Messages/MM1/Media/ME"
OTHER_NUMBER = "+15550109999"
FIELDS = {"MessageSid": "MM1", "From": ANN, "To": BUSINESS, "Body": "", "NumMedia": "2"} | {
    "MediaUrl0": f"{ADDRESS}0",
    "MediaContentType0": "image/jpeg",
    "MediaUrl1": f"{ADDRESS}1",
    "MediaContentType1": "video/mp4",
}
PICTURE = Inbound(
    from_=ANN,
    to=BUSINESS,
    group=(),
    body=None,
    media=(
        Media(url=f"{ADDRESS}0", content_type="image/jpeg"),
        Media(url=f"{ADDRESS}1", content_type="video/mp4"),
    ),
    carrier_message_id="MM1",
)


def wrote(
    vendor: FakeTwilio,
    author: str = ANN,
    body: str = "",
    at: str = "12:00:03",
    *,
    ours: str = BUSINESS,
    others: tuple[str, ...] = (BOB,),
) -> None:
    """Let the conversation of a group have one more message; the MMS was written at 12:00:00."""
    messages = vendor.conversation(ours, (ANN, *others)).messages
    messages.append({"sid": f"IM{len(messages)}", "author": author, "body": body, "date_created": f"2026-11-21T{at}Z"})


async def posted(twilio: Twilio, inbox: RecordingInbox, clock: HandClock, **changes: str) -> list[Inbound]:
    """Post the MMS, and return what is taken of it when it is due."""
    await twilio.webhook(signed(FIELDS | changes), inbox)
    assert await twilio.deliver_due(inbox) == 0
    clock.forward(SETTLED_SECONDS)
    assert await twilio.deliver_due(inbox) == 1
    return inbox.written


async def test_pictures_of_a_person_without_a_group_are_taken_R44(twilio: Twilio, inbox: RecordingInbox, clock: HandClock):
    assert await posted(twilio, inbox, clock) == [PICTURE]


async def test_pictures_of_a_person_with_groups_are_taken_R44(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock
):
    wrote(vendor, at="11:59:49")  # before
    wrote(vendor, author=BOB)  # by another person
    wrote(vendor, body="Look")  # with another text
    wrote(vendor, at="12:00:11")  # after
    wrote(vendor, ours=OTHER_NUMBER)  # to another business number

    assert await posted(twilio, inbox, clock) == [PICTURE]


@pytest.mark.parametrize("at", ["11:59:50", "12:00:00", "12:00:10"])
@pytest.mark.parametrize("body", ["", "Look"])
async def test_a_copy_that_names_nobody_is_not_taken_R44(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock, at: str, body: str
):
    wrote(vendor, at="11:00:00", others=(BOB, CY))
    wrote(vendor, body=body, at=at)

    assert await posted(twilio, inbox, clock, Body=body) == []


async def test_a_copy_is_found_behind_many_newer_messages_and_groups_R44(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock
):
    for n in range(60):
        vendor.conversation(BUSINESS, (ANN, f"+1555010{n:04}"))
    wrote(vendor)
    for _ in range(150):
        wrote(vendor, author=BOB, at="12:30:00")

    assert await posted(twilio, inbox, clock) == []


async def test_pictures_wait_until_twilio_can_be_asked_R45(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock
):
    await twilio.webhook(signed(FIELDS), inbox)
    clock.forward(SETTLED_SECONDS)
    vendor.fails_with = httpx.ConnectError("away")
    assert (await twilio.deliver_due(inbox), inbox.written) == (0, [])

    vendor.fails_with = None
    clock.forward(5)
    assert (await twilio.deliver_due(inbox), inbox.written) == (1, [PICTURE])


@pytest.mark.parametrize("nonsense", [b"<html>", b"{}", b'{"conversations": null}'])
async def test_nonsense_does_not_mean_that_the_person_has_no_group_R44(
    vendor: FakeTwilio, twilio: Twilio, inbox: RecordingInbox, clock: HandClock, nonsense: bytes
):
    vendor.answer = lambda _: httpx.Response(200, content=nonsense)
    await twilio.webhook(signed(FIELDS), inbox)
    clock.forward(SETTLED_SECONDS)

    assert (await twilio.deliver_due(inbox), inbox.written) == (0, [])
