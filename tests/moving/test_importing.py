"""Moving: an export from one database imports into another unchanged, to the byte; or nothing is imported."""

import tracemalloc
from datetime import datetime, timedelta, timezone
from io import BytesIO
from subprocess import PIPE

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from groupchat.aggregates.group_events import MessageSent
from groupchat.aggregates.review import ReviewOpened
from groupchat.moving.exporting import export_all
from groupchat.moving.importing import check, store
from groupchat.moving.lines import AnswerLine, DamagedFileError, FollowerLine, ParkedLine, PutOffLine
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store import answers, put_off, webhook_rows
from groupchat.store.answers import IdempotencyKey, StoredAnswer
from groupchat.store.append import Append
from groupchat.store.archive import Archive
from groupchat.store.database import Database, Timeouts
from groupchat.store.filling import BusyStoreError, StoreNotEmptyError, filling
from groupchat.store.log import Log
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.parked import set_aside
from groupchat.store.positions import FollowerStatus, advance, statuses
from groupchat.store.put_off import PutOff
from groupchat.store.recorder import Recorder
from groupchat.store.webhook_rows import Cursor
from tests.moving.exports import bring, event_line, exported, kept, lines_of, long_log, quietly, views_of, written
from tests.projections.histories import Story, forget_everything, log_of, received, sent, store_log, stories
from tests.store.test_mapper import as_stored
from tests.support.builders import a_group, a_participant, moment, number, texts
from tests.support.forked import Forked

PROCESS = "delivery"
A_STORY: Story = (
    ("cnv_1", a_group()),
    ("cnv_1", sent("msg_1")),
    ("cnv_2", a_group(a_participant(3), a_participant(4), name="Grüße \U0001f469")),
    ("cnv_1", received("msg_2")),
    ("cnv_2", sent("msg_3", number(3), number(4))),
)
ANSWER = StoredAnswer(IdempotencyKey("usr_ann", "k1", b"\x00request"), b"201 {}", at=1_738_000_000, position=5)

both_ways = settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])


def keep(database: Database, *kept_answers: StoredAnswer) -> None:
    with database.write() as connection:
        answers.keep(connection, kept_answers, moved=True)


def stand(database: Database, name: str, position: int, *parked: int) -> None:
    """Give a follower a position, with events set aside, and the last message or review put off."""
    messages = [each for each in Log.of(database).each([MessageSent.TOPIC, ReviewOpened.TOPIC]) if each.position <= position]
    with database.write() as connection:
        advance(connection, [name], position)
        set_aside(connection, name, dict.fromkeys(parked, "can't"))
        put_off.add(connection, name, [PutOff(each.position, each.stream, moment(1)) for each in messages[-1:]])
        webhook_rows.move(connection, [Cursor(webhook_id="whk_1", workspace_id="wsp_1", behind=0)])


def a_store(database: Database) -> None:
    """Fill a store with a little of everything."""
    store_log(database, log_of(A_STORY))
    keep(database, ANSWER)
    stand(database, PROCESS, 4, 2)


def refusal_of(database: Database, export: bytes) -> DamagedFileError:
    """Return why an export is refused; nothing of it must be stored."""
    before = kept(database)
    with pytest.raises(DamagedFileError) as refused:
        bring(database, export)
    assert kept(database) == before
    return refused.value


# --- there and back


def keys() -> st.SearchStrategy[list[StoredAnswer]]:
    key = st.builds(IdempotencyKey, st.sampled_from(("usr_ann", "usr_Ben", "usr_ä")), texts(5), st.binary(max_size=4))
    answer = st.builds(StoredAnswer, key, st.binary(max_size=30), st.integers(0, 253_402_300_799), st.integers(0, 1))
    return st.lists(answer, max_size=5, unique_by=lambda kept: kept.key.name)


@both_ways
@given(story=stories(), kept_answers=keys())
async def test_a_moved_store_has_the_same_bytes_positions_answers_and_views(both, story: Story, kept_answers: list[StoredAnswer]):
    here, there = both
    for database in both:
        forget_everything(database)
    store_log(here, log_of(story))
    keep(here, *kept_answers)
    stand(here, PROCESS, len(story) - 1, 1)

    bring(there, exported(here))

    assert kept(there) == kept(here)
    assert exported(there) == exported(here)
    assert await views_of(there) == await views_of(here)
    with there.read() as connection:
        assert answers.find(connection, [each.key for each in kept_answers]) == {each.key.name: each for each in kept_answers}


async def test_a_process_resumes_where_it_stood_and_a_view_starts_over(both):
    here, there = both
    a_store(here)
    stand(here, "inbox", 5)

    bring(there, exported(here))

    assert statuses(there) == {PROCESS: FollowerStatus(PROCESS, 4, parked=1)}
    assert DeliveryProcess.name == PROCESS


def test_an_older_shape_is_moved_unchanged_and_still_read_R34(both):
    here, there = both
    old = [as_stored({"city": "ulm"}), as_stored({"town": "Ulm", "since": "2020-01-01T00:00:00Z"}, v=2)]
    mapped = [Archive(here)._mapper.open(each.state) for each in old]
    for version, (each, envelope) in enumerate(zip(old, mapped, strict=True), start=1):
        object.__setattr__(each, "state", Archive(here)._mapper.close(envelope))
        object.__setattr__(each, "originator_version", version)
    Recorder(here).append([Append(events=old, expected={})])

    bring(there, exported(here))

    assert kept(there) == kept(here)
    assert [row[4].count(b'"v":1') for row in kept(there)["stored_events"]] == [1, 0]
    towns = [each.event.town for each in Log.of(there).each([old[0].topic], upto=2)]
    assert towns == ["Ulm", "Ulm"]


def test_an_empty_store_can_be_moved_too(both):
    here, there = both

    bring(there, exported(here))

    assert kept(there) == kept(here)


# --- what is damaged


DAMAGES = ("removed", "swapped", "doubled", "edited", "cut")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), damage=st.sampled_from(DAMAGES))
def test_a_damaged_line_is_named_and_nothing_is_stored(sqlite_url, data, damage: str):
    export = EXPORT
    lines = lines_of(export)
    n = data.draw(st.integers(1, len(lines)), label="line")
    database = Database(sqlite_url)
    match damage:
        case "removed":
            broken, named = lines[: n - 1] + lines[n:], n
        case "swapped":
            assume(n < len(lines))
            broken, named = [*lines[: n - 1], lines[n], lines[n - 1], *lines[n + 1 :]], n
        case "doubled":
            broken, named = [*lines[:n], lines[n - 1], *lines[n:]], n + 1
        case "edited":
            at = data.draw(st.integers(0, len(lines[n - 1]) - 1), label="byte")
            flipped = bytearray(lines[n - 1])
            flipped[at] ^= data.draw(st.integers(1, 255), label="bits")
            broken, named = [*lines[: n - 1], bytes(flipped), *lines[n:]], n
        case _:
            broken, named = [*lines[: n - 1], lines[n - 1][: data.draw(st.integers(0, len(lines[n - 1]) - 1))]], n

    refused = refusal_of(database, b"".join(broken))
    database.close()

    assert refused.number == named, refused
    assert str(refused).startswith(f"line {named}: ")


LOG = log_of(A_STORY)
TOO_LATE = datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=12)))
EVENTS = [event_line(each) for each in LOG]
ANSWERED = AnswerLine(ANSWER.key, ANSWER.answer, ANSWER.at, ANSWER.position)
STANDS = FollowerLine(name=PROCESS, position=5, stopped_at=None, error=None)
EXPORT = written([*EVENTS, ANSWERED, STANDS, ParkedLine(PROCESS, 2, "can't")], head=5)


@pytest.mark.parametrize(
    ("lines", "header", "line", "words"),
    [
        ([EVENTS[0], *EVENTS[2:]], {}, 3, "position 3, where 2 should be"),
        ([EVENTS[0], event_line(LOG[1], version=3)], {}, 3, "version 3 of cnv_1, where 2 should be"),
        ([event_line(LOG[0], stream="cnv_9"), EVENTS[1]], {}, 3, "version 2 of cnv_1, where 1 should be"),
        ([event_line(LOG[0], type="groupchat.conversation.painted")], {}, 2, "groupchat.conversation.painted"),
        ([event_line(LOG[0], shape=2)], {}, 2, "its shape is version 2, but this groupchat knows 1"),
        ([event_line(LOG[0], shape=0)], {}, 2, "can't be read"),
        ([event_line(LOG[0], data=Raw(b'{"name": 5}'))], {}, 2, "can't be read"),
        ([event_line(LOG[0], at=LOG[0].at.replace(tzinfo=None))], {}, 2, "has no offset from UTC"),
        ([event_line(LOG[0], at=TOO_LATE)], {}, 2, "beyond the year 9999"),
        ([EVENTS[0], event_line(LOG[1], at=LOG[0].at - timedelta(microseconds=1))], {}, 3, "is before that of the event before it"),
        ([event_line(LOG[0], stream="cnv_\0")], {}, 2, "NUL"),
        ([event_line(LOG[0], correlation_id="req_\0")], {}, 2, "NUL"),
        ([event_line(LOG[0], data=Raw(b'{"name": "\\u0000"}'))], {}, 2, "NUL"),
        ([EVENTS[0], AnswerLine(ANSWER.key, b"", 0, -5)], {}, 3, "position -5, but the last event has 1"),
        ([EVENTS[0], AnswerLine(ANSWER.key, b"", 2**63, 1)], {}, 3, "not a time in seconds"),
        ([EVENTS[0], AnswerLine(IdempotencyKey("usr_\0", "k", b""), b"", 0, 1)], {}, 3, "NUL"),
        ([EVENTS[0], FollowerLine(name=PROCESS, position=2**63, stopped_at=None, error=None)], {}, 3, "the last event has 1"),
        ([EVENTS[0], FollowerLine(name=PROCESS, position=1, stopped_at=2**63, error="x")], {}, 3, "stopped at position"),
        ([EVENTS[0], FollowerLine(name="a\0", position=1, stopped_at=None, error=None)], {}, 3, "NUL"),
        ([EVENTS[0], PutOffLine(follower=PROCESS, position=1, key="cnv_1", due=TOO_LATE)], {}, 3, "is due at"),
        ([EVENTS[0], PutOffLine(follower=PROCESS, position=1, key="cnv_1", due=LOG[0].at)], {}, 3, "1, which is not a message"),
        ([EVENTS[0], AnswerLine(ANSWER.key, b"", 0, 2)], {}, 3, "position 2, but the last event has 1"),
        ([ANSWERED, *EVENTS], {}, 2, "position 5, but the last event has 0"),
        ([*EVENTS[:2], STANDS, EVENTS[2]], {}, 4, "position 5"),
        ([*EVENTS, STANDS, ANSWERED], {}, 8, "can't be here"),
        (EVENTS[:4], {}, 6, "the header states 5 events"),
        (EVENTS, {"exported": "conversation", "conversation_id": "cnv_1"}, 1, "export of cnv_1 only"),
        (EVENTS, {"format_version": 2}, 1, "groupchat-export 2; this groupchat reads groupchat-export 1"),
        (EVENTS, {"format": "other"}, 1, "its format is other"),
    ],
)
def test_an_impossible_line_is_named_even_if_its_checks_are_right(sqlite_url, lines, header, line, words):
    database = Database(sqlite_url)

    refused = refusal_of(database, written(lines, 5, **header))
    database.close()

    assert refused.number == line, refused
    assert words in str(refused)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: the file ends here without a trailer"),
        (b"hello\n", "line 1: this is not an export of groupchat"),
        (b"\x89PNG\r\n\x1a\n" * 40, "line 1: this is not an export of groupchat"),
        (b"x" * (16 * 1024 * 1024 + 5), "line 1: it is longer than"),
        (b"{}\n", "line 1: this is not an export of groupchat"),
    ],
)
def test_a_foreign_file_is_refused_with_an_explanation(sqlite_url, content, words):
    database = Database(sqlite_url)

    assert words in str(refusal_of(database, content))
    database.close()


def test_a_file_that_changes_between_check_and_store_is_refused_and_nothing_stays(database):
    file = BytesIO(EXPORT)
    checked = check(Archive(database), file, quietly)
    other = BytesIO(written(EVENTS, head=5))

    with pytest.raises(DamagedFileError, match="was changed while it was being read"):
        store(database, other, checked, quietly)

    assert not any(kept(database).values())


def test_a_log_that_something_else_has_written_to_is_not_exported(database):
    state = as_stored({"city": "ulm"}).state  # spaces between its members: groupchat writes none
    stored = as_stored({"city": "ulm"})
    object.__setattr__(stored, "state", state)
    Recorder(database).append([Append(events=[stored], expected={})])

    with pytest.raises(UnreadableEventError, match="another program has written it"):
        exported(database)


# --- one store, one history


def test_a_store_that_is_not_empty_is_left_alone(database):
    a_store(database)
    before = kept(database)

    with pytest.raises(StoreNotEmptyError, match="an import needs an empty one"):
        bring(database, EXPORT)

    assert kept(database) == before


def test_an_import_is_refused_while_another_writer_works(database_url):
    one, other = Database(database_url), Database(database_url, timeouts=Timeouts(lock_ms=200, busy_ms=200))

    with filling(one) as first:
        first.events(EVENTS)
        with pytest.raises(BusyStoreError, match="Another process is writing"):
            bring(other, EXPORT)

    assert len(kept(other)["stored_events"]) == 5
    one.close()
    other.close()


def test_a_killed_import_leaves_an_empty_store_that_can_be_imported_into(database_url, tmp_path):
    path = tmp_path / "export.jsonl"
    path.write_bytes(written(long_log(3_000), head=3_000))
    with Forked("tests.moving.stuck_import", database_url, path, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == "2000 of 3000\n"
        process.kill()

    database = Database(database_url)
    assert not any(kept(database).values())
    bring(database, path.read_bytes())
    assert len(kept(database)["stored_events"]) == 3_000
    database.close()


# --- memory


def peak_of(work) -> int:
    """Return how many bytes were held at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_log_of_any_length_is_exported_and_imported_in_the_same_memory(sqlite_url, tmp_path):
    database, path = Database(sqlite_url), tmp_path / "export.jsonl"
    peaks: dict[str, list[int]] = {"check": [], "store": [], "export": []}
    for count in (2_000, 4_000):
        forget_everything(database)
        path.write_bytes(written(long_log(count), head=count))
        with path.open("rb") as file:
            checked = check(Archive(database), file, quietly)
            peaks["check"].append(peak_of(lambda file=file: file.seek(0) or check(Archive(database), file, quietly)))
            peaks["store"].append(peak_of(lambda file=file, checked=checked: store(database, file, checked, quietly)))
        with path.open("wb") as file:
            peaks["export"].append(peak_of(lambda file=file: export_all(Archive(database), file, quietly)))
    database.close()

    for name, (short, long) in peaks.items():
        assert long < 1.2 * short + 50_000, (name, peaks)  # 2,000 more events have 1 MB
