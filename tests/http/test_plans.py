"""A request's reads grow with its response, not with the store: an index serves every query."""

from typing import Any

import pytest

from groupchat.store.database import Database
from tests.http.site import Site
from tests.http.staff import staffed
from tests.http.stage import Stage
from tests.http.test_access import GROUPS, ask
from tests.support.plans import read_whole
from tests.support.statements import listening

FILTERED = (
    "GET /v1/conversations?q=ann&unread=true&blocked=false",
    "GET /v1/conversations?from={business}",
    "GET /v1/conversations?text=hello",
    "GET /v1/contacts?q=ann",
    "GET /v1/ledger?from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z",
    "GET /v1/ledger?number={business}&recipient={business}",
    "GET /v1/refusals?from=2025-01-01T00:00:00Z",
)
"""Calls in addition to those of every endpoint, for queries that depend on parameters."""


async def test_every_query_that_a_request_makes_is_served_by_an_index(site: Site):
    staff = await staffed(site)
    calls = [(row.call, row.body) for rows in GROUPS.values() for row in rows] + [(call, None) for call in FILTERED]
    asked: dict[str, Any] = {}
    with listening(site.store.database, "before_cursor_execute", lambda *given: asked.setdefault(given[2], given[3])):
        for name in ("owner", "agent"):
            stage = Stage(staff)
            for call, body in calls:
                stage.caller = name
                method, path = call.split(" ")
                await ask(staff, name, method, await stage.filled(path), await stage.filled_body(body))
                if method != "GET":
                    stage = Stage(staff)  # the call may have changed or removed what it names

    assert len(asked) > 50
    assert read_whole(site.store.database, dict(asked)) == {}


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("SELECT * FROM stored_events WHERE topic = 'a'", {"stored_events"}),
        ("SELECT count(*) FROM messages", {"messages"}),
    ],
)
def test_a_query_that_no_index_serves_is_noticed(database: Database, query: str, tables: set[str]):
    served = "SELECT * FROM stored_events WHERE originator_id = 'a'"
    assert read_whole(database, {query: (), served: ()}) == {query: tables}
