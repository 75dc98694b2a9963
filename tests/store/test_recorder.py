"""The recorder: batches of appends in one locked transaction, each with its own outcome, and positions without gaps."""

import json

import pytest
from eventsourcing.persistence import ApplicationRecorder, IntegrityError
from sqlalchemy.exc import DBAPIError

from groupchat.store.append import Append, Conflict
from groupchat.store.recorder import TAILS_POSTGRES, TAILS_SQLITE, Recorder
from tests.store.counting import Counted, stored


@pytest.fixture
def recorder(database):
    return Recorder(database)


def append(stream, version, events=1, **given):
    """Return an append to a stream that was read at a version."""
    new = [stored(stream, version + n) for n in range(1, events + 1)]
    return Append(events=new, expected={stream: version}, **given)


def log_of(recorder):
    return [(n.id, n.originator_id, n.originator_version) for n in recorder.select_notifications(1, 100)]


def test_positions_count_from_1_without_gaps_over_batches_and_failures(recorder):
    recorder.append([append("a", 0), append("b", 0, events=2)])
    recorder.append([append("a", 7)])
    recorder.append([append("b", 2), append("a", 1)])

    assert log_of(recorder) == [(1, "a", 1), (2, "b", 1), (3, "b", 2), (4, "b", 3), (5, "a", 2)]


def test_an_append_returns_the_position_of_its_last_event(recorder):
    batch = [append("a", 0, events=3), append("b", 0)]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [3, 4]


def test_a_conflict_fails_that_append_alone(recorder):
    recorder.append([append("b", 0)])
    batch = [append("a", 0), append("b", 0), append("c", 0)]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [2, Conflict(("b",)), 3]
    assert log_of(recorder) == [(1, "b", 1), (2, "a", 1), (3, "c", 1)]


def test_the_first_of_two_appends_to_one_version_in_a_batch_wins(recorder):
    batch = [append("a", 0), append("a", 0), append("a", 1)]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [1, Conflict(("a",)), 2]


def test_an_append_is_stored_only_if_the_streams_that_it_read_have_not_moved(recorder):
    recorder.append([append("consent", 0)])
    held = Append(events=[stored("a", 1)], expected={"a": 0, "consent": 1})
    too_late = Append(events=[stored("b", 1)], expected={"b": 0, "consent": 0})
    never_there = Append(events=[stored("c", 1)], expected={"c": 0, "nothing": 1})

    recorder.append([held, too_late, never_there])

    assert [each.outcome for each in (held, too_late, never_there)] == [2, Conflict(("consent",)), Conflict(("nothing",))]
    assert log_of(recorder) == [(1, "consent", 1), (2, "a", 1)]


def test_a_stream_moved_by_an_earlier_append_of_the_batch_has_moved_for_a_later_one(recorder):
    batch = [append("consent", 0), Append(events=[stored("a", 1)], expected={"a": 0, "consent": 0})]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [1, Conflict(("consent",))]


def test_an_append_without_events_checks_its_reads_and_returns_the_logs_end(recorder):
    recorder.append([append("a", 0, events=2)])
    batch = [Append(events=[], expected={"a": 2}), Append(events=[], expected={"a": 1}), Append(events=[], expected={})]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [2, Conflict(("a",)), 2]


def test_appends_that_were_decided_on_a_failed_one_fail_with_it(recorder):
    recorder.append([append("a", 0)])
    lost = append("a", 0)
    upon_it = append("b", 0, after=[lost])
    upon_that = append("c", 0, after=[upon_it])
    apart = append("d", 0)

    recorder.append([lost, upon_it, upon_that, apart])

    assert [type(each.outcome) for each in (lost, upon_it, upon_that)] == [Conflict] * 3
    assert apart.outcome == 2


def test_appends_decided_upon_one_that_failed_in_an_earlier_batch_fail(recorder):
    recorder.append([append("a", 0)])
    lost, broken = append("a", 0), append("x", 0)
    recorder.append([lost])
    broken.outcome = RuntimeError("its transaction failed")
    upon_it, upon_broken = append("b", 0, after=[lost]), append("c", 0, after=[broken])

    recorder.append([upon_it, upon_broken])

    assert upon_it.outcome == Conflict(("b",))
    assert upon_broken.outcome == Conflict(("c",))


def test_a_transaction_that_fails_leaves_nothing_and_no_outcome(recorder):
    batch = [append("a", 0), Append(events=[stored("b", 1), stored("b", 1)], expected={"b": 0})]

    with pytest.raises(DBAPIError):
        recorder.append(batch)

    assert [each.outcome for each in batch] == [None, None]
    assert log_of(recorder) == []


@pytest.mark.parametrize("name", ["", "quo'te\"%s{}", "\u05e9\u05dc\u05d5\u05dd", "x" * 3_000])
def test_an_unknown_stream_of_any_name_is_at_0(recorder, name):
    batch = [Append(events=[], expected={name: 0}), append("a", 0)]

    recorder.append(batch)

    assert [each.outcome for each in batch] == [0, 1]


# --- the library's interface


def test_the_recorder_is_a_recorder_of_the_library(recorder):
    assert isinstance(recorder, ApplicationRecorder)


def test_inserting_events_returns_their_positions(recorder):
    recorder.append([append("a", 0)])

    assert list(recorder.insert_events([stored("b", 1), stored("b", 2)])) == [2, 3]
    assert list(recorder.insert_events([])) == []


def test_inserting_at_an_occupied_version_raises_the_librarys_error_and_stores_nothing(recorder):
    recorder.insert_events([stored("a", 1)])

    with pytest.raises(IntegrityError):
        recorder.insert_events([stored("b", 1), stored("a", 1)])

    assert log_of(recorder) == [(1, "a", 1)]


def test_a_streams_events_can_be_cut_turned_and_limited(recorder):
    recorder.append([append("a", 0, events=5), append("b", 0)])

    def versions(**given):
        return [event.originator_version for event in recorder.select_events("a", **given)]

    assert versions() == [1, 2, 3, 4, 5]
    assert versions(gt=2) == [3, 4, 5]
    assert versions(gt=1, lte=4) == [2, 3, 4]
    assert versions(desc=True, limit=2) == [5, 4]
    assert recorder.select_events("nobody") == []


def test_the_log_can_be_cut_limited_and_filtered(recorder):
    recorder.append([append("a", 0, events=5)])

    def positions(*given, **more):
        return [notification.id for notification in recorder.select_notifications(*given, **more)]

    assert positions(2, 10) == [2, 3, 4, 5]
    assert positions(2, 10, inclusive_of_start=False) == [3, 4, 5]
    assert positions(None, 2) == [1, 2]
    assert positions(1, 10, stop=3) == [1, 2, 3]
    assert positions(1, 10, topics=[Counted.TOPIC]) == [1, 2, 3, 4, 5]
    assert positions(1, 10, topics=["other"]) == []


def test_the_newest_position_is_none_in_an_empty_log(recorder):
    assert recorder.max_notification_id() is None
    recorder.append([append("a", 0, events=2)])
    assert recorder.max_notification_id() == 2


def test_the_tails_of_several_streams_come_in_the_logs_order(recorder):
    recorder.append([append("a", 0), append("b", 0, events=2), append("c", 0), append("a", 1)])

    tails = recorder.select_tails({"a": 1, "b": 0, "c": 1, "nobody": 0})

    assert [(each.originator_id, each.originator_version) for each in tails] == [("b", 1), ("b", 2), ("a", 2)]


def test_the_tails_of_streams_are_found_by_an_index_however_long_the_log_is(recorder, database):
    recorder.append([append(f"s{n}", 0, events=10) for n in range(400)])
    asked = json.dumps([[f"s{n}", 0] for n in range(20)])
    explain, query = ("EXPLAIN QUERY PLAN", TAILS_SQLITE) if database.is_sqlite else ("EXPLAIN", TAILS_POSTGRES)
    with database.read() as connection:
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {query}", (asked,)))
    assert "stored_events_stream" in plan
    assert "Seq Scan" not in plan
    assert "SCAN e" not in plan


def test_stored_events_come_back_byte_for_byte(recorder):
    event = stored("a", 1, by=42)
    recorder.append([Append(events=[event], expected={"a": 0})])

    (found,) = recorder.select_events("a")

    assert (found.topic, found.state) == (event.topic, event.state)
