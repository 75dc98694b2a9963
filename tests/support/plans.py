"""The plans of queries: whether a query reads all rows of a table, or all entries of an index, instead of looking up rows.

The tables of a test are nearly empty, so Postgres would read them whole. That is switched off, and what is read whole nevertheless
has no index that serves the query. SQLite plans without statistics, so its plans don't depend on the number of rows.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from groupchat.carriers.simulator.tables import METADATA as SIMULATED
from groupchat.store.database import Database
from groupchat.store.tables import METADATA

SMALL = frozenset({"followers", "parked_events", "followed_partitions", "leases", "alembic_version", "simulator_webhook_keys"})
"""Tables with a few rows, however many events are stored."""

_NEXT = re.compile(r";\s*(?=(?:BEGIN|COMMIT|SELECT|INSERT|UPDATE|DELETE|NOTIFY|SET)\b)")
_TABLE = re.compile(
    r"\b(?:FROM|JOIN|UPDATE)\s+(\w+)(?:\s+AS)?(?:\s+(?!WHERE\b|JOIN\b|SET\b|ORDER\b|LIMIT\b|LEFT\b|CROSS\b|ON\b)(\w+))?"
)
_QUERIES = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
_WITHOUT_SCANS = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"


def read_whole(database: Database, statements: Mapping[str, Any]) -> dict[str, set[str]]:
    """Return the tables of which statements, each with its parameters, read every row, or every entry of an index."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(_WITHOUT_SCANS)
        find = _whole_in_sqlite if database.is_sqlite else _whole_in_postgres
        found = {each: find(connection, each, _first(given)) - SMALL for each, given in statements.items()}
        connection.invalidate()  # its settings
    return {statement: tables for statement, tables in found.items() if tables}


def _first(parameters: Any) -> Any:
    """Return the parameters of a statement, or the first ones of those that it runs with in turn."""
    return parameters[0] if isinstance(parameters, list) and parameters else parameters


def _whole_in_postgres(connection: Connection, statement: str, given: Any) -> set[str]:
    raw = connection.connection.cursor()
    whole: set[str] = set()
    for each in _NEXT.split(raw.mogrify(statement, given or None).decode()):
        if each.lstrip().startswith(_QUERIES):
            raw.execute(f"EXPLAIN (FORMAT JSON) {each}")
            whole |= {name for plan in raw.fetchone()[0] for name in _read_by(plan["Plan"])}
    return whole


def _read_by(node: Mapping[str, Any], above: Mapping[str, Any] | None = None) -> Iterator[str]:
    kind = node["Node Type"]
    is_read = kind == "Seq Scan" or (kind.endswith(("Index Scan", "Index Only Scan")) and "Index Cond" not in node)
    if is_read and (above is None or above["Node Type"] != "Limit"):  # which ends it early: it looks for the newest entry
        yield node.get("Relation Name") or (above or {})["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _read_by(child, node)


def _whole_in_sqlite(connection: Connection, statement: str, given: Sequence[Any] | Mapping[str, Any]) -> set[str]:
    if not statement.lstrip().startswith(_QUERIES):
        return set()
    names = {alias or table: table for table, alias in _TABLE.findall(statement)}
    steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)]
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN ")}
    return {names.get(name, name) for name in scanned} & (set(METADATA.tables) | set(SIMULATED.tables))
