"""A conversation as of a version or moment, over HTTP (R32)."""

import asyncio
from datetime import timedelta

import pytest

from groupchat.queries import history
from groupchat.store.event_store import EventStore
from tests.http.clocked import NOON, StoppedClock, clocked_site
from tests.http.site import Json, Site, assert_problem, locs, messages_of, open_site, path_of
from tests.support.builders import BUSINESS, number


def state_of(conversation: Json) -> str:
    return path_of(conversation, "history", "state")


async def state(site: Site, conversation: Json, **params: object) -> Json:
    """Return the state, which must be there."""
    response = await site.get(state_of(conversation), **params)
    assert response.status_code == 200, response.text
    return response.json()


async def shown(site: Site, conversation: Json) -> Json:
    """Return what the live views show, in the shape of a state."""
    found = (await site.get(path_of(conversation))).json()
    del found["unread_count"]
    return {
        "conversation": found,
        "participants": (await site.get(path_of(conversation, "participants"))).json(),
        "messages": (await site.get(messages_of(conversation))).json()["items"],
    }


def views_in(state: Json) -> Json:
    return {name: state[name] for name in ("conversation", "participants", "messages")}


async def test_now_equals_the_live_views_and_any_version_equals_the_views_of_its_time_R32(idle_site):
    """No worker runs: live values come with the responses to writes, and the state comes from the events alone."""
    bob = await idle_site.contact(2, "Bob")
    participants = [{"number": number(1), "name": "Ann"}, {"contact_id": bob["id"]}]
    made = await idle_site.post("/v1/conversations", {"from": BUSINESS, "participants": participants, "name": "Crew"})
    group = made.json()
    sent = await idle_site.send(group, "Hello")
    renamed = (await idle_site.patch(path_of(group), {"name": "Team"})).json()
    blocked = (await idle_site.post(path_of(group, "participants", number(1), "opt-out"))).json()

    def seen(conversation: Json) -> Json:
        return {name: value for name, value in conversation.items() if name != "unread_count"}

    first = await state(idle_site, group, version=1)
    assert (first["conversation"], first["messages"]) == (seen(group), [])
    assert (await state(idle_site, group, version=2))["messages"] == [sent]
    assert (await state(idle_site, group, version=3))["conversation"] == seen(renamed)
    last = await state(idle_site, group, version=4)
    assert last["conversation"] == seen(blocked)
    assert [each["number"] for each in last["participants"]["opted_out"]] == [number(1)]
    assert await state(idle_site, group) == last


async def test_a_state_now_equals_the_views_when_they_have_followed_R32(site):
    group = await site.group(1, 2, 3)
    await site.send(group)
    await site.writes(2, "STOP")
    live = await shown(site, group)
    found = await state(site, group)
    assert views_in(found)["conversation"] == live["conversation"]
    assert views_in(found)["participants"] == live["participants"]
    assert [each["id"] for each in found["messages"]] == [each["id"] for each in live["messages"]]
    events = (await site.get(path_of(group, "history"))).json()["items"]
    assert (found["version"], found["position"], found["at"]) == tuple(events[-1][name] for name in ("version", "position", "at"))


async def test_a_moment_shows_the_state_at_that_time_and_a_date_shows_its_first_moment_R32(sqlite_url):
    clock = StoppedClock()
    async with clocked_site(sqlite_url, clock) as site:
        group = await site.group(1, 2)
        clock.now = NOON + timedelta(days=2)
        await site.patch(path_of(group), {"name": "Crew"})
        before, after = "2025-03-03T11:59:59.999999Z", "2025-03-03T13:00:00+01:00"
        names = [(await state(site, group, at=at))["conversation"]["name"] for at in ("2025-03-03", before, after)]
        assert names == [None, None, "Crew"]
        problem = assert_problem(await site.get(state_of(group), at="2025-03-01"), "invalid-request", 422)
        assert "It was created at 2025-03-01T12:00:00Z" in problem["errors"][0]["detail"]
        problem = assert_problem(await site.get(state_of(group), at="2025-03-04"), "invalid-request", 422)
        assert "in the future" in problem["errors"][0]["detail"]


async def test_the_thread_comes_in_pages_of_the_same_state_R32(site):
    group = await site.group(1, 2)
    sent = [(await site.send(group, str(n)))["id"] for n in range(5)]
    page, found = await state(site, group, limit=2), []
    await site.patch(path_of(group), {"name": "Meanwhile"})
    await site.send(group, "Meanwhile")
    while True:
        found += [each["id"] for each in page["messages"]]
        assert (page["version"], page["conversation"]["name"]) == (6, None)
        if page["next_cursor"] is None:
            break
        page = await state(site, group, limit=2, cursor=page["next_cursor"])
    assert found == sent


async def test_reads_of_the_log_wait_for_no_view(store: EventStore):
    async with open_site(store, workers=None, patience=0.0) as site:
        group = await site.group(1, 2)
        assert site.position > 0
        assert (await state(site, group))["version"] == 1
        assert_problem(await site.get("/v1/conversations"), "projection-behind", 503)


BAD = [
    ({"version": 0}, "query.version"),
    ({"version": 2}, "query.version"),
    ({"version": -1}, "query.version"),
    ({"version": "x"}, "query.version"),
    ({"at": "noon"}, "query.at"),
    ({"at": "2025-01-31T00:00:00"}, "query.at"),
    ({"at": "1999-12-31"}, "query.at"),
    ({"at": "9999-12-31"}, "query.at"),
    ({"version": 1, "at": "2025-01-31"}, "query.at"),
    ({"limit": 201}, "query.limit"),
    ({"cursor": "WzAsMF0"}, "query.cursor"),
]


async def test_an_impossible_moment_is_rejected_with_the_possible_ones_R32(plain_site):
    group = await plain_site.group()
    for params, loc in BAD:
        problem = assert_problem(await plain_site.get(state_of(group), **params), "invalid-request", 422)
        assert locs(problem) == [loc], params
    problem = (await plain_site.get(state_of(group), version=7)).json()
    assert problem["errors"][0]["detail"] == "This conversation has no version 7, only versions 1 to 1."


async def test_an_unknown_or_anothers_conversation_is_not_found_under_any_parameters_R22(plain_site):
    group, stranger = await plain_site.group(), await plain_site.stranger()
    for params in ({}, {"version": 0}, {"version": 1, "at": "noon"}):
        assert_problem(await stranger.get(state_of(group), **params), "not-found", 404)
        assert_problem(await plain_site.get(state_of({"id": "cnv_none"}), **params), "not-found", 404)


async def test_a_long_conversation_is_folded_outside_the_event_loop_R32(plain_site, monkeypatch: pytest.MonkeyPatch):
    loops: list[bool] = []
    whole = history.as_of.page

    def watched(*args: object, **given: object) -> object:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            loops.append(False)
        else:
            loops.append(True)
        return whole(*args, **given)

    monkeypatch.setattr(history.as_of, "page", watched)
    await state(plain_site, await plain_site.group())
    assert loops == [False]
