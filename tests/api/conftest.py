"""Fixtures of the client's tests: the API itself, on SQLite."""

from tests.http.conftest import plain_site

__all__ = ["plain_site"]
