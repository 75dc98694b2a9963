"""The contents of a transcript: names, times, each status, opt-outs, and its proof (R9, R14 to R16, R28, R70)."""

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from msgspec.structs import replace

from groupchat.aggregates.refusal import RefusalRecorded, Subject
from groupchat.proof.growing import grow
from groupchat.proof.kept import checkpoint_from
from groupchat.proof.signing import sign
from groupchat.store.database import Database
from groupchat.store.log import Log, UnknownStreamError
from groupchat.transcript import as_text
from groupchat.transcript.composing import compose
from groupchat.transcript.parts import Facts, Paragraph, TranscriptEntry, Verbatim
from groupchat.transcript.source import source_of
from groupchat.values.errors import InvalidRequestError
from tests.projections.histories import log_of, reacted, sent, store_log
from tests.proof.logs import KEY
from tests.support.builders import a_group, a_workspace, number, recorded
from tests.transcript.conftest import MAKING, Composed

CONFIRMED = "Harbour Dental: You are opted out and will get no more messages. Reply START to opt in again."
BOB = f"Bob ({number(2)})"


def entries(composed: Composed) -> list[TranscriptEntry]:
    return [part for part in composed.parts() if isinstance(part, TranscriptEntry)]


def fact(composed: Composed, name: str) -> str:
    return next(value for part in composed.parts() if isinstance(part, Facts) for key, value in part.rows if key == name)


def test_every_event_is_an_entry_with_its_position_and_messages_are_quoted_R28(composed: Composed):
    found, events = entries(composed), composed.log.stream(composed.disputed.conversation)
    assert [each.number for each in found] == list(range(1, 9))
    assert [each.quote for each in found if each.quote] == ["Practice moves to 6 pm", "I'm in", "Bring water", "Stop.", CONFIRMED]
    for entry, event in zip(found, events, strict=True):
        assert entry.evidence.startswith(f"Event {event.version} of the conversation, position {event.position}, ")
        assert entry.at.endswith((" EST", " EDT"))


def test_a_message_has_the_last_status_of_each_recipient_with_its_time_R16_R28(composed: Composed):
    sent, withheld = entries(composed)[1], entries(composed)[4]
    assert [note.partition(",")[0] for note in (*sent.notes, *withheld.notes)] == ["Delivered", "Withheld"]
    assert all(note.endswith(": all 2 participants") for note in (*sent.notes, *withheld.notes))
    assert f"delivery of {composed.disputed.sent}, positions " in sent.evidence


def test_an_opt_out_names_the_entry_of_its_message_and_what_follows_R14_R15(composed: Composed):
    out = entries(composed)[6]
    assert (out.who, " (entry 6)." in out.what) == (BOB, True)
    assert out.notes == ("From here on, nothing can be sent to this group (R15).",)
    assert fact(composed, "State at the end") == f"blocked by {BOB}"
    assert fact(composed, f"Bob, {number(2)}").startswith("opted out since ")
    assert fact(composed, f"Bob, {number(2)}").endswith("; their contact has another number now (R9)")


def test_an_entry_about_somebody_else_than_its_author_has_a_colon_between_them_R9(composed: Composed):
    changed = entries(composed)[2]
    assert (changed.who, changed.what.partition(";")[0]) == (
        "process contact_changes:",
        f"the contact of {BOB} no longer has the frozen number",
    )


def test_a_transcript_names_its_maker_its_time_and_its_events(composed: Composed):
    assert fact(composed, "Made").startswith("2030-07-01 08:00:00 EDT by A. Auditor, with groupchat ")
    assert fact(composed, "Made from") == "the test's store"
    assert fact(composed, "Contents") == "5 messages, 3 other events, 0 records of rejected attempts"
    assert (
        fact(composed, "Events")
        == f"1 to 8 of the conversation, positions 9 to {composed.log.head()} of the log: everything that was stored"
    )


def test_a_transcript_has_the_checkpoint_that_covers_it_or_says_that_none_does_R70(composed: Composed):
    assert fact(composed, "Checkpoint") == "none covers all of this yet"
    assert any(
        f"No checkpoint covers position {composed.log.head()} yet." in part.text
        for part in composed.parts()
        if isinstance(part, Paragraph)
    )
    database = composed.log.database
    grow(database, composed.log.head())
    note = sign(database, KEY)
    with database.read() as connection:
        assert checkpoint_from(connection, composed.source().overview().newest) == note
    parts = composed.parts(replace(MAKING, checkpoint=note))
    assert Verbatim(str(note)) in parts
    assert not any("No checkpoint" in part.text for part in parts if isinstance(part, Paragraph))


def test_rejected_attempts_are_entries_at_their_time_R15(composed: Composed):
    source, later = composed.source(), composed.log.stream(composed.disputed.conversation)[-1].at + timedelta(seconds=1)
    about = Subject(conversation_id=composed.disputed.conversation, numbers=(number(2),))
    tried = RefusalRecorded(
        user_id="usr_ann",
        slug="conversation-blocked",
        rule="R15",
        operation="POST /x",
        about=about,
        times=3,
        first_at=later,
        last_at=later,
    )
    known = replace(source, refusals=[recorded(tried, stream="refusals-wsp_1-2025-01-01")])
    last = [part for part in composed.parts(source=known) if isinstance(part, TranscriptEntry)][-1]
    assert (last.number, last.quote) == (9, None)
    assert last.what == f"was refused 3 times (POST /x), because {BOB} had opted out (R15)."


def test_a_transcript_can_end_at_a_time_and_only_at_one_of_the_conversations_life_R32(composed: Composed):
    events = composed.log.stream(composed.disputed.conversation)
    now = datetime.now(UTC)
    source = source_of(composed.log, composed.disputed.conversation, events[2].at, now)
    parts = list(compose(source, source.overview(), MAKING))
    assert [part.number for part in parts if isinstance(part, TranscriptEntry)] == [1, 2, 3]
    for wrong in (events[0].at - timedelta(seconds=1), now + timedelta(days=1)):
        with pytest.raises(InvalidRequestError):
            source_of(composed.log, composed.disputed.conversation, wrong, now)
    with pytest.raises(UnknownStreamError):
        source_of(composed.log, "cnv_none", None, now)


def test_reading_in_small_pieces_makes_the_same_transcript(composed: Composed):
    source = composed.source()
    assert composed.parts(source=replace(source, at_once=2)) == composed.parts(source=source)


def test_plain_text_has_every_part_and_no_line_of_a_message_is_broken(composed: Composed, file: BytesIO):
    as_text.write(composed.parts(), file)
    text = file.getvalue().decode()
    assert text.startswith('Transcript of the conversation "Saturday crew"\n=====')
    assert "    | Practice moves to 6 pm\n    Delivered, " in text
    assert f"    groupchat export --conversation {composed.disputed.conversation} --out conversation.jsonl\n" in text


def test_a_reaction_names_the_entry_of_its_message_R42(database: Database):
    story = [("wsp_1", a_workspace()), ("cnv_1", a_group()), ("cnv_1", sent("msg_1")), ("cnv_1", reacted("msg_1", 1))]
    store_log(database, log_of(story))
    source = source_of(Log.of(database), "cnv_1", None, datetime.now(UTC))
    last = [part for part in compose(source, source.overview(), MAKING) if isinstance(part, TranscriptEntry)][-1]
    assert last.what == "reacted with \N{THUMBS UP SIGN} to msg_1 (entry 2) (R42)."
