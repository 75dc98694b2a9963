"""The demo's story: a month that shows what the console has a screen for. An interrupted start continues it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from groupchat.aggregates.group_events import Created
from groupchat.aggregates.workspace import existing
from groupchat.bootstrap import System, running, working
from groupchat.commands import workspaces
from groupchat.commands.caller import Caller
from groupchat.commands.keys import by_operator
from groupchat.commands.streams import WORKSPACE
from groupchat.demo import story
from groupchat.demo.clock import StoryClock
from groupchat.demo.story import Staff
from groupchat.demo.teller import Teller
from groupchat.demo.workspace import NAME, OWNER_EMAIL, prepare
from groupchat.settings import Settings
from groupchat.store.event_store import EventStore
from groupchat.values.ids import new_id
from tests.http.site import client_of

INBOX = "/v1/conversations"


@asynccontextmanager
async def a_system(url: str) -> AsyncIterator[tuple[System, StoryClock]]:
    """Run all parts of a process, on a clock that the story can set back."""
    clock = StoryClock()
    async with running(Settings(database_url=url), clock=clock) as system, working(system, ()):
        yield system, clock


class Visitor:
    """A user of the demo."""

    def __init__(self, client: httpx.AsyncClient, key: str, store: EventStore) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {key}", "Groupchat-Min-Position": str(store.log.head())}

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        response = await self.client.get(path, headers=self.headers, params=params)
        assert response.status_code == 200, response.text
        return response.json()["items"]

    async def groups(self) -> dict[str, dict[str, Any]]:
        """The conversations by name; a successor replaces the one that it continues."""
        return {each["display_name"]: each for each in reversed(await self.items(INBOX))}


async def test_the_demo_has_something_for_every_screen(sqlite_url):
    async with a_system(sqlite_url) as (system, clock):
        made = await prepare(system, clock)
        async with client_of(system.services) as client:
            owner = Visitor(client, made.api_key, system.store)
            groups = await owner.groups()
            assert set(story.CHAPTERS) < set(groups)
            assert groups["Block party"]["predecessor_id"]
            assert groups["Pool hours"]["blocked_by"] == [story.JUNE.number]
            assert [each["number"] for each in await owner.items("/v1/reviews", status="open")] == [story.ANN.number]
            assert groups[story.STRANGER.number]["unread_count"] == 1
            await assert_people_changed(client, owner, groups["Maple Court heating"])
            await assert_texts_failed(owner, groups["Spare keys"])
            await assert_month_was_charged(owner)
            rosa = Visitor(client, made.restricted_sign_in, system.store)
            assert set(await rosa.groups()) == {"Viewing on Pine Avenue"}


async def assert_people_changed(client: httpx.AsyncClient, owner: Visitor, group: dict[str, Any]) -> None:
    pane = (await client.get(f"{INBOX}/{group['id']}/participants", headers=owner.headers)).json()
    tags = {each["name"]: each["tags"] for each in pane["participants"]}
    assert tags == {"Ann Lee": [], "Dev Patel": ["updated"], "Eva Novak": ["deleted"]}


async def assert_texts_failed(owner: Visitor, group: dict[str, Any]) -> None:
    last = (await owner.items(f"{INBOX}/{group['id']}/messages"))[-1]
    statuses = {each["number"]: (each["status"], each["reason"]) for each in last["recipients"]}
    assert statuses[story.ANN.number][0] == "delivered"
    assert statuses[story.GUS.number] == ("failed", "The number is a landline, or cannot receive texts.")


async def assert_month_was_charged(owner: Visitor) -> None:
    charged = await owner.items("/v1/ledger", limit=200)
    days = [datetime.fromisoformat(each["at"]).date() for each in charged]
    assert max(days) - min(days) >= timedelta(days=28)
    assert {each["rate"] for each in charged} == {"0.0250", "0.0200"}


async def test_everything_happened_in_order_and_in_the_past(sqlite_url):
    async with a_system(sqlite_url) as (system, clock):
        await prepare(system, clock)
        times = [each.at for each in system.store.log.each()]

    assert times == sorted(times)
    assert times[-1] <= datetime.now(UTC)


async def test_an_interrupted_start_continues_and_repeats_no_part_of_the_story(sqlite_url):
    async with a_system(sqlite_url) as (system, clock):
        workspace_id = await interrupted(system, clock)
        second = await prepare(system, clock)
        names = [each.event.name for each in system.store.log.each([Created.TOPIC])]
        third = await prepare(system, clock)

    assert (second.workspace_id, second.fresh, third.fresh) == (workspace_id, True, False)
    chapters = [name for name in names if name in story.CHAPTERS]
    assert sorted(chapters) == sorted([*story.CHAPTERS, "Block party"])  # it has a successor of the same name


async def interrupted(system: System, clock: StoryClock) -> str:
    """Tell the beginning of the story; return the workspace's id."""
    clock.set_to(days_ago=32, hour=15)
    cause = by_operator(new_id("wsp"))
    founded = (await system.store.run(cause, workspaces.create_workspace, NAME, OWNER_EMAIL)).value
    state = existing(await system.store.load_fresh(WORKSPACE, founded.workspace_id))
    owner = Caller(founded.workspace_id, state.users[founded.user_id], new_id("req"))
    teller = Teller(system, system.simulator, clock)
    await story.set_up(teller, owner)
    await story.CHAPTERS["Maple Court heating"](teller, Staff(owner, owner))
    return founded.workspace_id
