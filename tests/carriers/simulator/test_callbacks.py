"""The simulated carrier's receipts: at least once, each to one taker at a time, no busy waiting; on both databases."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from groupchat.carriers.port import Receipt
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.callbacks import DEFAULT_PACE, CallbackPace
from groupchat.store.database import Database
from groupchat.values.clock import utc_now
from tests.carriers.doubles import ANN, BOB, CY, HandClock, RecordingInbox, outgoing
from tests.carriers.simulator.bench import posting_to

PATIENCE = 20


async def test_receipts_of_many_messages_come_in_one_batch_R28(simulator: Simulator, inbox: RecordingInbox) -> None:
    await simulator.send(outgoing("msg_1"))
    await simulator.send(outgoing("msg_2", to=(ANN,)))

    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 4

    assert inbox.batches == [
        tuple(
            Receipt(message_id=message, recipient=number, status="delivered")
            for message, number in [("msg_1", ANN), ("msg_1", BOB), ("msg_1", CY), ("msg_2", ANN)]
        )
    ]


async def test_an_acknowledged_receipt_does_not_come_again_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock
) -> None:
    await simulator.send(outgoing())
    await simulator.deliver_due(posting_to(simulator, inbox))
    clock.forward(3_600)

    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 0
    assert len(inbox.taken) == 3
    assert await simulator.next_due() is None


async def test_batches_are_bounded_and_the_rest_follows_R28(database: Database, inbox: RecordingInbox, clock: HandClock) -> None:
    simulator = Simulator(database, clock, pace=CallbackPace(batch=2))
    for n in range(3):
        await simulator.send(outgoing(f"msg_{n}", to=(ANN, BOB)))

    assert [await simulator.deliver_due(posting_to(simulator, inbox)) for _ in range(3)] == [4, 2, 0]
    assert [receipt.message_id for receipt in inbox.taken[::2]] == ["msg_0", "msg_1", "msg_2"]


async def test_a_crash_before_the_acknowledgement_repeats_the_receipts_R28(
    simulator: Simulator, database: Database, inbox: RecordingInbox, clock: HandClock
) -> None:
    await simulator.send(outgoing())
    inbox.crashes = asyncio.CancelledError()
    with pytest.raises(asyncio.CancelledError):
        await simulator.deliver_due(posting_to(simulator, inbox))
    after_the_crash = Simulator(database, clock)

    assert await after_the_crash.deliver_due(posting_to(after_the_crash, inbox)) == 0
    clock.forward(DEFAULT_PACE.pauses[0])
    assert await after_the_crash.deliver_due(posting_to(after_the_crash, inbox)) == 3
    assert sorted(receipt.recipient for receipt in inbox.taken) == [ANN, ANN, BOB, BOB, CY, CY]


async def test_an_unacknowledged_receipt_is_repeated_with_growing_pauses_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock
) -> None:
    await simulator.send(outgoing(to=(ANN,)))
    inbox.refuses.add("msg_1")

    for pause in (*DEFAULT_PACE.pauses, DEFAULT_PACE.pauses[-1]):
        assert await simulator.deliver_due(posting_to(simulator, inbox)) == 0
        assert await simulator.next_due() == clock.now + timedelta(seconds=pause)
        clock.forward(pause)

    inbox.refuses.clear()
    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 1
    assert await simulator.next_due() is None


async def test_a_receipt_that_is_never_taken_holds_up_no_other_R28(
    simulator: Simulator, inbox: RecordingInbox, clock: HandClock
) -> None:
    await simulator.send(outgoing("msg_bad", to=(ANN,)))
    await simulator.send(outgoing("msg_good", to=(ANN,)))
    inbox.refuses.add("msg_bad")

    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 0
    clock.forward(DEFAULT_PACE.pauses[0])
    assert await simulator.deliver_due(posting_to(simulator, inbox)) == 1
    assert [receipt.message_id for receipt in inbox.taken] == ["msg_good"]


async def test_each_receipt_goes_to_one_of_two_processes_R28(
    database: Database, database_url: str, inbox: RecordingInbox, clock: HandClock
) -> None:
    other_database = Database(database_url)
    simulator, other = (Simulator(each, clock, pace=CallbackPace(batch=7)) for each in (database, other_database))
    await asyncio.gather(*(simulator.send(outgoing(f"msg_{n}")) for n in range(20)))

    async def until_done(one: Simulator) -> int:
        delivered = 0
        while (due := await one.next_due()) is not None and due <= clock.now:
            delivered += await one.deliver_due(posting_to(one, inbox))
        return delivered

    assert sum(await asyncio.gather(until_done(simulator), until_done(other))) == 60
    assert len({(receipt.message_id, receipt.recipient) for receipt in inbox.taken}) == len(inbox.taken) == 60
    other_database.close()


# --- the pump, on the real clock


class StoppingInbox(RecordingInbox):
    """Sets `stop` once it has taken so many receipts."""

    def __init__(self, after: int, stop: asyncio.Event) -> None:
        super().__init__()
        self._after = after
        self._stop = stop

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        await super().receipts(batch)
        if len(self.taken) >= self._after:
            self._stop.set()


class WatchedStorage:
    """A database that counts the transactions begun, and fails the first `failures` of them."""

    def __init__(self, database: Database, failures: int = 0) -> None:
        self._database = database
        self._failures = failures
        self.begun = 0
        self.first = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def read(self) -> AbstractContextManager[Connection]:
        self._begin()
        return self._database.read()

    def write(self, *, durable: bool = True) -> AbstractContextManager[Connection]:
        self._begin()
        return self._database.write(durable=durable)

    def _begin(self) -> None:
        self.begun += 1
        self._loop.call_soon_threadsafe(self.first.set)
        if self.begun <= self._failures:
            raise OperationalError("SELECT", {}, Exception("the server went away"))


async def test_the_pump_hands_over_until_it_is_stopped_R28(database: Database) -> None:
    simulator, stop = Simulator(database), asyncio.Event()
    inbox = StoppingInbox(3, stop)
    await simulator.send(outgoing())

    await asyncio.wait_for(simulator.pump(posting_to(simulator, inbox), stop, asyncio.Event()), PATIENCE)

    assert len(inbox.taken) == 3


async def test_the_pump_sleeps_until_the_next_receipt_is_due_R28(database: Database) -> None:
    stop, storage = asyncio.Event(), WatchedStorage(database)
    simulator = Simulator(storage)
    inbox = StoppingInbox(1, stop)
    await simulator.behave(ANN, "late", seconds=0.4)
    await simulator.send(outgoing(to=(ANN,)))
    due, before = await simulator.next_due(), storage.begun

    await asyncio.wait_for(simulator.pump(posting_to(simulator, inbox), stop, asyncio.Event()), PATIENCE)

    assert due is not None
    assert utc_now() >= due
    assert storage.begun - before < 12


async def test_a_bell_wakes_the_pump_R28(database: Database) -> None:
    stop, bell, storage = asyncio.Event(), asyncio.Event(), WatchedStorage(database)
    inbox = StoppingInbox(1, stop)
    simulator = Simulator(storage, pace=CallbackPace(idle=3_600))
    pump = asyncio.create_task(simulator.pump(posting_to(simulator, inbox), stop, bell))
    await asyncio.wait_for(storage.first.wait(), PATIENCE)

    await Simulator(database).send(outgoing(to=(ANN,)))
    bell.set()

    await asyncio.wait_for(pump, PATIENCE)
    assert len(inbox.taken) == 1


async def test_a_sleeping_pump_stops_at_once_R28(database: Database) -> None:
    stop, storage = asyncio.Event(), WatchedStorage(database)
    simulator = Simulator(storage, pace=CallbackPace(idle=3_600))
    pump = asyncio.create_task(simulator.pump(posting_to(simulator, RecordingInbox()), stop, asyncio.Event()))
    await asyncio.wait_for(storage.first.wait(), PATIENCE)

    stop.set()

    await asyncio.wait_for(pump, PATIENCE)


async def test_the_pump_survives_an_outage_of_the_database_R28(database: Database) -> None:
    stop = asyncio.Event()
    inbox = StoppingInbox(1, stop)
    await Simulator(database).send(outgoing(to=(ANN,)))
    failing = Simulator(WatchedStorage(database, failures=3), pace=CallbackPace(idle=0.01))

    await asyncio.wait_for(failing.pump(posting_to(failing, inbox), stop, asyncio.Event()), PATIENCE)

    assert len(inbox.taken) == 1


async def test_the_pump_repeats_callbacks_that_the_inbox_did_not_take_R28(database: Database) -> None:
    stop = asyncio.Event()
    inbox = StoppingInbox(2, stop)
    inbox.crashes = RuntimeError("after storing")
    await Simulator(database).send(outgoing(to=(ANN,)))

    repeating = Simulator(database, pace=CallbackPace(pauses=(0.02,)))
    await asyncio.wait_for(repeating.pump(posting_to(repeating, inbox), stop, asyncio.Event()), PATIENCE)

    assert inbox.taken[0] == inbox.taken[1]
