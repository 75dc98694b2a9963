"""Fixtures of these tests: one Postgres database, emptied before each, and the program."""

import json
from pathlib import Path

import pytest

from groupchat.store.database import Database
from tests.moving.test_importing import a_store
from tests.support.command_line import Command, command_line, command_process
from tests.support.emptied import database, postgres_url, shared_database

__all__ = ["database", "postgres_url", "shared_database"]


@pytest.fixture
def groupchat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process."""
    return command_line(tmp_path, monkeypatch, capsys)


@pytest.fixture
def groupchat_process(tmp_path: Path) -> Command:
    """Runs a command in a process of its own."""
    return command_process(tmp_path)


@pytest.fixture
def filled(sqlite_url: str) -> str:
    """The URL of a store with a little of everything."""
    database = Database(sqlite_url)
    a_store(database)
    database.close()
    return sqlite_url


@pytest.fixture
def workspace(groupchat: Command, empty_database_url: str) -> str:
    """The URL of a database, on each backend, that `groupchat init` has made a workspace in."""
    made = groupchat(empty_database_url, "init", "--workspace", "Acme", "--owner", "ann@example.com")
    assert made.code == 0, made.err
    assert set(json.loads(made.out)) == {"workspace_id", "user_id", "api_key"}
    return empty_database_url
