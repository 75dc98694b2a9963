"""Rows that Postgres gets by COPY: what is stored is the same, and without the right to it, it is stored, too."""

import pytest
from sqlalchemy import select, text

from groupchat.store.copying import FEW
from groupchat.store.tables import FOLLOWERS
from groupchat.store.upserts import insert_new, upsert, upsert_newer
from tests.support.statements import counted

TEXTS = ("", "\\N", "a\tb", "a\nb", "a\r\nb", "\\", "\\t", '"quoted"', "it's", "é — 👋", "\u2028", "\x01", None)


def rows(position=1):
    texts = TEXTS * (FEW // len(TEXTS) + 1)
    return [{"name": f"f{n}", "position": position, "stopped_at": None, "error": each} for n, each in enumerate(texts)]


def stored(connection):
    return [row._asdict() for row in connection.execute(select(FOLLOWERS).order_by(FOLLOWERS.c.position, FOLLOWERS.c.name))]


def in_order(values):
    return sorted(values, key=lambda row: (row["position"], row["name"]))


def test_many_rows_are_stored_as_they_are(database):
    with counted(database) as asked, database.write() as connection:
        upsert(connection, FOLLOWERS, rows())
        assert stored(connection) == in_order(rows())
    assert database.is_sqlite or any("FROM copied" in each for each in asked)


def test_a_few_rows_are_not_worth_a_table(database):
    with counted(database) as asked, database.write() as connection:
        upsert(connection, FOLLOWERS, rows()[: FEW - 1])
    assert len(asked) == 1


def test_many_rows_replace_others_as_a_few_do(database):
    newer = [*rows(2)[:10], *rows(0)[10:]]
    with database.write() as connection:
        insert_new(connection, FOLLOWERS, rows())
        upsert_newer(connection, FOLLOWERS, newer)
        assert stored(connection) == in_order([*rows(2)[:10], *rows(1)[10:]])
        insert_new(connection, FOLLOWERS, newer)
        assert stored(connection) == in_order([*rows(2)[:10], *rows(1)[10:]])
        upsert(connection, FOLLOWERS, newer)
        assert stored(connection) == in_order(newer)


def test_many_rows_are_stored_as_they_are_in_any_encoding_of_the_connection(database):
    if database.is_sqlite:
        pytest.skip("SQLite's connections have no encoding.")
    values = [{**row, "error": "é"} for row in rows()]
    with database.write() as connection:
        connection.connection.driver_connection.set_client_encoding("LATIN1")
        upsert(connection, FOLLOWERS, values)
        assert stored(connection) == in_order(values)
        connection.connection.driver_connection.set_client_encoding("UTF8")


def test_many_rows_are_stored_without_the_right_to_make_temporary_tables(database):
    if database.is_sqlite:
        pytest.skip("SQLite has no rights.")
    with counted(database) as asked, database.write() as connection:
        connection.execute(text(f"REVOKE TEMPORARY ON DATABASE {database.url.database} FROM PUBLIC"))
        connection.execute(text("CREATE ROLE a_writer"))
        connection.execute(text("GRANT SELECT, INSERT, UPDATE ON followers TO a_writer"))
        connection.execute(text("SET LOCAL ROLE a_writer"))
        upsert(connection, FOLLOWERS, rows())
        assert stored(connection) == in_order(rows())
        connection.execute(text("RESET ROLE; DROP OWNED BY a_writer; DROP ROLE a_writer"))
        connection.execute(text(f"GRANT TEMPORARY ON DATABASE {database.url.database} TO PUBLIC"))
    assert not any("copied" in each for each in asked)
