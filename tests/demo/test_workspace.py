"""The demo workspace: it is made once, however many processes start on a new database."""

import asyncio

from groupchat.aggregates.contact import ContactCreated
from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.bootstrap import running, working
from groupchat.demo.clock import StoryClock
from groupchat.demo.workspace import prepare
from groupchat.settings import Settings


async def test_two_that_start_at_once_share_one_workspace_with_each_contact_once(database_url):
    settings, clocks = Settings(database_url=database_url), (StoryClock(), StoryClock())
    async with running(settings, clock=clocks[0]) as first, running(settings, clock=clocks[1]) as second, working(first, ()):
        made = await asyncio.gather(prepare(first, clocks[0]), prepare(second, clocks[1]))
        events = [recorded.event for recorded in first.store.log.each()]

    assert sorted(each.fresh for each in made) == [False, True]
    assert len({each.workspace_id for each in made}) == 1
    assert len({each.api_key for each in made}) == 2
    assert sum(isinstance(event, WorkspaceCreated) for event in events) == 1
    names = [event.name for event in events if isinstance(event, ContactCreated)]
    assert len(names) == len(set(names))
