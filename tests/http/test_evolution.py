"""Events from an older groupchat look the same as today's: in views, history and the event stream (R32 to R34)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select, update

from groupchat import bootstrap
from groupchat.projections import VIEWS
from groupchat.projections.rebuild import rebuild
from groupchat.store.database import Database
from groupchat.store.tables import STORED_EVENTS
from tests.http.listening import streamed
from tests.http.site import SETTINGS, Json, Site, client_of, messages_of, open_site, path_of
from tests.support.stores import store_on

INBOUND = "groupchat.conversation.inbound_received"
SAID = {"Hello": None, "Stop.": "opt-out", "please stop": None, " start! ": "opt-in"}


async def everything(site: Site, group: Json) -> list[Any]:
    """Return everything that is shown of a group after all views are rebuilt."""
    await rebuild(site.store, list(VIEWS.values()), lambda done, total: None)
    paths = ("/v1/conversations", path_of(group), messages_of(group), path_of(group, "participants"), path_of(group, "history"))
    return [*[(await site.get(path)).json() for path in paths], await streamed(site)]


def make_older(database: Database) -> int:
    """Turn inbound messages into what the first version stored; return how many there are."""
    table = STORED_EVENTS.c
    with database.write() as connection:
        rows = connection.execute(select(table.id, table.state).where(table.topic == INBOUND)).all()
        for position, state in rows:
            envelope = json.loads(bytes(state))
            assert envelope.pop("v") == 2
            del envelope["data"]["keyword"]
            older = json.dumps(envelope | {"v": 1}).encode()
            connection.execute(update(STORED_EVENTS).where(table.id == position).values(state=older))
    return len(rows)


@asynccontextmanager
async def restarted(site: Site, database: Database) -> AsyncIterator[Site]:
    """Return the same caller's API in a process that remembers nothing."""
    with store_on(database) as store:
        services = bootstrap.assemble(SETTINGS, database, store.signals, store).services
        async with client_of(services) as client:
            yield Site(client, site.world, services)


async def test_an_inbound_message_of_the_first_version_is_shown_as_one_of_today_R14_R34(database, store):
    async with open_site(store, workers=None) as site:
        group = await site.group(1, 2)
        for body in SAID:
            await site.writes(1, body)
        today = await everything(site, group)
        history = today[4]["items"]
        assert {each["data"]["body"]: each["data"]["keyword"] for each in history if each["type"] == INBOUND} == SAID
        assert [each["body"] for each in today[2]["items"] if each["direction"] == "inbound"] == list(SAID)

        assert make_older(database) == len(SAID)
        async with restarted(site, database) as later:
            assert await everything(later, group) == today
