"""The command line as a process: what it prints, and how it ends."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from groupchat.store.database import Database
from groupchat.store.follower import ensure


class Ended:
    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr


@pytest.fixture
def groupchat(tmp_path):
    """Runs a command on a database: `groupchat(url, "status")`."""

    def run(url: str, *words: str) -> Ended:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
        environment |= {"GROUPCHAT_DATABASE_URL": url, "COLUMNS": "200"}
        command = [sys.executable, "-m", "groupchat", *words]
        return Ended(subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False))

    return run


@pytest.fixture
def workspace(groupchat, empty_database_url):
    made = groupchat(empty_database_url, "init", "--workspace", "Acme", "--owner", "ann@example.com")
    assert made.code == 0, made.err
    assert set(json.loads(made.out)) == {"workspace_id", "user_id", "api_key"}
    return empty_database_url


def test_a_rebuild_shows_how_far_it_is_R33(groupchat, workspace):
    rebuilt = groupchat(workspace, "rebuild")

    assert rebuilt.code == 0, rebuilt.err
    assert "3 of 3 events" in rebuilt.err
    assert groupchat(workspace, "status").out.count("3") >= 5


def test_a_rebuild_without_downtime_tells_what_was_compared_R33(groupchat, workspace):
    first = groupchat(workspace, "rebuild", "inbox", "--online")
    again = groupchat(workspace, "rebuild", "inbox", "--online")

    assert (first.code, again.code) == (0, 0), first.err
    assert "3 of 3 events" in first.err
    told = r"inbox: switched, stands at 3\. At 3 it has 0 rows \(hash \w{16}\), "
    assert re.fullmatch(told + r"what was shown stood further back and was not compared\.\n", first.out)
    assert re.fullmatch(told + r"equal to what was shown\.\n", again.out)


def test_what_an_interrupted_rebuild_has_left_is_dropped_and_only_that_R33(groupchat, workspace):
    dropped = groupchat(workspace, "rebuild", "inbox", "pane", "--online", "--drop")
    alone = groupchat(workspace, "rebuild", "inbox", "--drop")

    assert dropped.out == "inbox: nothing was left.\npane: nothing was left.\n"
    assert alone.code == 2
    assert "--drop goes with --online" in alone.err


def test_a_projection_that_there_is_not_is_named(groupchat, workspace):
    refused = groupchat(workspace, "rebuild", "outbox")

    assert (refused.code, refused.out) == (1, "")
    assert "no projection 'outbox'; there are inbox," in refused.err


@pytest.mark.parametrize("command", ["retry", "park"])
def test_only_a_follower_that_is_stopped_can_be_retried_or_parked(groupchat, workspace, command):
    unknown = groupchat(workspace, command, "nobody")
    database = Database(workspace)
    with database.write() as connection:
        ensure(connection, "inbox")
    database.close()
    going = groupchat(workspace, command, "inbox")

    assert (unknown.code, going.code) == (1, 1)
    assert "no follower 'nobody'" in unknown.err
    assert "inbox is not stopped, so nothing was done" in going.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///:memory:", "names no file"),
        ("sqlite+aiosqlite:///x.db", "aiosqlite"),
        ("postgresql+asyncpg://nobody@127.0.0.1/x", "asyncpg"),
        ("mysql://nobody@127.0.0.1/x", "mysql"),
        ("sqlite:///missing/x.db", "missing"),
        ("nonsense", "no database URL"),
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
    assert "no schema of groupchat" in refused.err
    assert not Path(tmp_path, "typo.db").exists()


def test_the_demo_leaves_somebody_elses_workspace_alone(groupchat, workspace):
    refused = groupchat(workspace, "demo", "--port", "0")

    assert refused.code == 1
    assert "a workspace of its own, 'Acme'" in refused.err


def test_the_version_is_told(groupchat):
    assert groupchat("sqlite:///x.db", "--version").out.strip() == "0.1.0"
