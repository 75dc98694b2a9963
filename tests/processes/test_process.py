"""All processes handle different keys at the same time, and events of a key in order, and skip no event."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from groupchat.processes.process import AT_ONCE, Process
from groupchat.projections import inbox
from groupchat.projections.view import Projection
from groupchat.store.follower import Follower
from groupchat.store.positions import PoisonError, park, statuses
from groupchat.store.refusals import UnavailableError, VersionConflictError
from tests.store.counting import PATIENCE, count, until
from tests.support.statements import counted


class Noting:
    """Notes the events that it gets, by stream; fails where a test wants that."""

    name = "noting"

    def __init__(self):
        self.seen = []
        self.failures = {}

    def key(self, recorded):
        return None if recorded.stream == "nobody's" else recorded.stream

    async def react(self, recorded, terms):
        await asyncio.sleep(0)
        if failure := self.failures.get(recorded.position):
            raise failure
        self.seen.append(recorded.position)


@pytest.fixture
def noting():
    return Noting()


@pytest.fixture
def process(store, noting):
    return Process(store, noting)


@pytest.fixture
def follower(store, process):
    return Follower(store, process)


async def let_others_go_on():
    """Let everything run that has nothing to wait for."""
    for _ in range(20):
        await asyncio.sleep(0)


async def log_of(store, *streams):
    for stream in streams:
        await count(store, stream)
    return store.log.read(0, 100).events


async def test_events_of_a_key_come_in_order_and_events_without_a_key_are_passed(store, process, noting, follower):
    batch = await log_of(store, "a", "b", "nobody's", "a", "b", "a", "nobody's")
    await process.handle(batch, 7)

    assert [position for position in noting.seen if position in (1, 4, 6)] == [1, 4, 6]
    assert sorted(noting.seen) == [1, 2, 4, 5, 6]
    assert follower.status().position == 7


async def test_processes_that_move_together_share_a_transaction(store, database):
    batch = await log_of(store, "nobody's", "nobody's")
    others = [Noting() for _ in range(4)]
    for n, each in enumerate(others):
        each.name = f"noting-{n}"
    with counted(database) as asked:
        await asyncio.gather(*(Process(store, each).handle(batch, 2) for each in others))

    assert {name: status.position for name, status in statuses(database).items()} == {each.name: 2 for each in others}
    assert asked.transactions == 1


async def test_a_process_to_which_nothing_happened_shares_a_transaction_with_a_view(store, database, process, noting):
    batch = await log_of(store, "nobody's")
    projection = Projection(database, inbox.VIEW, store.applying)
    with counted(database) as asked:
        await asyncio.gather(process.handle(batch, 1), projection.handle(batch, 1))

    assert {name: status.position for name, status in statuses(database).items()} == {noting.name: 1, "inbox": 1}
    assert asked.transactions == 1


async def test_a_position_is_never_moved_back(store, process, follower):
    await asyncio.gather(*(process.handle([], position) for position in (3, 5, 4)))
    await process.handle([], 2)

    assert follower.status().position == 5


async def test_different_keys_are_handled_at_the_same_time_but_not_too_many(store, process, noting):
    batch = await log_of(store, *(f"s{n}" for n in range(AT_ONCE + 8)))
    at_once = [0, 0]

    async def react(recorded, terms):
        at_once[0] += 1
        at_once[1] = max(at_once)
        for _ in range(3):
            await asyncio.sleep(0)
        at_once[0] -= 1

    noting.react = react
    await process.handle(batch, len(batch))

    assert at_once == [0, AT_ONCE]


async def test_a_poison_event_stops_the_process_there_and_earlier_events_count(store, process, noting, follower):
    batch = await log_of(store, "a", "b", "a", "b", "a")
    noting.failures = {3: ValueError("bad"), 4: KeyError("worse")}
    with pytest.raises(PoisonError) as caught:
        await process.handle(batch, 5)

    assert (caught.value.position, caught.value.reason) == (3, "ValueError: bad")
    assert follower.status().position == 2
    assert 5 not in noting.seen  # it is behind the poison in its key


async def test_a_parked_event_does_not_hold_up_others_of_its_key(store, noting, follower, database):
    await log_of(store, "a", "a", "a")
    noting.failures = {2: ValueError("bad")}
    await follower.step()
    park(database, "noting")
    await follower.step()

    assert noting.seen == [1, 3]
    assert follower.status().position == 3


@pytest.mark.parametrize(
    "failure",
    [UnavailableError("away"), VersionConflictError("lost"), OperationalError("SELECT", {}, Exception("connection lost"))],
    ids=lambda failure: type(failure).__name__,
)
async def test_a_passing_failure_is_not_poison_and_moves_nothing(store, process, noting, follower, failure):
    batch = await log_of(store, "a", "b", "a")
    noting.failures = {1: failure, 2: ValueError("bad")}
    with pytest.raises(type(failure)):
        await process.handle(batch, 3)

    assert follower.status().position == 0


async def test_a_failure_that_passes_is_raised_only_when_nothing_is_under_way(store, process, noting):
    batch = await log_of(store, "a", "b")
    under_way = []
    go_on = asyncio.Event()

    async def react(recorded, terms):
        if recorded.stream == "a":
            raise UnavailableError("away")
        under_way.append(recorded.stream)
        await go_on.wait()
        under_way.remove(recorded.stream)

    noting.react = react
    handling = asyncio.create_task(process.handle(batch, 2))
    await until(lambda: bool(under_way))
    await let_others_go_on()
    assert not handling.done()
    go_on.set()
    with pytest.raises(UnavailableError):
        await asyncio.wait_for(handling, PATIENCE)
    assert under_way == []


async def test_a_position_never_goes_back(store, process, follower):
    batch = await log_of(store, "a", "a")
    await process.handle(batch, 2)
    await process.handle(batch[:1], 1)

    assert follower.status().position == 2
