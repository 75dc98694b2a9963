"""Fixtures of these tests: one Postgres database, emptied before each."""

from tests.support.emptied import postgres_url, shared_database

__all__ = ["postgres_url", "shared_database"]
