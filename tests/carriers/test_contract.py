"""The contract of every carrier's adapter, under all kinds of trouble. A new adapter is a row in `BENCHES`."""

from collections.abc import AsyncIterator, Sequence
from hashlib import sha256
from itertools import permutations, product
from pathlib import Path

import pytest
from msgspec import field

from groupchat.aggregates import delivery
from groupchat.aggregates.delivery_events import Updated
from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.aggregates.delivery_state import Delivery
from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import CarrierRefusedError, Outgoing, Receipt, RecipientResult
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.streams import DELIVERY, MEDIA
from groupchat.media.folder import Folder
from groupchat.media.library import Library
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded
from groupchat.values.ids import new_id
from tests.carriers.bench import Bench, Trouble
from tests.carriers.benches import BENCHES, EVERY_TROUBLE, LONGEST_PATIENCE, Dying, patience
from tests.carriers.doubles import HandClock
from tests.processes.fake_carrier import CrashError
from tests.store.following import opened
from tests.support.builders import BUSINESS, number
from tests.support.world import World, a_world

ONE, TWO, THREE = number(1), number(2), number(3)
FORWARD = ("queued", "unconfirmed", "sent", "delivered")
KEEP_ROWS = ("simulator", "twilio")
CASES = [*((name, "sqlite") for name in BENCHES), *((name, "postgres") for name in KEEP_ROWS)]
"""Only adapters that keep rows of their own meet both databases: the process and the inbox are the same for all of them."""


@pytest.fixture(params=CASES, ids=", ".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A carrier's name, and a backend."""
    return request.param


@pytest.fixture
def database_url(request: pytest.FixtureRequest, case: tuple[str, str]) -> str:
    return request.getfixturevalue(f"{case[1]}_url")


@pytest.fixture
def bench(case: tuple[str, str], database: Database, clock: HandClock) -> Bench:
    return BENCHES[case[0]](database, clock)


class TurnedWorld(World, kw_only=True):
    """A world whose clock turns only when a test turns it. It reads each message once, because the process handles it often."""

    clock: HandClock
    read: dict[str, Recorded] = field(default_factory=dict)

    async def message(self, message_id: str) -> Recorded:
        """Return the event of a message."""
        if message_id not in self.read:
            self.read[message_id] = await super().message(message_id)
        return self.read[message_id]


@pytest.fixture
async def store(database_url: str, clock: HandClock) -> AsyncIterator[EventStore]:
    async with opened(database_url, clock=clock) as store:
        yield store


@pytest.fixture
async def world(store: EventStore, clock: HandClock) -> TurnedWorld:
    made = await a_world(store)
    return TurnedWorld(store=store, who=made.who, key=made.key, clock=clock)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(Folder(tmp_path), "https://chat.example.com/media/")


@pytest.fixture
def inbox(bench: Bench, store: EventStore) -> CarrierInbox:
    return CarrierInbox(Arrivals(store), bench.carrier.name)


def outgoing(**changes: object) -> Outgoing:
    return Outgoing(
        **{"message_id": new_id("msg"), "from_": BUSINESS, "to": (ONE, TWO), "body": "Hello", "begun_at": HandClock().now} | changes
    )


async def hand_over(
    bench: Bench,
    world: TurnedWorld,
    message_id: str,
    trouble: Trouble | None,
    *,
    dying: bool = False,
    after: int = 0,
    library: Library | None = None,
) -> None:
    """Let the process handle a message; all its calls but the first `after` meet this trouble.

    `dying`: it dies after the call, if it gets that far.
    """
    await bench.trouble(trouble, after=after)
    carrier = Dying(bench, "after", after) if dying else bench.carrier
    process = DeliveryProcess(world.store, carrier, patience=patience(trouble), library=library)
    try:
        await process.react(await world.message(message_id))
    except (PutOffError, CrashError):
        await bench.arrive()
        world.clock.forward(2 * LONGEST_PATIENCE)  # what is under way arrives now, or never


async def asked(bench: Bench, message: Outgoing) -> Sequence[RecipientResult]:
    """Ask for a message's outcome, as the process does."""
    found = await bench.carrier.find(message)
    return await bench.carrier.send(message) if found == "repeat" else found or ()


async def state(world: TurnedWorld, message_id: str) -> Delivery:
    found = await world.store.load_fresh(DELIVERY, delivery.stream(message_id))
    assert found is not None
    return found


async def statuses(world: TurnedWorld, message_id: str) -> dict[str, str]:
    return (await state(world, message_id)).statuses


# --- the port


async def test_each_recipient_has_a_result_in_the_order_of_the_call_R28(bench: Bench):
    message = outgoing(to=(TWO, ONE, THREE))

    assert [result.recipient for result in await bench.carrier.send(message)] == [TWO, ONE, THREE]


async def test_asking_texts_nobody_R28(bench: Bench):
    message = outgoing()
    await bench.carrier.send(message)
    if bench.can_be_asked:
        assert [result.recipient for result in await asked(bench, message)] == [ONE, TWO]
        assert await bench.carrier.find(outgoing()) in (None, "repeat")

    assert (await bench.phone(ONE), await bench.phone(TWO)) == (["Hello"], ["Hello"])


@pytest.mark.parametrize("trouble", ["refused", "refused for now"])
async def test_no_text_of_a_refused_message_goes_out_R28(bench: Bench, trouble: Trouble):
    await bench.trouble(trouble)

    with pytest.raises(CarrierRefusedError) as refused:
        await bench.carrier.send(outgoing())

    assert (refused.value.retry_after is None) == (trouble == "refused")
    assert await bench.phone(ONE) == []


# --- a message reaches each phone once


@pytest.mark.parametrize("dying", [False, True])
async def test_a_message_reaches_each_phone_once_under_every_trouble_R28(bench: Bench, world: TurnedWorld, *, dying: bool):
    group = await world.group(1, 2)
    for first, second in product(EVERY_TROUBLE, repeat=2):
        body = f"{first}, then {second}"
        message_id = await world.send(group, body)
        for trouble in (first, second):
            await hand_over(bench, world, message_id, trouble, dying=dying)
        for _ in range(3):
            await hand_over(bench, world, message_id, None)

        received = [(await bench.phone(phone)).count(body) for phone in (ONE, TWO)]
        outcomes = set((await statuses(world, message_id)).values())
        if bench.can_be_asked:
            assert (received, outcomes) in (([1, 1], {"sent"}), ([0, 0], {"failed"})), body
            assert ("refused" in (first, second)) or received == [1, 1], body
        else:
            assert received in ([0, 0], [1, 1]), body
            assert outcomes <= {"sent", "failed", "unconfirmed"}, body
            assert outcomes != {"failed"} or received == [0, 0], body


FILES = 2


@pytest.mark.parametrize("dying", [False, True])
async def test_what_arrived_of_a_message_with_files_is_known_under_every_trouble_R28_R46(
    bench: Bench, world: TurnedWorld, library: Library, *, dying: bool
):
    group = await world.group(1, 2)
    for trouble, after in product(EVERY_TROUBLE, range(1 + FILES)):
        body = f"{trouble}, after {after}"
        files = [await world.kept(library, f"%PDF-1.4 {body} {n}".encode()) for n in range(FILES)]
        message_id = await world.send(group, body, tuple(files))
        await hand_over(bench, world, message_id, trouble, dying=dying, after=after, library=library)
        for _ in range(3):
            await hand_over(bench, world, message_id, None, library=library)

        told = await state(world, message_id)
        for phone in (ONE, TWO):
            received = await arrived(bench, world, phone, body, files)
            expected = [part[phone] for part in told.parts] or [told.statuses[phone]] * len(received)
            assert [ARRIVES[status] & {times} for status, times in zip(expected, received, strict=True)] == [
                {times} for times in received
            ], body
            if bench.can_be_asked and trouble != "refused":
                assert (received, told.statuses[phone]) == ([1, 1, 1], "sent"), body
            if told.parts and trouble == "refused":
                assert expected == ["sent"] * after + ["failed"] + ["withheld"] * (FILES - after), body
                assert told.statuses[phone] == ("partial" if after else "failed"), body


ARRIVES = {"sent": {1}, "failed": {0}, "withheld": {0}, "unconfirmed": {0, 1}}
"""How often something with a status arrived at a phone."""


async def arrived(bench: Bench, world: TurnedWorld, phone: str, body: str, files: Sequence[Media]) -> list[int]:
    """Return how often the text of a message arrived at a phone, and each of its files."""
    received = await bench.files(phone)
    kept = [await world.store.load_fresh(MEDIA, each.media_id or "") for each in files]
    hashes = [each.stored.sha256 for each in kept if each and each.stored]
    of_files = zip(files, hashes, strict=True)
    return [
        (await bench.phone(phone)).count(body),
        *(sum((file.media_id or "") in each or each == hash_ for each in received) for file, hash_ in of_files),
    ]


async def test_an_opt_out_between_the_parts_of_a_message_withholds_the_rest_R16(
    bench: Bench, world: TurnedWorld, inbox: CarrierInbox, library: Library
):
    if not bench.carrier.limits.files_apart:
        return
    group = await world.group(1, 2)
    message_id = await world.send(group, "Look", (await world.kept(library, b"%PDF-1.4"),))
    await hand_over(bench, world, message_id, "refused for now", after=1, library=library)
    await bench.bring(Receipt(message_id=message_id, recipient=ONE, status="failed", opted_out=True), inbox)
    await hand_over(bench, world, message_id, None, library=library)

    told = await state(world, message_id)
    assert told.parts == ({ONE: "failed", TWO: "sent"}, {ONE: "withheld", TWO: "withheld"})
    assert told.statuses == {ONE: "failed", TWO: "partial"}
    assert await bench.files(TWO) == []
    assert (await world.state(group)).blocked_by == (ONE,)


async def test_a_message_waits_for_a_file_that_the_store_has_lost_without_new_calls_R46(
    bench: Bench, world: TurnedWorld, library: Library, tmp_path: Path
):
    if not bench.carrier.limits.files_apart:  # others fetch the file themselves
        return
    file = await world.kept(library, b"%PDF-1.4")
    message_id = await world.send(await world.group(1, 2), None, (file,))
    name = sha256(b"%PDF-1.4").hexdigest()
    kept = tmp_path / name[:2] / name
    kept.rename(tmp_path / "lost")
    for _ in range(20):
        await hand_over(bench, world, message_id, None, library=library)
    assert await world.types(delivery.stream(message_id)) == ["started"]

    (tmp_path / "lost").rename(kept)
    await hand_over(bench, world, message_id, None, library=library)
    assert await statuses(world, message_id) == {ONE: "sent", TWO: "sent"}
    assert len(await bench.files(ONE)) == 1


async def test_a_receipt_of_a_part_moves_only_its_part_R28(bench: Bench, world: TurnedWorld, inbox: CarrierInbox, library: Library):
    if not bench.carrier.limits.files_apart:
        return
    message_id = await world.send(await world.group(1, 2), "Look", (await world.kept(library, b"%PDF-1.4"),))
    await hand_over(bench, world, message_id, "never arrived", after=1, library=library)
    await bench.bring(Receipt(message_id=message_id, recipient=ONE, status="delivered", part=0), inbox)
    assert (await state(world, message_id)).statuses == {ONE: "queued", TWO: "queued"}

    await hand_over(bench, world, message_id, None, library=library)
    await bench.bring(Receipt(message_id=message_id, recipient=ONE, status="delivered", part=1), inbox)
    await bench.bring(Receipt(message_id=message_id, recipient=TWO, status="failed", part=1), inbox)
    assert (await state(world, message_id)).statuses == {ONE: "delivered", TWO: "partial"}


async def test_a_receipt_that_comes_before_the_answer_is_the_answer_R28(bench: Bench, world: TurnedWorld, inbox: CarrierInbox):
    message_id = await world.send(await world.group(1, 2))
    await hand_over(bench, world, message_id, "cut off")
    for phone in (ONE, TWO):
        await bench.bring(Receipt(message_id=message_id, recipient=phone, status="delivered"), inbox)
    await hand_over(bench, world, message_id, None)

    assert await statuses(world, message_id) == {ONE: "delivered", TWO: "delivered"}
    assert await bench.phone(ONE) == ["Hello all"]


@pytest.mark.parametrize("status", ["delivered", "failed"])
async def test_a_receipt_for_some_does_not_leave_the_others_waiting_R28(
    bench: Bench, world: TurnedWorld, inbox: CarrierInbox, library: Library, status: ReceiptStatus
):
    message_id = await world.send(await world.group(1, 2), "Look", (await world.kept(library, b"%PDF-1.4"),))
    await hand_over(bench, world, message_id, "cut off", library=library)
    await bench.bring(Receipt(message_id=message_id, recipient=ONE, status=status), inbox)
    for _ in range(2):
        await hand_over(bench, world, message_id, None, library=library)

    told, times = await state(world, message_id), (await bench.phone(TWO)).count("Look")
    assert (told.parts[0] if told.parts else told.statuses) == {ONE: status, TWO: "sent" if bench.can_be_asked else "unconfirmed"}
    assert (times, len(await bench.files(TWO))) == (1, 1)


# --- a status never goes back


async def test_a_status_only_moves_forward_for_receipts_in_any_order_R28(bench: Bench, world: TurnedWorld, inbox: CarrierInbox):
    group = await world.group(1, 2)
    receipts: tuple[ReceiptStatus, ...] = ("unconfirmed", "sent", "delivered", "delivered")
    for order in sorted(set(permutations(receipts))):
        message_id = await world.send(group)
        await hand_over(bench, world, message_id, None)
        for status in order:
            await bench.bring(Receipt(message_id=message_id, recipient=ONE, status=status), inbox)

        events = [event for event in await world.events(delivery.stream(message_id)) if isinstance(event, Updated)]
        reported = [outcome for event in events for outcome in event.outcomes]
        went = [FORWARD.index(outcome.status) for outcome in reported if outcome.recipient == ONE]
        assert went == sorted(set(went)), order
        assert (await statuses(world, message_id))[ONE] == "delivered", order


# --- a stranger's receipt changes nothing


@pytest.mark.parametrize("opted_out", [False, True])
async def test_a_receipt_of_a_message_that_was_never_sent_changes_nothing_R28(
    bench: Bench, world: TurnedWorld, inbox: CarrierInbox, *, opted_out: bool
):
    message_id = await world.send(await world.group(1, 2))
    await world.group(1, 3)
    waiting, of_another_carrier = await world.send(await world.group(2, 3)), CarrierInbox(Arrivals(world.store), "another")
    await hand_over(bench, world, message_id, None)
    before = await world.log()

    for stranger in (
        Receipt(message_id="msg_of_nobody", recipient=ONE, status="failed", opted_out=opted_out),
        Receipt(message_id=message_id, recipient=THREE, status="failed", opted_out=opted_out),
        Receipt(message_id=waiting, recipient=TWO, status="failed", opted_out=opted_out),
    ):
        await bench.bring(stranger, inbox)
    await bench.bring(Receipt(message_id=message_id, recipient=ONE, status="failed", opted_out=opted_out), of_another_carrier)

    assert await world.log() == before


async def test_an_opt_out_that_a_carrier_reports_again_counts_once_R14(bench: Bench, world: TurnedWorld, inbox: CarrierInbox):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    message_id = await world.send(group)
    await hand_over(bench, world, message_id, None)
    failed = Receipt(message_id=message_id, recipient=ONE, status="failed", opted_out=True)

    await bench.bring(failed, inbox)
    blocked = (await world.state(group)).blocked_by
    await bench.write(ONE, (TWO,), "START", inbox)
    await bench.bring(failed, inbox)

    assert (blocked, (await world.state(group)).blocked_by) == ((ONE,), ())


# --- what people write


async def test_a_persons_message_is_recorded_once_however_often_it_arrives_R11(
    bench: Bench, world: TurnedWorld, inbox: CarrierInbox
):
    group = await world.group(1, 2)
    await world.group(1, 3)

    await bench.write(ONE, (TWO,), "I'm in", inbox, times=3)

    assert await world.types(group) == ["created", "inbound_received"]
