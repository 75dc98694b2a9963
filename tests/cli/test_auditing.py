"""The auditors' commands: their output, their exit codes, and that they only read."""

import asyncio
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from groupchat.aggregates.refusal import Refusal, Subject
from groupchat.commands.refusals import Counted, record
from groupchat.proof.growing import grow
from groupchat.proof.signing import sign
from groupchat.store.database import Database
from groupchat.store.log import Log
from tests.cli.read_only import only_reading
from tests.proof.logs import KEY
from tests.store.following import opened
from tests.support.builders import number
from tests.support.command_line import Command
from tests.support.disputed import Disputed, disputed_in


@pytest.fixture
def disputed(database_url: str) -> Disputed:
    return asyncio.run(disputed_in(database_url))


@pytest.fixture(scope="module")
def on_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A database with a conversation to audit, for tests that change nothing: its URL, and the conversation."""
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path_factory.mktemp('audited'))}"
    return url, asyncio.run(disputed_in(url)).conversation


@pytest.fixture
def reading_url(database_url: str, disputed: Disputed) -> Iterator[str]:
    """The same database, for somebody who may only read it."""
    with only_reading(database_url) as url:
        yield url


async def refused_in(url: str, disputed: Disputed) -> None:
    """Store the record of two refused messages in the disputed conversation."""
    about = Subject(conversation_id=disputed.conversation, numbers=(number(2),))
    sends = "POST /v1/conversations/{conversation_id}/messages"
    user_id = disputed.world.who.user.id
    refusal = Refusal(user_id=user_id, slug="conversation-blocked", rule="R15", operation=sends, about=about)
    async with opened(url) as store:
        at = store.now()
        counted = Counted(
            workspace_id=disputed.world.who.workspace_id, refusal=refusal, times=2, first_at=at, last_at=at, correlation_id="req_9"
        )
        await store.run(counted.cause(), record, counted)


def commands(disputed: Disputed) -> list[tuple[str, ...]]:
    id_ = disputed.conversation
    return [
        ("history", id_),
        ("history", id_, "--version", "3"),
        ("history", "--at", "2999-01-01", id_),
        ("history", "diff", id_, "1", "7"),
        ("explain", "message", disputed.withheld),
        ("explain", "entry", f"{id_}/2/1"),
        ("explain", "block", id_, number(2)),
    ]


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Return all that a database holds."""
    database = Database(url)
    with database.read() as connection:
        names = {
            True: "SELECT name FROM sqlite_master WHERE type = 'table'",
            False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
        }
        tables = connection.execute(text(names[database.is_sqlite])).scalars().all()
        found = {name: sorted(map(tuple, connection.execute(text(f'SELECT * FROM "{name}"'))), key=str) for name in tables}  # noqa: S608
    database.close()
    return found


def test_auditing_needs_read_access_only_and_writes_nothing(
    groupchat: Command, groupchat_process: Command, database_url: str, reading_url: str, disputed: Disputed
):
    before = contents(database_url)
    for words in commands(disputed):
        ended = groupchat(reading_url, *words)
        if "2999-01-01" in words:
            assert (ended.code, ended.out) == (1, ""), words
            assert "in the future" in ended.err
            continue
        assert (ended.code, ended.err) == (0, ""), (words, ended.err)
        assert groupchat(reading_url, *words, "--json").code == 0
    assert (
        groupchat_process(reading_url, "history", disputed.conversation).out
        == groupchat(reading_url, "history", disputed.conversation).out
    )
    assert contents(database_url) == before


def test_a_url_that_only_reads_really_does(reading_url: str):
    database = Database(reading_url)
    with pytest.raises(Exception, match=r"readonly|permission denied"), database.write() as connection:
        connection.execute(text("DELETE FROM stored_events"))
    database.close()


def test_a_user_without_read_access_learns_so_in_one_line(groupchat: Command, postgres_url: str):
    with only_reading(postgres_url, "alembic_version") as url:
        refused = groupchat(url, "history", "cnv_1")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "permission denied for table stored_events" in refused.err


def test_the_history_names_the_first_checkpoint_that_covers_it_R70(groupchat: Command, database_url: str, disputed: Disputed):
    database = Database(database_url)
    shown = [groupchat(database_url, "history", disputed.conversation)]
    grow(database, Log.of(database).head())
    note = sign(database, KEY)
    database.close()
    shown.append(groupchat(database_url, "history", disputed.conversation))
    found = json.loads(groupchat(database_url, "history", disputed.conversation, "--json").out)
    assert "No checkpoint covers all of this yet (docs/proof.md)." in shown[0].out.splitlines()
    root = note.text.split("\n")[2]
    page = f"events with root {root}. `groupchat audit verify` compares the events with it."
    assert any(line.endswith(page) for line in shown[1].out.splitlines())
    assert found["checkpoint"] == str(note)


def test_the_history_as_json_is_for_programs(groupchat: Command, database_url: str, disputed: Disputed):
    found = json.loads(groupchat(database_url, "history", disputed.conversation, "--version", "5", "--json").out)
    assert (found["conversation_id"], found["state"]["version"]) == (disputed.conversation, 5)
    assert [entry["event"]["version"] for entry in found["timeline"]] == [1, 2, 3, 4, 5]
    assert found["timeline"][2]["changed"] == [{"of": number(2), "field": "tags", "before": [], "after": ["updated"]}]
    assert [each["status"] for each in found["state"]["messages"][-1]["recipients"]] == ["queued", "queued"]
    assert groupchat(database_url, "history", "show", disputed.conversation, "--json").code == 0


def test_differences_as_json_are_for_programs(groupchat: Command, database_url: str, disputed: Disputed):
    found = json.loads(groupchat(database_url, "history", "diff", disputed.conversation, "5", "7", "--json").out)
    assert {"of": disputed.conversation, "field": "blocked", "before": False, "after": True} in found["differences"]
    same = groupchat(database_url, "history", "diff", disputed.conversation, "5", "5")
    assert same.out == "Versions 5 and 5 show the same state.\n"


def test_an_explanation_as_json_names_the_event_that_decided_R16(groupchat: Command, database_url: str, disputed: Disputed):
    found = json.loads(groupchat(database_url, "explain", "message", disputed.withheld, "--json").out)
    decided = (found["decided_by"]["stream"], found["decided_by"]["version"])
    assert (found["verdict"], decided) == ("withheld", (disputed.conversation, 7))
    credit = json.loads(groupchat(database_url, "explain", "entry", f"delivery-{disputed.withheld}/1/2", "--json").out)
    assert (credit["verdict"], credit["decided_by"]) == ("credited", found["decided_by"])


def test_a_block_is_explained_as_it_was_at_any_version_R15(groupchat: Command, database_url: str, disputed: Disputed):
    before = groupchat(database_url, "explain", "block", disputed.conversation, "--version", "6").out
    after = groupchat(database_url, "explain", "block", disputed.conversation, "(415) 555-0002").out
    assert before.startswith("The group is open: ")
    assert after.startswith("Nothing can be sent since Bob")
    assert "Decided by event 7 of the conversation (participant opted out) at" in after
    assert f"{disputed.conversation}/7 at position" in after


def test_a_message_that_was_not_handed_over_is_found_by_the_view(groupchat: Command, database_url: str, disputed: Disputed):
    unknown = groupchat(database_url, "explain", "message", disputed.received)
    assert (unknown.code, "the view `thread` may lag" in unknown.err) == (1, True)
    assert groupchat(database_url, "rebuild", "thread").code == 0
    assert "The message was recorded" in groupchat(database_url, "explain", "message", disputed.received).out


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("history", "{id}", "--version", "0"), 1, "only versions 1 to 8"),
        (("history", "{id}", "--version", "9"), 1, "only versions 1 to 8"),
        (("history", "{id}", "--at", "2001-01-01"), 1, "It was created at"),
        (("history", "{id}", "--at", "noon"), 2, "Give a time with its offset"),
        (("history", "{id}", "--version", "one"), 2, "a valid integer"),
        (("history", "{id}", "--at", "2025-01-01", "--version", "1"), 2, "not both"),
        (("history", "cnv_none"), 1, "There is no conversation cnv_none"),
        (("history", "[/red]"), 1, "There is no conversation [/red]"),
        (("history", "ctc_1"), 1, "id starts with cnv_"),
        (("history",), 2, ""),
        (("history", "diff", "{id}", "1"), 2, "Missing argument"),
        (("history", "diff", "{id}", "1", "9"), 1, "only versions 1 to 8"),
        (("explain", "message", "msg_none"), 1, "There is no message msg_none"),
        (("explain", "entry", "{id}/1"), 2, "is not an entry's id"),
        (("explain", "entry", "{id}/1/1"), 1, "has no entries in the ledger"),
        (("explain", "entry", "{id}/99/1"), 1, "There is no event"),
        (("explain", "entry", "delivery-none/1/1"), 1, "There is no event"),
        (("explain", "block", "{id}", "12"), 2, "numbering plan"),
        (("explain", "block", "{id}", "+14155559999"), 1, "is not a participant"),
        (("explain", "weather", "x"), 2, "No such command"),
    ],
)
def test_an_unanswerable_question_is_refused_in_clear_words(
    groupchat: Command, on_sqlite: tuple[str, str], words: tuple[str, ...], code: int, reason: str
):
    url, id_ = on_sqlite
    refused = groupchat(url, *(word.replace("{id}", id_) for word in words))
    assert refused.code == code, refused.err
    assert reason in " ".join(refused.err.replace("│", "").split())
    assert "Traceback" not in refused.err
    assert refused.err.count("\n") == 1 or code != 1


def test_an_unreadable_event_is_reported_in_one_line(groupchat: Command, sqlite_url: str):
    id_ = asyncio.run(disputed_in(sqlite_url)).conversation
    database = Database(sqlite_url)
    with database.write() as connection:
        connection.execute(text("UPDATE stored_events SET topic = 'groupchat.later' WHERE originator_id = :id"), {"id": id_})
    database.close()
    refused = groupchat(sqlite_url, "history", id_)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert f"Event {id_}/1 (groupchat.later) can't be read" in refused.err


def test_looking_for_a_history_makes_no_database(groupchat: Command, tmp_path):
    refused = groupchat("sqlite:///file:typo.db?mode=ro&uri=true", "history", "cnv_1")
    assert (refused.code, "There is no groupchat database" in refused.err) == (1, True)
    assert not (tmp_path / "typo.db").exists()


def test_times_are_shown_as_in_a_zone_and_dates_are_taken_as_in_it(groupchat: Command, on_sqlite: tuple[str, str]):
    url, id_ = on_sqlite
    shown = groupchat(url, "history", id_, "--tz", "Pacific/Kiritimati").out
    assert " +14  v1  " in shown
    refused = groupchat(url, "history", id_, "--at", "2001-01-01", "--tz", "Pacific/Kiritimati")
    assert "did not exist at 2000-12-31T10:00:00Z" in refused.err
    unknown = groupchat(url, "history", id_, "--tz", "New York")
    assert (unknown.code, "Similar names: America/New_York" in " ".join(unknown.err.replace("│", "").split())) == (2, True)


def test_ids_are_footnotes_and_every_number_has_its_line(groupchat: Command, on_sqlite: tuple[str, str]):
    url, id_ = on_sqlite
    lines = groupchat(url, "history", id_).out.splitlines()
    notes = [line for line in lines if line.startswith("[")]
    page = "\n".join(line for line in lines if not line.startswith("["))
    assert not re.search(r"_[0-9a-f]{32}", page)
    assert {f"[{n}]" for n in range(1, len(notes) + 1)} == set(re.findall(r"\[\d+\]", page))
    assert [line.split()[0] for line in notes] == [f"[{n}]" for n in range(1, len(notes) + 1)]
    assert sum(f" {id_}/2 at position " in line for line in notes) == 1


def test_refused_attempts_appear_in_the_history_at_their_time_R15(groupchat: Command, database_url: str, disputed: Disputed):
    before = json.loads(groupchat(database_url, "history", disputed.conversation, "--json").out)["timeline"]
    asyncio.run(refused_in(database_url, disputed))
    unfollowed = groupchat(database_url, "history", disputed.conversation)
    assert groupchat(database_url, "rebuild", "refusals").code == 0
    assert groupchat(database_url, "history", disputed.conversation).out == unfollowed.out
    (line,) = (line for line in unfollowed.out.splitlines() if "  refused  " in line)
    assert (
        "was refused 2 times (POST /v1/conversations/{conversation_id}/messages), because Bob (+14155550002) had opted out" in line
    )
    entries = json.loads(groupchat(database_url, "history", disputed.conversation, "--json").out)["timeline"]
    assert [each["event"] for each in entries if not each["refused"]] == [each["event"] for each in before]
    assert [each["refused"] for each in entries[-2:]] == [False, True]
    earlier = groupchat(database_url, "history", disputed.conversation, "--version", "7").out
    assert "  refused  " not in earlier
