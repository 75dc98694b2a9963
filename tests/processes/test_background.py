"""A reaction that takes long holds up only the later events of its own key, and is neither lost nor done twice at the same time."""

import asyncio
import threading
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from groupchat.processes.acting import Acting
from groupchat.processes.background import Background
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.ends import End, Reacted
from groupchat.processes.later import Later
from groupchat.processes.process import AT_ONCE, Process
from groupchat.store import put_off
from groupchat.store.follower import Follower
from groupchat.store.positions import PoisonError
from groupchat.store.put_off import PUT_OFF_EVENTS, PutOff
from groupchat.store.refusals import UnavailableError
from groupchat.values.clock import from_micros, utc_now
from tests.processes.fake_carrier import FakeCarrier
from tests.processes.test_process import let_others_go_on
from tests.store.counting import PATIENCE, count, until
from tests.store.following import opened, reached, running, stopped
from tests.support.statements import counted as asked_of

SOON = 0.02


class Slow:
    """Reacts to the events of streams that are `slow...` only when a test lets it, and to others at once."""

    name = "slow"

    def __init__(self):
        self.go_on = asyncio.Event()
        self.begun = []
        self.done = []
        self.failure = None

    def key(self, recorded):
        return recorded.stream

    async def react(self, recorded, terms):
        self.begun.append(recorded.position)
        if recorded.stream.startswith("slow"):
            await self.go_on.wait()
            if self.failure is not None:
                raise self.failure
        self.done.append(recorded.position)


class Steady:
    """Takes the same time for each event."""

    name = "steady"

    def __init__(self, seconds):
        self._seconds = seconds
        self.done = []

    def key(self, recorded):
        return recorded.stream

    async def react(self, recorded, terms):
        await asyncio.sleep(self._seconds)
        self.done.append(recorded.position)


@pytest.fixture
def slow():
    return Slow()


@pytest.fixture
def acting(store, slow):
    return Acting(store, slow, background_after=SOON)


def waiting(store):
    """Return the positions that are put off, in their order."""
    with store.database.read() as connection:
        return [row.position for row in connection.execute(PUT_OFF_EVENTS.select().order_by(PUT_OFF_EVENTS.c.position))]


@asynccontextmanager
async def one_is_slow(store, acting, slow):
    """Run the process on the events 1 and 3, which are slow, and 2, which is not."""
    for stream in ("slow", "quick", "slow"):
        await count(store, stream)
    async with running(acting):
        await reached(acting.follower, 3)
        await until(lambda: "slow" in acting.process.background)
        try:
            yield
        finally:
            slow.go_on.set()


async def test_a_slow_reaction_holds_up_only_its_own_key(store, acting, slow):
    async with one_is_slow(store, acting, slow):
        for stream in ("quick", "slow", "quick"):
            await count(store, stream)
        await reached(acting.follower, 6)
        await until(lambda: slow.done == [2, 4, 6])
        assert waiting(store) == [1, 3, 5]
        slow.go_on.set()
        await until(lambda: waiting(store) == [])

    assert [position for position in slow.done if position % 2] == [1, 3, 5]
    assert sorted(slow.begun) == [1, 2, 3, 4, 5, 6]


async def test_reactions_that_hang_hold_up_none_of_those_behind_them_in_their_batch(store, slow):
    process = Process(store, slow, background_after=SOON)
    for stream in (*(f"slow-{n}" for n in range(AT_ONCE)), "quick"):
        await count(store, stream)
    await Follower(store, process).step()
    await until(lambda: slow.done == [AT_ONCE + 1])
    slow.go_on.set()
    await process.background.all_ended()

    assert len(slow.done) == AT_ONCE + 1


async def test_reactions_of_a_key_that_are_each_quick_do_not_go_on_in_the_background(store):
    process = Process(store, Steady(0.1), background_after=0.5)
    for _ in range(7):  # longer than one may take
        await count(store, "a")
    await Follower(store, process).step()

    assert (process._reaction.done, waiting(store)) == ([1, 2, 3, 4, 5, 6, 7], [])


async def test_reactions_of_a_key_that_together_take_very_long_hold_up_no_others(store):
    process = Process(store, Steady(0.02), background_after=0.05)
    for _ in range(30):
        await count(store, "a")
    await Follower(store, process).step()
    assert waiting(store) == list(range(1, 31))
    await process.background.all_ended()

    assert process._reaction.done == list(range(1, 31))


async def test_put_off_events_are_read_together(store, slow):
    process = Process(store, slow)
    later = Later(store, process, Follower(store, process))
    costs = []
    for many in (2, 20):
        first = store.log.head() + 1
        for n in range(many):
            await count(store, f"quick-{many}-{n}")
        process._put_off(store.log.head(), [PutOff(first + n, f"quick-{many}-{n}", utc_now()) for n in range(many)])
        with asked_of(store.database) as asked:
            await later.step()
        costs.append(len(asked))

    assert slow.done == list(range(1, 23))
    assert costs[0] == costs[1]


async def test_a_process_that_ends_waits_for_its_slow_reactions_and_leaves_nothing_to_do(store, acting, slow):
    async with one_is_slow(store, acting, slow):
        pass

    assert slow.done == [2, 1, 3]
    assert waiting(store) == []


async def test_a_slow_reaction_of_a_process_that_died_is_done_by_another_one(store, slow, database_url):
    process = Process(store, slow, background_after=SOON)
    await count(store, "slow")
    await Follower(store, process).step()
    assert waiting(store) == [1]  # and dies

    other = Slow()
    other.go_on.set()
    async with opened(database_url, clock=lambda: utc_now() + timedelta(minutes=1)) as later, running(Acting(later, other)):
        await until(lambda: other.done == [1])
    slow.go_on.set()
    await process.background.all_ended()


async def test_a_reaction_that_goes_on_beyond_its_time_is_not_begun_again(store, slow, database_url):
    """Its event becomes due while it is still running."""
    now = utc_now()
    async with opened(database_url, clock=lambda: now) as watched:
        process = Process(watched, slow, background_after=SOON)
        follower = Follower(watched, process)
        await count(watched, "slow")
        await follower.step()
        now += timedelta(minutes=1)
        await Later(watched, process, follower).step()
        with watched.database.read() as connection:
            due = connection.execute(PUT_OFF_EVENTS.select()).one().due
        slow.go_on.set()
        await process.background.all_ended()

    assert slow.begun == [1]
    assert from_micros(due) > now


async def test_a_slow_retry_of_a_put_off_event_goes_on_in_the_background_too(store, slow):
    process = Process(store, slow, background_after=SOON)
    follower = Follower(store, process)
    later = Later(store, process, follower)
    slow.go_on.set()
    slow.failure = UnavailableError("away")
    await count(store, "slow")
    with pytest.raises(UnavailableError):
        await follower.step()
    slow.go_on.clear()
    slow.failure = None
    await follower.step()
    slow.failure = UnavailableError("away again")
    slow.go_on.set()
    await process.background.all_ended()
    await later.step()  # notes the failure, and tries once more
    assert waiting(store) == [1]

    slow.go_on.clear()
    slow.failure = None
    await later.step()
    assert "slow" in process.background
    slow.go_on.set()
    await process.background.all_ended()
    await later.step()

    assert slow.done == [1]
    assert waiting(store) == []


async def test_the_failure_of_one_put_off_event_waits_for_no_slow_one(store, slow):
    process = Process(store, slow, background_after=SOON)
    for stream in ("slow", "slow-too"):
        await count(store, stream)
    react = slow.react

    async def fail(recorded, terms):
        if recorded.stream == "slow":
            raise UnavailableError("away")
        await react(recorded, terms)

    process._put_off(2, [PutOff(n, stream, utc_now()) for n, stream in ((1, "slow"), (2, "slow-too"))])
    slow.react = fail
    await asyncio.wait_for(Later(store, process, Follower(store, process)).step(), PATIENCE)

    assert "slow-too" in process.background
    assert waiting(store) == [1, 2]
    slow.go_on.set()
    await process.background.all_ended()


async def test_an_event_that_cannot_be_handled_in_the_background_stops_the_process(store, acting, slow):
    slow.failure = ValueError("bad")
    async with one_is_slow(store, acting, slow):
        slow.go_on.set()
        assert await stopped(acting.follower) == 1

    assert waiting(store) == [1, 3]


async def test_the_failure_of_another_reaction_waits_for_a_slow_one(store, slow):
    """Otherwise the batch would come again while it is running."""
    process = Process(store, slow, background_after=SOON)
    quick = slow.react

    async def react(recorded, terms):
        await quick(recorded, terms)
        if recorded.stream == "bad":
            raise ValueError("bad")

    slow.react = react
    for stream in ("slow", "bad"):
        await count(store, stream)
    batch = store.log.read(0, 100).events
    handling = asyncio.create_task(process.handle(batch, 2))
    await until(lambda: slow.begun == [1, 2])
    await asyncio.sleep(2 * SOON)
    assert not handling.done()
    slow.go_on.set()
    with pytest.raises(PoisonError):
        await asyncio.wait_for(handling, PATIENCE)

    assert (waiting(store), "slow" in process.background) == ([], False)


async def test_if_putting_off_fails_the_batch_comes_again_only_when_its_slow_reaction_has_ended(store, slow, monkeypatch):
    process = Process(store, slow, background_after=SOON)
    await count(store, "slow")
    refused = threading.Event()

    def refuse(*_):
        refused.set()
        raise UnavailableError("away")

    monkeypatch.setattr(put_off, "add", refuse)
    handling = asyncio.create_task(Follower(store, process).step())
    await until(refused.is_set)
    await let_others_go_on()
    assert not handling.done()
    slow.go_on.set()
    with pytest.raises(UnavailableError):
        await asyncio.wait_for(handling, PATIENCE)

    assert slow.done == [1]


async def test_with_too_many_in_the_background_the_next_one_waits():
    background = Background(asyncio.Event(), most=1)
    go_on = asyncio.Event()

    async def react():
        await go_on.wait()
        return End()

    background.keep("a", [], asyncio.create_task(react()))
    waiting = asyncio.create_task(background.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    go_on.set()
    await asyncio.wait_for(waiting, PATIENCE)
    assert background.ended() == {"a": Reacted([], End())}


async def test_a_call_that_hangs_delays_no_other_conversation(world):
    carrier, answers = FakeCarrier(), asyncio.Event()
    hangs, other = await world.group(1, 2, 3), await world.group(1, 2)

    async def hang(outgoing):
        if len(outgoing.to) == 3:
            await answers.wait()

    carrier.on_send = hang
    acting = Acting(world.store, DeliveryProcess(world.store, carrier), background_after=SOON)
    async with running(acting):
        await world.send(hangs, "hangs")
        await until(lambda: carrier.calls == 1)
        await world.send(other, "goes")
        await world.send(hangs, "behind")
        await until(lambda: [each.body for each in carrier.taken] == ["goes"])
        answers.set()
        await until(lambda: [each.body for each in carrier.taken] == ["goes", "hangs", "behind"])
