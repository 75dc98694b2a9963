"""What people send is fetched, kept and recorded once; what can't be fetched is put off, and then missing (R46)."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest

from groupchat.addresses import Addresses
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.media import MediaAttached, MediaMissing, MediaStored
from groupchat.carriers.port import Inbound
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.media.fetching import Fetcher, MediaSource, NotNowError, NotThereError, RefusedFileError
from groupchat.media.folder import Folder
from groupchat.media.port import MediaStoreError
from groupchat.processes.acting import Acting
from groupchat.processes.media_fetching import MediaFetching
from groupchat.processes.process import PutOffError
from groupchat.store.terms import NO_TERMS
from groupchat.values.event import Event, Recorded
from tests.carriers.doubles import HandClock
from tests.media.files import BY_TYPE
from tests.processes.fake_carrier import CrashError
from tests.store.counting import until
from tests.store.following import opened, running
from tests.support.builders import number
from tests.support.world import CARRIER, World, a_world

CAT, DOG = BY_TYPE["image/png"], BY_TYPE["image/jpeg"]
KEPT_SECONDS = 86_400.0


class FakeFetcher(Fetcher):
    """A carrier's place for files, by their addresses; an error instead of a content is raised."""

    def __init__(self, files: Mapping[str, bytes | Exception]) -> None:
        super().__init__({CARRIER: MediaSource(below=["https://c.example/"], kept_seconds=KEPT_SECONDS)}, Addresses())
        self.files = dict(files)
        self.asked: list[tuple[str, str]] = []

    async def fetch(self, carrier: str, url: str, file: IO[bytes]) -> None:
        self.asked.append((carrier, url))
        found = self.files[url]
        if isinstance(found, Exception):
            raise found
        file.write(found)


class Dying(Folder):
    """A media store under which the process dies, before or after a file is kept."""

    def __init__(self, path: Path, *, kept: bool) -> None:
        super().__init__(path)
        self._kept = kept

    async def put(self, name: str, file: IO[bytes]) -> None:
        if self._kept:
            await super().put(name, file)
        raise CrashError


class Full(Folder):
    async def put(self, name: str, file: IO[bytes]) -> None:
        msg = "The disk is full."
        raise MediaStoreError(msg)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def world(database_url: str, clock: HandClock):
    async with opened(database_url, clock=clock) as store:
        yield await a_world(store)


async def picture_of(world: World, *names: str, n: int = 1) -> Recorded:
    """Let the n-th person send files, and return the message."""
    inbound = Inbound(
        from_=number(n),
        to=world.business,
        group=(),
        body=None,
        media=tuple(Media(url=name, content_type="image/png") for name in names),
        carrier_message_id=f"sms_{n}",
    )
    received = await CarrierInbox(Arrivals(world.store), CARRIER).inbound(inbound)
    return await world.message(received.value.message_id)


async def recorded_of(world: World, message: Recorded) -> list[Event]:
    """Return the events of a message's files."""
    return [event for file in message.event.media for event in await world.events(file.media_id)]


async def content(folder: Folder, stored: MediaStored) -> bytes:
    return b"".join([piece async for piece in folder.read(stored.sha256)])


async def test_each_file_of_a_message_is_kept_and_recorded_with_what_it_is_R46(world: World, tmp_path: Path):
    message, folder = await picture_of(world, "cat", "dog"), Folder(tmp_path)
    fetcher = FakeFetcher({"cat": CAT, "dog": DOG})
    await MediaFetching(world.store, folder, fetcher).react(message)

    cat, at_cat, dog, at_dog = await recorded_of(world, message)
    assert (cat.content_type, cat.size, cat.width, cat.height) == ("image/png", len(CAT), 40, 20)
    assert (dog.content_type, dog.size) == ("image/jpeg", len(DOG))
    assert (await content(folder, cat), await content(folder, dog)) == (CAT, DOG)
    assert [at_cat.message_id, at_dog.conversation_id] == [message.event.message_id, message.stream]
    assert fetcher.asked == [(CARRIER, "cat"), (CARRIER, "dog")]


async def test_a_repeated_run_fetches_and_adds_nothing_R46(world: World, tmp_path: Path):
    message = await picture_of(world, "cat", "gone")
    fetcher = FakeFetcher({"cat": CAT, "gone": RefusedFileError("Not the carrier's.")})
    await MediaFetching(world.store, Folder(tmp_path), fetcher).react(message)
    before, asked = await world.log(), list(fetcher.asked)
    await MediaFetching(world.store, Folder(tmp_path), fetcher).react(message)

    assert (await world.log(), fetcher.asked) == (before, asked)


@pytest.mark.parametrize("kept", [False, True])
async def test_a_process_that_dies_begins_again_R46(world: World, tmp_path: Path, *, kept: bool):
    message, fetcher = await picture_of(world, "cat"), FakeFetcher({"cat": CAT})
    with pytest.raises(CrashError):
        await MediaFetching(world.store, Dying(tmp_path, kept=kept), fetcher).react(message)
    assert await recorded_of(world, message) == []
    await MediaFetching(world.store, Folder(tmp_path), fetcher).react(message)

    assert [type(event) for event in await recorded_of(world, message)] == [MediaStored, MediaAttached]


async def test_a_file_that_is_refused_is_missing_with_the_reason_R46(world: World, tmp_path: Path):
    message = await picture_of(world, "foreign", "page")
    fetcher = FakeFetcher({"foreign": RefusedFileError("Not the carrier's."), "page": b"<!DOCTYPE html>"})
    await MediaFetching(world.store, Folder(tmp_path), fetcher).react(message)

    foreign, page = await recorded_of(world, message)
    assert isinstance(foreign, MediaMissing)
    assert foreign.reason == "Not the carrier's."
    assert "none of the known types" in page.reason


@pytest.mark.parametrize(
    ("error", "over"), [(NotThereError("status 404"), 901.0), (NotNowError("the response is 500"), KEPT_SECONDS + 1)]
)
async def test_a_file_is_put_off_while_the_carrier_may_have_it_and_then_missing_R46(
    world: World, tmp_path: Path, clock: HandClock, error: Exception, over: float
):
    message, fetcher = await picture_of(world, "cat", "late"), FakeFetcher({"cat": CAT, "late": error})
    process, waited, pauses = MediaFetching(world.store, Folder(tmp_path), fetcher), 0.0, []
    while not (await recorded_of(world, message))[2:]:
        try:
            await process.react(message)
        except PutOffError as later:
            pauses.append(later.seconds)
            clock.forward(later.seconds)
            waited += later.seconds

    assert waited > over > waited - pauses[-1]
    assert (pauses[0], pauses) == (5.0, sorted(pauses))
    assert max(pauses) <= 3_600
    assert str(error) in (await recorded_of(world, message))[2].reason
    assert fetcher.asked.count((CARRIER, "cat")) == 1


async def test_a_file_that_comes_in_time_is_kept_R46(world: World, tmp_path: Path, clock: HandClock):
    message, fetcher = await picture_of(world, "late"), FakeFetcher({"late": NotThereError("status 404")})
    process = MediaFetching(world.store, Folder(tmp_path), fetcher)
    with pytest.raises(PutOffError):
        await process.react(message)
    fetcher.files["late"] = CAT
    clock.forward(5)
    await process.react(message)

    assert [type(event) for event in await recorded_of(world, message)] == [MediaStored, MediaAttached]


async def test_a_full_disk_puts_off_however_long_it_lasts_R46(world: World, tmp_path: Path, clock: HandClock):
    message, fetcher = await picture_of(world, "cat"), FakeFetcher({"cat": CAT})
    clock.now += timedelta(seconds=10 * KEPT_SECONDS)
    with pytest.raises(PutOffError):
        await MediaFetching(world.store, Full(tmp_path), fetcher).react(message)

    assert await recorded_of(world, message) == []


async def test_a_message_that_is_put_off_holds_up_no_other_and_files_are_counted_R46(world: World, tmp_path: Path):
    late, early = await picture_of(world, "late"), await picture_of(world, "cat", n=2)
    fetcher = FakeFetcher({"late": NotNowError("the response is 500"), "cat": CAT})
    process = MediaFetching(world.store, Folder(tmp_path), fetcher)
    acting = Acting(world.store, process)
    async with running(acting):
        await until(lambda: acting.follower.status().position >= early.position)

    assert len(await recorded_of(world, early)) == 2
    assert await recorded_of(world, late) == []


async def test_texts_and_sent_messages_do_not_concern_it_R46(world: World, tmp_path: Path):
    process = MediaFetching(world.store, Folder(tmp_path), FakeFetcher({}))
    text = await world.writes(1, "Hi", group=())
    await world.send(text.value.conversation_id)

    assert [process.key(each) for each in await world.log() if process.key(each) is not None] == []
    for each in await world.log():
        await process.react(each, NO_TERMS)
