"""The commands of operators: the database that they need, and followers that are stopped."""

from pathlib import Path

import pytest

from groupchat.store.database import Database
from groupchat.store.positions import ensure


@pytest.mark.parametrize("command", ["retry", "park"])
def test_only_a_follower_that_is_stopped_can_be_retried_or_parked(groupchat, workspace, command):
    unknown = groupchat(workspace, command, "nobody")
    database = Database(workspace)
    with database.write() as connection:
        ensure(connection, "inbox")
    database.close()
    going = groupchat(workspace, command, "inbox")

    assert (unknown.code, going.code) == (1, 1)
    assert "Unknown follower 'nobody'" in unknown.err
    assert "inbox is not stopped, so nothing was done" in going.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///:memory:", "does not name a file"),
        ("sqlite+aiosqlite:///x.db", "aiosqlite"),
        ("postgresql+asyncpg://nobody@127.0.0.1/x", "asyncpg"),
        ("mysql://nobody@127.0.0.1/x", "mysql"),
        ("sqlite:///missing/x.db", "missing"),
        ("nonsense", "not a database URL"),
    ],
)
def test_a_database_that_can_not_be_used_is_told_in_one_line(groupchat, url, words):
    refused = groupchat(url, "init", "--workspace", "Acme", "--owner", "ann@example.com")

    assert (refused.code, refused.out) == (1, "")
    assert words in refused.err
    assert "Traceback" not in refused.err


def test_looking_at_a_database_makes_none(groupchat, tmp_path):
    refused = groupchat("sqlite:///typo.db", "status")

    assert refused.code == 1
    assert "There is no groupchat database" in refused.err
    assert not Path(tmp_path, "typo.db").exists()
