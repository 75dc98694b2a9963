"""How much a query reads, counted and not timed: rows and index entries on Postgres, steps of its virtual machine on SQLite."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, event, text

from groupchat.store.database import Database

Asked = list[tuple[str, Any]]


def queries_of(database: Database, ask: Callable[[], object]) -> Asked:
    """Return the queries that a call makes, each with its parameters."""
    asked: Asked = []

    def executed(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "SELECT" in statement:
            asked.append((statement[statement.index("SELECT") :], parameters))  # on Postgres, what begins it comes with it

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", executed)
    try:
        ask()
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", executed)
    return asked


def settle(database: Database, *tables: str) -> None:
    """Let Postgres know how large its tables are, as its own housekeeping does."""
    if not database.is_sqlite:
        with database.single.connect() as connection:
            for table in tables:
                connection.execute(text(f"VACUUM ANALYZE {table}"))


def effort(database: Database, asked: Asked) -> int:
    """Return how much queries read."""
    measure = _steps if database.is_sqlite else _rows
    with database.read() as connection:
        return sum(measure(connection, statement, parameters) for statement, parameters in asked)


def _steps(connection: Connection, statement: str, parameters: Any) -> int:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(step, 1)
    try:
        driver.execute(statement, parameters).fetchall()
    finally:
        driver.set_progress_handler(None, 1)
    return steps


def _rows(connection: Connection, statement: str, parameters: Any) -> int:
    plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar_one()[0]["Plan"]
    return sum(_read_by(node) for node in _nodes(plan))


def _read_by(node: Mapping[str, Any]) -> int:
    """Return the rows or entries that a node reads from a table or an index, also those that it then drops."""
    if "Scan" not in node["Node Type"]:
        return 0
    dropped = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return round((node["Actual Rows"] + dropped) * node["Actual Loops"])


def _nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
