"""Round trips of a transaction on Postgres: it begins with its first statement, and one statement may end it."""

import logging
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from groupchat.store.database import Database, run_at_end
from groupchat.store.positions import ensure, statuses
from tests.support.statements import listening

MOVE = "UPDATE followers SET position = %(to)s"


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def positions(database: Database) -> dict[str, int]:
    return {name: status.position for name, status in statuses(database).items()}


def sent_by(database: Database, do: Callable[[Connection], None]) -> list[str]:
    """Return the statements that a transaction sends."""
    sent: list[str] = []

    def executed(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    with listening(database, "before_cursor_execute", executed), database.write() as connection:
        do(connection)
    return sent


def test_two_statements_with_an_end_are_two_round_trips(postgres: Database):
    def do(connection: Connection) -> None:
        connection.exec_driver_sql("INSERT INTO followers (name, position) VALUES ('view', 1)")
        run_at_end(connection, MOVE, {"to": 7})

    first, last = sent_by(postgres, do)
    assert first.startswith("BEGIN; INSERT")
    assert last.endswith("; COMMIT")
    assert positions(postgres) == {"view": 7}


def test_a_statement_at_the_end_is_enough(postgres: Database):
    with postgres.write() as connection:
        ensure(connection, "view")
    (only,) = sent_by(postgres, lambda connection: run_at_end(connection, MOVE, {"to": 7}))
    assert only == f"BEGIN; {MOVE}; COMMIT"
    assert positions(postgres) == {"view": 7}


def test_a_transaction_of_nothing_sends_nothing(postgres: Database):
    assert sent_by(postgres, lambda _: None) == []


def test_a_statement_with_many_rows_begins_the_transaction_once(postgres: Database, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="sqlalchemy.dialects.postgresql")  # for the server's warnings

    def do(connection: Connection) -> None:
        rows = [{"name": name, "position": 1} for name in ("a", "b")]
        connection.exec_driver_sql("INSERT INTO followers (name, position) VALUES (%(name)s, %(position)s)", rows)

    sent_by(postgres, do)
    assert caplog.messages == []
    assert positions(postgres) == {"a": 1, "b": 1}


def test_a_failure_takes_everything_back_and_leaves_nothing_to_the_next_transaction(postgres: Database):
    def fail_at_the_end(connection: Connection) -> None:
        ensure(connection, "view")
        run_at_end(connection, "UPDATE no_such_table SET position = %(to)s", {"to": 7})

    def fail_before_the_first_statement(connection: Connection) -> None:
        run_at_end(connection, MOVE, {"to": 7})
        raise ZeroDivisionError

    for fail in (fail_at_the_end, fail_before_the_first_statement):
        with pytest.raises((DBAPIError, ZeroDivisionError)):
            sent_by(postgres, fail)
    sent_by(postgres, lambda connection: ensure(connection, "other"))
    assert positions(postgres) == {"other": 0}
