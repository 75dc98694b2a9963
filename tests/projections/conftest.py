"""Temporary: until the migration has the views' tables."""

import pytest
from groupchat.projections import VIEWS
from groupchat.store.database import Database
from groupchat.store.tables import METADATA


@pytest.fixture
def database(database: Database) -> Database:
    assert VIEWS
    METADATA.create_all(database.engine)
    return database
