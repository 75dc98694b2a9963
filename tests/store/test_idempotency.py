"""Terms of a decision: its response is stored with its events, under a key; an expected version is judged inside it."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from groupchat.store import answers, housekeeping
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.append import Append, Conflict
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore, VersionConflictError
from groupchat.store.recorder import Recorder
from groupchat.store.signals import Signals
from groupchat.store.tables import IDEMPOTENCY_KEYS
from groupchat.store.terms import AnsweredBeforeError, Expected, PreconditionFailedError, Remember, StaleAnswerError, Terms
from groupchat.values.clock import utc_now
from tests.store.counting import COUNTER, PATIENCE, FullError, count, stored, sum_of, until
from tests.store.following import opened
from tests.support.builders import CAUSE

KEY = IdempotencyKey("usr_ann", "k1", b"a request")


def remembering(key=KEY, pack=lambda value: f"it was {value}".encode()):
    """Return the terms of a request with a key, whose response has the command's value."""
    return Terms(remember=Remember(key, pack))


def expecting(stream, *versions):
    return Terms(Expected(stream, frozenset(versions) or None))


async def answered(action):
    """Return the answer that was kept before."""
    with pytest.raises(AnsweredBeforeError) as caught:
        await action
    return caught.value.kept


# --- an answer is kept


async def test_a_response_is_stored_with_the_position_of_its_events(store):
    await count(store, "a")
    outcome = await count(store, "a", terms=remembering(), by=5)

    kept = await store.answer_to(KEY)
    assert (outcome.value, outcome.position) == (1, 2)
    assert (kept.key, kept.answer, kept.position) == (KEY, b"it was 1", 2)
    assert await store.answer_to(IdempotencyKey("usr_ann", "k2", b"")) is None


async def test_a_command_whose_key_has_a_stored_response_stores_nothing_and_gets_that_response(store):
    await count(store, "a", terms=remembering())
    again = await answered(count(store, "a", terms=remembering()))

    assert (again.answer, again.position) == (b"it was 0", 1)
    assert await sum_of(store, "a") == 1
    assert (await count(store, "a")).value == 1  # nor does the cache believe it


async def test_another_request_with_the_key_learns_the_request_that_owns_it(store):
    await count(store, "a", terms=remembering())

    assert (await answered(count(store, "b", terms=remembering(IdempotencyKey("usr_ann", "k1", b"another"))))).key == KEY
    assert await sum_of(store, "b") == 0


async def test_a_key_is_its_users_own(store):
    await count(store, "a", terms=remembering())
    await count(store, "a", terms=remembering(IdempotencyKey("usr_bob", "k1", b"a request")))
    await count(store, "a", terms=remembering(IdempotencyKey("usr_ann", "k2", b"a request")))

    assert await sum_of(store, "a") == 3


async def test_a_refused_command_keeps_nothing_and_its_key_is_free(store):
    with pytest.raises(FullError):
        await count(store, "a", terms=remembering(), limit=0)

    assert await store.answer_to(KEY) is None
    assert (await count(store, "a", terms=remembering())).position == 1


async def test_a_command_that_stores_nothing_keeps_its_answer_too(store):
    await count(store, "a")

    async def look(decision):
        return await decision.load(COUNTER, "a")

    await store.run_under(remembering(), CAUSE, look)
    await count(store, "a")

    kept = await answered(store.run_under(remembering(), CAUSE, look))
    assert (kept.answer, kept.position) == (b"it was 1", 1)


async def test_a_decision_on_a_repeated_request_is_made_again(store):
    await count(store, "a", terms=remembering())
    repeat, *others = await asyncio.gather(answered(count(store, "a", terms=remembering())), *(count(store, "a") for _ in range(3)))

    assert repeat.answer == b"it was 0"
    assert sorted(outcome.value for outcome in others) == [1, 2, 3]
    assert await sum_of(store, "a") == 4


async def test_one_of_many_simultaneous_requests_in_two_processes_is_stored_and_the_others_get_its_response(store, database_url):
    async with opened(database_url) as other:
        doing = [count(each, "a", terms=remembering()) for each in (store, other) * 50]
        outcomes = await asyncio.gather(*doing, return_exceptions=True)

    first = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert [(outcome.value, outcome.position) for outcome in first] == [(0, 1)]
    kept_responses = [outcome.kept for outcome in outcomes if isinstance(outcome, AnsweredBeforeError)]
    assert len(kept_responses) == 99
    assert {(kept.key, kept.answer, kept.position) for kept in kept_responses} == {(KEY, b"it was 0", 1)}
    assert await sum_of(store, "a") == 1


async def test_a_response_that_cannot_be_given_yet_is_made_again_from_the_stored_events(store):
    asked = []

    def pack(value):
        asked.append(value)
        if len(asked) < 3:
            raise StaleAnswerError
        return b"now"

    await count(store, "a", terms=remembering(pack=pack))

    assert len(asked) == 3
    assert (await store.answer_to(KEY)).answer == b"now"
    assert await sum_of(store, "a") == 1


async def test_an_answer_that_can_never_be_given_is_a_conflict_and_stores_nothing(store):
    def pack(value):
        raise StaleAnswerError

    with pytest.raises(VersionConflictError):
        await count(store, "a", terms=remembering(pack=pack))

    assert await sum_of(store, "a") == 0
    assert await store.answer_to(KEY) is None


def test_the_first_valid_of_two_appends_with_one_key_in_a_batch_is_stored(database):
    recorder = Recorder(database)
    lost = Append(events=[stored("a", 8)], expected={"a": 7}, keep=StoredAnswer(KEY, b"lost", 0))
    first = Append(events=[stored("a", 1)], expected={"a": 0}, keep=StoredAnswer(KEY, b"first", 0))
    second = Append(events=[stored("a", 2)], expected={"a": 1}, keep=StoredAnswer(KEY, b"second", 0))
    upon_it = Append(events=[stored("b", 1)], expected={"b": 0}, after=[second])

    recorder.append([lost, first, second, upon_it])

    kept_responses = StoredAnswer(KEY, b"first", 0, position=1)
    assert [each.outcome for each in (lost, first, second, upon_it)] == [Conflict(("a",)), 1, kept_responses, Conflict(("b",))]
    assert recorder.max_notification_id() == 1


# --- an answer is forgotten


def grow_older(store, by):
    """Make the stored responses older."""
    with store.database.write() as connection:
        connection.execute(update(IDEMPOTENCY_KEYS).values(at=IDEMPOTENCY_KEYS.c.at - int(by.total_seconds())))


@asynccontextmanager
async def clocked(database, ahead):
    """A store of a process whose clock is ahead of the database's."""
    signals = Signals(database)
    store = EventStore(database, signals, clock=lambda: utc_now() + ahead)
    yield store
    await asyncio.to_thread(store.close)
    await asyncio.to_thread(signals.close)


@pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=-2)])
async def test_a_process_with_a_wrong_clock_loses_no_answer_and_makes_none_be_lost(store, database, ahead):
    async with clocked(database, ahead) as wrong:
        await count(store, "a", terms=remembering(IdempotencyKey("usr_ann", "right", b"")))
        await count(wrong, "a", terms=remembering(IdempotencyKey("usr_ann", "wrong", b"")))

        assert [await housekeeping.tidy(each) for each in (wrong, store)] == [0, 0]


async def test_an_answer_is_kept_for_24_hours_and_then_its_key_is_free(store):
    await count(store, "a", terms=remembering())

    grow_older(store, timedelta(hours=23, minutes=59))
    assert await housekeeping.tidy(store) == 0
    assert (await answered(count(store, "a", terms=remembering()))).answer == b"it was 0"

    grow_older(store, timedelta(minutes=2))
    assert await housekeeping.tidy(store) == 1
    assert (await count(store, "a", terms=remembering())).value == 1


async def test_many_old_answers_are_forgotten_a_few_at_a_time_and_the_new_ones_stay(store):
    for n in range(5):
        await count(store, "a", terms=remembering(IdempotencyKey("usr_ann", f"old-{n}", b"")))
    grow_older(store, timedelta(days=2))
    await count(store, "a", terms=remembering())

    forget = partial(asyncio.to_thread, answers.forget, store.database, timedelta(days=1), at_once=2)
    assert await forget() == 5
    assert await forget() == 0
    assert await store.answer_to(KEY) is not None


async def test_housekeeping_tidies_at_its_start_and_ends_when_stopped(store):
    await count(store, "a", terms=remembering())
    grow_older(store, timedelta(days=2))
    stop = asyncio.Event()
    with capture_logs() as logs:
        working = asyncio.create_task(housekeeping.run(store, stop))
        await until(lambda: logs)
    stop.set()
    await asyncio.wait_for(working, PATIENCE)

    assert [(line["event"], line["answers"]) for line in logs] == [("answers_forgotten", 1)]
    assert await store.answer_to(KEY) is None


async def test_housekeeping_survives_an_unreachable_database(tmp_path):
    gone = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    signals = Signals(gone)
    store = EventStore(gone, signals)
    stop = asyncio.Event()
    with capture_logs() as logs:
        working = asyncio.create_task(housekeeping.run(store, stop))
        await until(lambda: [line["event"] for line in logs] == ["housekeeping_failed"])
    stop.set()
    await asyncio.wait_for(working, PATIENCE)
    await asyncio.to_thread(store.close)
    await asyncio.to_thread(signals.close)
    gone.close()


# --- a version is expected


async def test_a_command_on_the_version_that_is_expected_is_stored(store):
    await count(store, "a")

    assert (await count(store, "a", terms=expecting("a", 1))).value == 1
    assert (await count(store, "a", terms=expecting("a", 7, 2))).value == 2
    assert (await count(store, "a", terms=expecting("a"))).value == 3
    assert (await count(store, "b", terms=expecting("b", 0))).value == 0


async def test_a_command_on_another_version_is_refused_and_stores_nothing(store):
    await count(store, "a")

    for versions in ((0,), (2,), (5, 6)):
        with pytest.raises(PreconditionFailedError):
            await count(store, "a", terms=expecting("a", *versions))
    with pytest.raises(PreconditionFailedError):
        await count(store, "a", terms=expecting("b", 0))  # of a stream that the command did not read, nothing is known

    assert await sum_of(store, "a") == 1


async def test_a_refusal_by_the_rules_is_reported_before_the_version(store):
    await count(store, "a")

    with pytest.raises(FullError):
        await count(store, "a", terms=expecting("a", 9), limit=1)


async def test_one_of_many_commands_that_expect_the_same_version_is_stored_in_any_process(store, database_url):
    await count(store, "a")
    async with opened(database_url) as other:
        doing = [count(each, "a", terms=expecting("a", 1)) for each in (store, other) * 25]
        outcomes = await asyncio.gather(*doing, return_exceptions=True)

    assert [outcome.value for outcome in outcomes if not isinstance(outcome, Exception)] == [1]
    assert sum(isinstance(outcome, PreconditionFailedError) for outcome in outcomes) == 49
    assert await sum_of(store, "a") == 2


async def test_a_repeat_that_expects_the_version_of_the_first_gets_the_first_answer(store):
    await count(store, "a")
    terms = Terms(Expected("a", frozenset({1})), remembering().remember)
    await count(store, "a", terms=terms)

    with pytest.raises(PreconditionFailedError):
        await count(store, "a", terms=terms)
    assert (await store.answer_to(KEY)).answer == b"it was 1"  # which is what the caller looks for after a refusal
