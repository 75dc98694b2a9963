"""`groupchat refusals`: the refusals of a workspace's users, with read access to the database only (R15, R22, R23)."""

import json
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest

from groupchat.aggregates.refusal import RefusalRecorded, Subject, stream
from groupchat.projections import refusals
from groupchat.store.database import Database
from tests.cli.read_only import only_reading
from tests.projections.histories import follow, log_of, store_log
from tests.support.builders import CAUSE, a_workspace, moment, number
from tests.support.command_line import Command, Ended

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
async def reader_url(database: Database, database_url: str) -> AsyncIterator[str]:
    """The URL under which three records can be read."""
    day = stream(WORKSPACE, moment(0).date())
    records = [refused(1, "cnv_1"), refused(2, "cnv_1", "usr_2"), refused(3, "cnv_2", "usr_2")]
    log = log_of([(WORKSPACE, a_workspace()), *((day, each) for each in records)])
    store_log(database, log)
    await follow(database, refusals.VIEW, log)
    with only_reading(database_url) as url:
        yield url


@pytest.fixture
def shown(reader_url: str, groupchat: Command) -> Callable[..., Ended]:
    """Runs `groupchat refusals` with these words."""
    return partial(groupchat, reader_url, "refusals")


def test_refusals_are_shown_with_user_time_operation_and_reason_R15(shown):
    result = shown(WORKSPACE)
    assert result.code == 0, result.err
    for part in ("2025-01-31 23:59:31", "usr_2", "R15", "POST /v1/conversations/{conversation_id}/messages", number(3), "cnv_2"):
        assert part in result.out


@pytest.mark.parametrize(
    ("words", "times"),
    [((), [1, 2, 3]), (("--conversation", "cnv_1"), [1, 2]), (("--user", "usr_2"), [2, 3]), (("--user", "usr_none"), [])],
)
def test_json_output_has_a_record_on_each_line_and_options_select_records_R15(shown, words, times):
    result = shown(WORKSPACE, "--json", *words)
    assert result.code == 0, result.err
    assert [json.loads(line)["times"] for line in result.out.splitlines()] == times


def test_an_unknown_workspace_is_named(shown):
    for unknown in ("wsp_none", "cnv_1"):
        result = shown(unknown)
        assert result.code == 1
        assert unknown in result.err


def test_events_that_the_view_lacks_are_reported(shown, database: Database):
    store_log(database, log_of([("wsp_2", a_workspace())], first=5))
    assert "1 events are not included yet" in shown(WORKSPACE).err
