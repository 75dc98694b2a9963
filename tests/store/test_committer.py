"""Group commit: appends that arrive during a commit share the next one, each with its own outcome, and nobody is left waiting."""

import asyncio

import pytest
from structlog.testing import capture_logs

from groupchat.store.append import Append, Conflict
from groupchat.store.committer import Committer
from groupchat.store.recorder import Recorder
from tests.store.counting import PATIENCE, holding, stored


@pytest.fixture
def on_stored():
    return []


class CountingRecorder(Recorder):
    """The real recorder, which also counts its transactions."""

    def __init__(self, database):
        super().__init__(database)
        self.batches = []

    def append(self, batch):
        self.batches.append(len(batch))
        super().append(batch)


@pytest.fixture
def recorder(database):
    return CountingRecorder(database)


@pytest.fixture
def committer(recorder, on_stored):
    committer = Committer(recorder, on_stored.append)
    yield committer
    committer.close()


def append(stream, version=0):
    return Append(events=[stored(stream, version + 1)], expected={stream: version})


async def done(*futures):
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*futures)


async def test_appends_that_arrive_during_a_transaction_are_stored_in_the_next_one(committer, recorder, database_url):
    appends = [append(f"s{n}") for n in range(100)]
    with holding(database_url):
        futures = [committer.submit(each) for each in appends]
        assert not futures[0].done()
    await done(*futures)

    assert [each.outcome for each in appends] == list(range(1, 101))  # in the order of their coming
    assert sum(recorder.batches) == 100
    assert len(recorder.batches) <= 3


async def test_the_appends_of_one_turn_of_the_event_loop_share_a_transaction(committer, recorder):
    appends = [append(f"s{n}") for n in range(100)]
    await done(*[committer.submit(each) for each in appends])

    assert recorder.batches == [100]


async def test_what_follows_an_append_happens_even_if_its_caller_has_gone(committer, database_url):
    learned = []
    first = append("a")
    with holding(database_url):
        gone = committer.submit(first, lambda: learned.append(first.outcome))
        gone.cancel()
    await done(committer.submit(append("b")))

    assert learned == [1]


async def test_each_append_of_a_batch_has_its_own_outcome(committer, on_stored, database_url):
    with holding(database_url):
        good, lost, other = append("a"), append("a"), append("b")
        futures = [committer.submit(each) for each in (good, lost, other)]
    await done(*futures)

    assert [good.outcome, lost.outcome, other.outcome] == [1, Conflict(("a",)), 2]
    assert on_stored[-1] == 2


async def test_an_append_without_events_rings_no_bell(committer, on_stored):
    await done(committer.submit(Append(events=[], expected={"a": 0})), committer.submit(append("a", version=5)))

    assert on_stored == []


class WordlessRecorder(Recorder):
    """A recorder that fails without a word, once."""

    failed = False

    def append(self, batch):
        if not self.failed:
            self.failed = True
            raise MemoryError
        super().append(batch)


async def test_an_error_without_a_message_fails_its_batch_and_the_next_is_stored(database):
    committer = Committer(WordlessRecorder(database), lambda _: None)
    first, second = append("a"), append("b")

    await done(committer.submit(first))
    await done(committer.submit(second))
    committer.close()

    assert isinstance(first.outcome, MemoryError)
    assert second.outcome == 1


async def test_closing_stores_the_queued_events(recorder, database_url):
    committer = Committer(recorder, lambda _: None)
    appends = [append(f"s{n}") for n in range(10)]
    with holding(database_url):
        futures = [committer.submit(each) for each in appends]
    await asyncio.to_thread(committer.close)
    await done(*futures)

    assert recorder.max_notification_id() == 10


async def test_what_fails_after_an_append_leaves_no_other_one_waiting(committer):
    def fail():
        msg = "a bug"
        raise RuntimeError(msg)

    with capture_logs() as logs:
        await done(committer.submit(append("a"), fail), committer.submit(append("b")))

    assert [each["event"] for each in logs] == ["append_half_finished"]
