"""`groupchat refusals`: what users of a workspace were refused, read by who may only read the database (R15, R22, R23)."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import make_url, text
from typer.testing import CliRunner, Result

from groupchat import cli
from groupchat.aggregates.refusal import RefusalRecorded, Subject, stream
from groupchat.projections import refusals
from groupchat.store.database import Database
from tests.projections.histories import follow, log_of, store_log
from tests.support.builders import CAUSE, a_workspace, moment, number

WORKSPACE = CAUSE.workspace_id


def refused(n: int, conversation_id: str, user_id: str = "usr_1") -> RefusalRecorded:
    return RefusalRecorded(
        user_id=user_id,
        slug="conversation-blocked",
        rule="R15",
        operation="POST /v1/conversations/{conversation_id}/messages",
        about=Subject(conversation_id=conversation_id, numbers=(number(n),)),
        times=n,
        first_at=moment(n),
        last_at=moment(n),
    )


@pytest.fixture
async def reader_url(database: Database, database_url: str) -> str:
    """The URL under which three records can be read."""
    day = stream(WORKSPACE, moment(0).date())
    records = [refused(1, "cnv_1"), refused(2, "cnv_1", "usr_2"), refused(3, "cnv_2", "usr_2")]
    log = log_of([(WORKSPACE, a_workspace()), *((day, each) for each in records)])
    store_log(database, log)
    await follow(database, refusals.VIEW, log)
    return read_only(database, database_url)


def read_only(database: Database, url: str) -> str:
    """Return the URL of a Postgres user who may only read; SQLite has no users."""
    if database.is_sqlite:
        return url
    parsed = make_url(url)
    with database.write() as connection:
        connection.execute(text(f"CREATE ROLE reader_{parsed.database} LOGIN"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_{parsed.database}"))
    return parsed.set(username=f"reader_{parsed.database}").render_as_string(hide_password=False)


@pytest.fixture
def shown(reader_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Runs `groupchat refusals` with these words."""
    monkeypatch.setenv("GROUPCHAT_DATABASE_URL", reader_url)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.app, ["refusals", *words])

    return run


def test_refusals_are_shown_with_who_when_what_and_why_R15(shown):
    result = shown(WORKSPACE)
    assert result.exit_code == 0, result.output
    for said in ("2025-01-31 23:59:31", "usr_2", "R15", "POST /v1/conversations/{conversation_id}/messages", number(3), "cnv_2"):
        assert said in result.stdout


@pytest.mark.parametrize(
    ("words", "times"),
    [((), [1, 2, 3]), (("--conversation", "cnv_1"), [1, 2]), (("--user", "usr_2"), [2, 3]), (("--user", "usr_none"), [])],
)
def test_as_json_there_is_a_record_a_line_and_options_choose_R15(shown, words, times):
    result = shown(WORKSPACE, "--json", *words)
    assert result.exit_code == 0, result.output
    assert [json.loads(line)["times"] for line in result.stdout.splitlines()] == times


def test_a_workspace_that_there_is_not_is_named(shown):
    for unknown in ("wsp_none", "cnv_1"):
        result = shown(unknown)
        assert result.exit_code == 1
        assert unknown in str(result.exception)


def test_what_the_view_has_not_yet_is_said(shown, database: Database):
    store_log(database, log_of([("wsp_2", a_workspace())], first=5))
    assert "1 events are not in this yet" in shown(WORKSPACE).stderr
