"""Refusals on record: alike ones are counted, a day has an end, and no user takes all of it (R15, R20 to R22)."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given as for_all
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from groupchat.aggregates import refusal
from groupchat.aggregates.refusal import (
    APART,
    DAY_LIMITS,
    DayLimits,
    RecordAtOnce,
    RecordRefusals,
    Refusal,
    RefusalRecorded,
    Subject,
    verdict,
)
from groupchat.values.event import Recorded
from tests.support.builders import CAUSE, moment, number
from tests.support.given_when_then import fold, given

BLOCKED = Refusal(
    user_id="usr_1",
    slug="conversation-blocked",
    rule="R15",
    operation="POST /v1/conversations/{conversation_id}/messages",
    about=Subject(conversation_id="cnv_1", numbers=(number(2),)),
)
OTHERS = replace(BLOCKED, user_id="usr_2")


def a_record(what=BLOCKED, *, at=1, times=1, kind=RecordRefusals):
    return kind(refusal=what, times=times, first_at=moment(0), last_at=moment(0), at=moment(at))


def recorded_of(command, **given_):
    times = {"times": command.times, "first_at": command.first_at, "last_at": command.last_at}
    return RefusalRecorded(**asdict(command.refusal), **times, **given_)


def a_day_of(*records):
    """Return a day's stream, of (user, how many) records, each about another conversation."""
    whose = [user for user, count in records for _ in range(count)]
    return [
        recorded_of(a_record(replace(BLOCKED, user_id=user, about=Subject(conversation_id=f"cnv_old_{n}"))))
        for n, user in enumerate(whose)
    ]


def test_a_refusal_is_recorded_with_all_that_was_tried_R15():
    given(refusal).when(a_record(times=3)).then(recorded_of(a_record(times=3)))


def test_a_similar_refusal_is_stored_again_only_after_a_minute_R15():
    day = given(refusal).when(a_record(at=1)).then(recorded_of(a_record()))
    stored_at = day.events[0].at
    soon = replace(a_record(), at=stored_at + APART - timedelta(microseconds=1))
    day.when(soon).nothing()
    assert verdict(soon, day.state) == "later"
    day.when(replace(a_record(times=9), at=stored_at + APART)).then(recorded_of(a_record(times=9)))


def test_a_refusal_of_another_user_operation_or_subject_is_not_similar_R15():
    day = given(refusal).when(a_record()).then(recorded_of(a_record()))
    others = (OTHERS, replace(BLOCKED, operation="other"), replace(BLOCKED, about=Subject(conversation_id="cnv_2")))
    for other in others:
        day.when(a_record(other)).then(recorded_of(a_record(other)))


def test_a_refusal_of_an_ending_process_is_stored_immediately_R15():
    day = given(refusal).when(a_record()).then(recorded_of(a_record()))
    day.when(a_record(times=4, kind=RecordAtOnce)).then(recorded_of(a_record(times=4)))


def test_a_users_last_record_of_the_day_is_marked_and_others_continue_R15():
    day = given(refusal, *a_day_of(("usr_1", DAY_LIMITS.of_a_user - 1)))
    full = day.when(a_record()).then(recorded_of(a_record(), no_more_of="user"))
    new = replace(BLOCKED, about=Subject(conversation_id="cnv_9"))
    for kind in (RecordRefusals, RecordAtOnce):
        full.when(a_record(new, at=9_999, kind=kind)).nothing()
        assert verdict(a_record(new, at=9_999, kind=kind), full.state) == "no-more"
    full.when(a_record(OTHERS)).then(recorded_of(a_record(OTHERS)))


def test_a_workspaces_last_record_of_the_day_says_so_R15():
    users = [(f"usr_{n}", DAY_LIMITS.of_a_user) for n in range(2, 5)]
    day = given(refusal, *a_day_of(*users, ("usr_5", DAY_LIMITS.records - 3 * DAY_LIMITS.of_a_user - 1)))
    full = day.when(a_record()).then(recorded_of(a_record(), no_more_of="workspace"))
    full.when(a_record(OTHERS)).nothing()
    full.when(a_record(replace(BLOCKED, user_id="usr_new"))).nothing()


def test_each_workspace_and_day_has_a_stream_of_its_own():
    assert refusal.stream("wsp_1", date(2025, 1, 31)) == "refusals-wsp_1-2025-01-31"


TRIES = st.lists(
    st.tuples(
        st.sampled_from(("usr_1", "usr_2", "usr_3")),
        st.integers(0, 4),  # what it is about
        st.integers(1, 50),  # how many
        st.integers(0, 90),  # seconds after the one before
        st.booleans(),  # from a process that ends
    ),
    max_size=80,
)


@for_all(tries=TRIES, day=st.integers(1, 12), of_a_user=st.integers(1, 6))
def test_any_refusals_store_no_more_than_a_day_takes_and_the_counts_add_up_R15(tries, day, of_a_user):
    limits = DayLimits(records=day, of_a_user=of_a_user)
    state, events, waiting, lost, at = None, [], {}, 0, datetime(2025, 1, 31, tzinfo=UTC)
    for user, thing, times, seconds, ends in tries:
        at += timedelta(seconds=seconds)
        what = replace(BLOCKED, user_id=user, about=Subject(conversation_id=f"cnv_{thing}"))
        counted = waiting.pop(what, 0) + times
        kind = RecordAtOnce if ends else RecordRefusals
        command = kind(refusal=what, times=counted, first_at=at, last_at=at, at=at, limits=limits)
        judged = verdict(command, state)
        new = refusal.decide(command, state)
        assert len(new) == (judged == "record")
        if judged == "later":
            waiting[what] = counted
        if judged == "no-more":
            lost += counted
        for event in new:
            each = Recorded(event=event, stream="refusals", version=len(events) + 1, position=1, at=at, cause=CAUSE)
            events.append(each)
            state = refusal.evolve(state, each)
    assert len(events) <= day
    assert all(sum(each.event.user_id == user for each in events) <= of_a_user for user in ("usr_1", "usr_2", "usr_3"))
    assert sum(each.event.times for each in events) + sum(waiting.values()) + lost == sum(times for _, _, times, *_ in tries)
    assert fold(refusal.evolve, events) == state
    assert (len(events) == day) == any(each.event.no_more_of == "workspace" for each in events)
