"""The schema: the migrations create the declared tables, and an unusable database is refused with a clear reason."""

import importlib
import os
import pkgutil
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from subprocess import PIPE

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, inspect, make_url, text

import groupchat
from groupchat.projections.message_search import MESSAGE_WORDS
from groupchat.store.database import Database, DatabaseUnavailableError, Timeouts
from groupchat.store.schema import migrate
from groupchat.store.schema_version import newest_schema
from groupchat.store.tables import METADATA
from tests.support.forked import Forked

NOBODY = 65_534


@pytest.fixture
def empty_database(empty_database_url):
    database = Database(empty_database_url)
    yield database
    database.close()


@contextmanager
def opened(url, **given):
    database = Database(str(url), **given)
    try:
        yield database
    finally:
        database.close()


def declared_metadata():
    """Every `MetaData` of groupchat; importing a module registers its tables."""
    found = {id(METADATA): METADATA}
    for module in pkgutil.walk_packages(groupchat.__path__, "groupchat."):
        if module.name.startswith(("groupchat.store.", "groupchat.projections", "groupchat.carriers", "groupchat.proof")):
            named = vars(importlib.import_module(module.name)).values()
            found |= {id(value): value for value in named if isinstance(value, MetaData)}
    return list(found.values())


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index:UserWarning")
def test_the_migrated_schema_is_the_one_that_the_code_declares(database):
    options = {"compare_type": True, "compare_server_default": True, "include_object": is_compared}
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        differences = compare_metadata(context, declared_metadata())

    assert [difference for difference in differences if not is_about_comments(difference)] == []


def is_compared(_object, name, kind, _reflected, _compared):
    """Alembic compares the indexes of both databases with those of one, and takes SQLite's full-text index for tables.

    The next test compares each database's own.
    """
    return kind != "index" and not (kind == "table" and name.startswith(f"{MESSAGE_WORDS.name}_fts"))


def is_about_comments(difference):
    return isinstance(difference, list) and all(change[0] == "modify_comment" for change in difference)


def test_the_migrated_definitions_equal_the_declared_ones_to_the_letter(empty_database):
    """Alembic compares no collation, no order of columns, no `AUTOINCREMENT`, and no index on an expression.

    The database's own catalog has them.
    """
    migrate(empty_database)
    migrated = definitions(empty_database)
    with empty_database.write() as connection:
        for metadata in declared_metadata():
            metadata.drop_all(connection)
            metadata.create_all(connection)

    assert migrated == definitions(empty_database)


SQLITE_DEFINITIONS = """
    SELECT name, replace(replace(sql, char(9), ''), char(10), '') FROM sqlite_master
    WHERE name NOT LIKE '%alembic%' AND sql IS NOT NULL ORDER BY name
"""
POSTGRES_DEFINITIONS = """
    SELECT table_name, ordinal_position::text, column_name, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL
    SELECT indexname, '', indexdef, '', '', '', '' FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    ORDER BY 1, 2
"""


def definitions(database):
    with database.read() as connection:
        return connection.execute(text(SQLITE_DEFINITIONS if database.is_sqlite else POSTGRES_DEFINITIONS)).all()


def test_migrating_an_empty_database_makes_its_tables_and_again_changes_nothing(empty_database):
    migrate(empty_database)
    tables = set(inspect(empty_database.engine).get_table_names())
    migrate(empty_database)

    assert {"stored_events", "followers", "parked_events"} <= tables
    assert set(inspect(empty_database.engine).get_table_names()) == tables


def test_the_newest_schema_is_the_last_migration_of_one_chain():
    scripts = ScriptDirectory(str(Path(groupchat.__file__).parent / "store" / "migrations"))
    chain = [script.revision for script in scripts.walk_revisions()]
    assert newest_schema() == scripts.get_current_head() == chain[0]
    assert chain == [f"{number:04}" for number in range(len(chain), 0, -1)]


def test_a_migration_that_fails_leaves_nothing_behind(empty_database):
    with empty_database.write() as connection:
        connection.execute(text("CREATE TABLE parked_events (mine integer)"))  # the last of the first three

    with pytest.raises(DatabaseUnavailableError, match="parked_events"):
        migrate(empty_database)

    assert inspect(empty_database.engine).get_table_names() == ["parked_events"]


def test_processes_that_migrate_at_once_all_succeed(empty_database, empty_database_url):
    with ExitStack() as stack:
        late = ("tests.store.late_migration", empty_database_url)
        processes = [stack.enter_context(Forked(*late, stdin=PIPE, stdout=PIPE)) for _ in range(3)]
        for process in processes:
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.wait(60) for process in processes] == [0, 0, 0]

    with empty_database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_a_newer_schema_is_refused_and_left_unchanged(database):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseUnavailableError, match=r"schema 9999.*Install the newer groupchat"):
        migrate(database)

    with database.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"


def test_a_read_only_sqlite_file_is_refused(sqlite_template):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "groupchat.db"
        path.write_bytes(sqlite_template.read_bytes())
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        with (
            as_another_user(),
            opened(f"sqlite:///{path}") as database,
            pytest.raises(DatabaseUnavailableError, match="can't be written"),
        ):
            migrate(database)
        Path(folder).chmod(0o755)


@contextmanager
def as_another_user():
    """Switch from root, for whom nothing is read-only, to another user; other users stay."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_read_only_postgres_database_is_refused(empty_postgres_url):
    with opened(empty_postgres_url) as database:
        name = make_url(empty_postgres_url).database
        with database.write() as connection:
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        database.close()

        with pytest.raises(DatabaseUnavailableError, match="read-only"):
            migrate(database)


def test_a_file_that_is_not_a_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 100)

    with opened(f"sqlite:///{path}") as database, pytest.raises(DatabaseUnavailableError, match="use another path"):
        migrate(database)

    assert path.read_text() == "Dear reader, " * 100


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///x.db", "x.db"),
        ("sqlite:////data/x.db", "/data/x.db"),
        ("sqlite:///file:x.db?mode=ro&uri=true", "x.db"),
        ("sqlite:///file:/data/a%20b.db?mode=ro&uri=true", "/data/a b.db"),
    ],
)
def test_the_file_of_an_sqlite_database_is_known_from_any_url(url, path):
    with opened(url) as database:
        assert database.path == Path(path)


def test_a_missing_folder_is_named(tmp_path):
    path = tmp_path / "nowhere" / "groupchat.db"

    with opened(f"sqlite:///{path}") as database, pytest.raises(DatabaseUnavailableError, match=r"nowhere.*Create it"):
        migrate(database)

    assert not path.parent.exists()


def test_a_locked_sqlite_database_is_refused(sqlite_url):
    with (
        opened(sqlite_url) as other,
        opened(sqlite_url, timeouts=Timeouts(busy_ms=10)) as database,
        other.write(),
        pytest.raises(DatabaseUnavailableError, match="holds its lock"),
    ):
        migrate(database)


def test_an_unreachable_postgres_server_is_refused_without_showing_the_password():
    url = "postgresql+psycopg2://me:secret@127.0.0.1:1/groupchat"

    with opened(url) as database, pytest.raises(DatabaseUnavailableError, match="check GROUPCHAT_DATABASE_URL") as caught:
        migrate(database)

    assert "secret" not in str(caught.value)
