"""Fixtures of these tests: one Postgres database, emptied before each, and a conversation with a bit of everything."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct

from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.transcript.composing import Making, compose
from groupchat.transcript.parts import Part
from groupchat.transcript.source import TranscriptSource, source_of
from tests.support.disputed import Disputed, disputed_in
from tests.support.emptied import database, postgres_url, shared_database

__all__ = ["database", "postgres_url", "shared_database"]

MAKING = Making(
    by="A. Auditor",
    at=datetime(2030, 7, 1, 12, tzinfo=UTC),
    store="the test's store",
    zone=ZoneInfo("America/New_York"),
    checkpoint=None,
)


class Composed(Struct):
    """A disputed conversation, its log, and its transcript."""

    disputed: Disputed
    log: Log

    def source(self) -> TranscriptSource:
        """Return the source of the whole conversation."""
        return source_of(self.log, self.disputed.conversation, None, datetime.now(UTC))

    def parts(self, making: Making = MAKING, source: TranscriptSource | None = None) -> list[Part]:
        """Return the parts of the transcript."""
        source = source or self.source()
        return list(compose(source, source.overview(), making))


@pytest.fixture
def composed(database_url: str) -> Iterator[Composed]:
    """The disputed conversation, on each backend."""
    disputed = asyncio.run(disputed_in(database_url))
    database = Database(database_url)
    yield Composed(disputed, Log.of(database))
    database.close()


@pytest.fixture
def file() -> BytesIO:
    """A file to write to."""
    return BytesIO()
