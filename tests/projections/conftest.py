"""Fixtures of these tests: one Postgres database, emptied before each."""

from tests.support.emptied import database, postgres_url, shared_database

__all__ = ["database", "postgres_url", "shared_database"]
