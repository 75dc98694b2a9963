"""R43: a business number has a carrier, and a message that this carrier doesn't take is refused before anything is stored."""

import pytest
from msgspec.structs import replace

from groupchat.aggregates import carrier_limit
from groupchat.aggregates.business_numbers import ChangeNumber
from groupchat.aggregates.carrier_limit import CarrierLimitError
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.roster import InvalidGroupError
from groupchat.commands import business_numbers
from groupchat.commands.conversations import Draft, create_successor, send_message
from groupchat.values.carriers import CarrierLimits, KnownCarriers
from groupchat.values.errors import InvalidRequestError
from tests.support.builders import BUSINESS
from tests.support.world import World

KNOWN = KnownCarriers(
    default="roomy",
    limits={
        "roomy": CarrierLimits(),
        "small": CarrierLimits(recipients=2, characters=5, files=1, media_bytes=1000),
        "apart": CarrierLimits(files=2, media_bytes=1000, files_apart=True, types_apart=frozenset({"video/mp4"})),
    },
)
FILE = Media(url="https://m.example/a.png", content_type="image/png")
FILM = Media(url="https://m.example/a.mp4", content_type="video/mp4", size=1001)
OURS = Media(url="urn:groupchat:media:med_1", content_type="video/mp4", media_id="med_1", size=1000)


@pytest.fixture
def world(world: World) -> World:
    world.store.know(KNOWN)
    return world


async def over(world: World, carrier: str | None) -> None:
    """Let the business number's messages go over a carrier."""
    await world.run(business_numbers.change_number, ChangeNumber(number=BUSINESS, carrier=carrier))


async def test_a_group_has_at_most_as_many_participants_as_its_carrier_takes_R43(world: World):
    await world.group(1, 2, 3)
    await over(world, "small")
    before = await world.log()

    with pytest.raises(InvalidGroupError) as refused:
        await world.group(4, 5, 6)
    assert [(each.rule, each.code) for each in refused.value.violations] == [("R43", "carrier-limit")]
    assert await world.log() == before
    await world.group(4, 5)


async def test_a_successor_too_has_at_most_as_many_R43_R18(world: World):
    group = await world.group(1, 2, 3, 4)
    await world.writes(1, "STOP")
    await over(world, "small")

    with pytest.raises(InvalidGroupError) as refused:
        await world.run(create_successor, group)
    assert [each.code for each in refused.value.violations] == ["carrier-limit"]


@pytest.mark.parametrize(
    ("draft", "limit"),
    [
        (Draft(body="longer"), 5),
        (Draft(media=(FILE, FILE)), 1),
        (Draft(media=(FILM,)), 1000),
        (Draft(body="short", media=(FILE,)), None),
    ],
)
async def test_a_message_is_as_long_as_its_carrier_takes_R43(world: World, draft: Draft, limit: int | None):
    group = await world.group(1, 2)
    await over(world, "small")
    before = await world.log()

    if limit is None:
        await world.run(send_message, group, draft)
        return
    with pytest.raises(CarrierLimitError) as refused:
        await world.run(send_message, group, draft)
    assert refused.value.members == {"carrier": "small", "limit": limit}
    assert await world.log() == before


@pytest.mark.parametrize(
    ("media", "says"),
    [
        (FILE, "takes only files that were uploaded, not the address https://m.example/a.png"),
        (OURS, None),
        (replace(OURS, content_type="audio/ogg"), "does not send files of the type audio/ogg to a group"),
        (replace(OURS, content_type="image/webp", size=5_000_000), "files of up to 1000 bytes, but one has 600000"),
        (replace(OURS, size=1001), "files of up to 1000 bytes, but one has 1001"),
    ],
)
def test_a_file_that_cannot_be_a_message_of_its_own_is_refused_for_a_group_R43(media: Media, says: str | None):
    limits = KNOWN.limits["apart"]
    carrier_limit.require(limits, "apart", recipients=1, body="Hi", media=[replace(media, size=500)])
    if says is None:
        carrier_limit.require(limits, "apart", recipients=2, body="Hi", media=[media, media])
        return
    with pytest.raises(CarrierLimitError, match=says):
        carrier_limit.require(limits, "apart", recipients=2, body="Hi", media=[OURS, media])


async def test_a_group_that_is_too_large_for_a_new_carrier_is_readable_but_cannot_be_sent_to_R43(world: World):
    group = await world.group(1, 2, 3)
    await over(world, "small")
    with pytest.raises(CarrierLimitError):
        await world.send(group, "Hi")

    await over(world, None)
    await world.send(group, "Hi")


async def test_a_carrier_must_be_configured_to_be_named_R43(world: World):
    with pytest.raises(InvalidRequestError, match="'unknown' is not configured"):
        await over(world, "unknown")
