"""Keys over HTTP; and keys, roles and assignments where two processes serve one workspace (R20 to R23)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from structlog.testing import capture_logs

from groupchat import bootstrap
from groupchat.aggregates.workspace_events import KeyIssued
from groupchat.settings import Settings
from tests.http.clocked import StoppedClock, clocked_site
from tests.http.site import Site, assert_problem, client_of, locs, messages_of, path_of
from tests.http.staff import USERS, created_by, keys_of, staffed
from tests.support.builders import BUSINESS
from tests.support.world import a_world


async def test_a_user_has_several_keys_and_a_revoked_one_opens_nothing_at_once(site):
    me = site.world.who.user.id
    issued = (await site.post(keys_of(me))).json()
    second = site.with_key(issued["api_key"])
    assert issued == {
        "id": issued["id"],
        "api_key": second.key,
        "issued_at": issued["issued_at"],
        "expires_at": None,
        "label": None,
    }
    assert (await second.get("/v1/users/me")).json()["id"] == me
    listed = (await site.get(keys_of(me))).json()["items"]
    assert issued["id"] in [each["id"] for each in listed]
    assert len(listed) == 2
    assert (await site.delete(keys_of(me, issued["id"]))).status_code == 204
    assert_problem(await second.get("/v1/users/me"), "unauthenticated", 401)
    assert_problem(await site.delete(keys_of(me, issued["id"])), "not-found", 404)
    assert issued["id"] not in [each["id"] for each in (await site.get(keys_of(me))).json()["items"]]
    assert (await site.get("/v1/users/me")).status_code == 200


async def test_the_last_use_of_a_key_is_shown_and_an_unused_key_has_none(site):
    me = site.world.who.user.id
    unused = (await site.post(keys_of(me))).json()
    await site.services.last_uses.saved()

    listed = {each["id"]: each["last_used_at"] for each in (await site.get(keys_of(me))).json()["items"]}

    assert listed.pop(unused["id"]) is None
    assert list(listed.values()) != [None]


async def test_a_key_that_revokes_itself_is_answered_and_then_opens_nothing(site):
    me = site.world.who.user.id
    issued = (await site.post(keys_of(me))).json()
    second = site.with_key(issued["api_key"])
    assert (await second.delete(keys_of(me, issued["id"]))).status_code == 204
    assert_problem(await second.get("/v1/users/me"), "unauthenticated", 401)


async def test_every_user_has_their_own_keys_in_any_role_R22_R23(site):
    staff = await staffed(site)
    for name in ("auditor", "agent", "clerk"):
        own = keys_of(staff.ids[name])
        issued = (await staff[name].post(own)).json()
        assert (await site.with_key(issued["api_key"]).get("/v1/users/me")).json()["id"] == staff.ids[name]
        assert len((await staff[name].get(own)).json()["items"]) == 2
        assert (await staff[name].delete(f"{own}/{issued['id']}")).status_code == 204


async def test_people_who_manage_users_issue_and_revoke_their_keys_R23(site):
    staff = await staffed(site)
    theirs = keys_of(staff.ids["clerk"])
    (key,) = (await staff["admin"].get(theirs)).json()["items"]
    assert (await staff["admin"].delete(f"{theirs}/{key['id']}")).status_code == 204
    assert_problem(await staff["clerk"].get("/v1/users/me"), "unauthenticated", 401)
    again = (await staff["admin"].post(theirs)).json()
    assert (await site.with_key(again["api_key"]).get("/v1/users/me")).json()["id"] == staff.ids["clerk"]


async def test_keys_are_listed_in_pages_oldest_first(site):
    me = site.world.who.user.id
    ids = [(await site.post(keys_of(me))).json()["id"] for _ in range(3)]
    page = (await site.get(keys_of(me), limit=2)).json()
    rest = (await site.get(keys_of(me), limit=2, cursor=page["next_cursor"])).json()
    found = [each["id"] for each in (*page["items"], *rest["items"])]
    assert set(ids) <= set(found)
    assert len(found) == 4
    assert rest["next_cursor"] is None


async def test_a_key_opens_until_the_moment_at_which_it_expires(database_url):
    clock = StoppedClock()
    async with clocked_site(database_url, clock) as site:
        me = site.world.who.user.id
        ends = clock.now + timedelta(hours=1)
        body = {"expires_at": ends.isoformat()}
        issued = (await site.post(keys_of(me), body)).json()
        assert (issued["issued_at"], issued["expires_at"]) == ("2025-03-01T12:00:00Z", "2025-03-01T13:00:00Z")
        second = site.with_key(issued["api_key"])
        for moment, opens in ((ends - timedelta(microseconds=1), True), (ends, False)):
            clock.now = moment
            assert (await second.get("/v1/users/me")).status_code == (200 if opens else 401)
        for over in (body, {"expires_at": "2025-03-01T12:59:59Z"}):
            assert locs(assert_problem(await site.post(keys_of(me), over), "invalid-request", 422)) == ["expires_at"]
        for bad in ("2025-03-02", "2025-03-02T00:00:00", 17):
            assert_problem(await site.post(keys_of(me), {"expires_at": bad}), "invalid-request", 422)


async def test_no_key_and_no_hash_is_in_any_answer_log_or_event_but_the_one_that_issues_it(site):
    with capture_logs() as logged:
        staff = await staffed(site)
        made = await site.group(1, 2, message={"body": "Hi"})
        names = ("owner", "admin", "agent")
        issued = [(await staff[name].post(keys_of(staff.ids[name]))).json()["api_key"] for name in names]
        lists = (USERS, *(keys_of(user) for user in staff.ids.values()), "/v1/users/me", "/v1/roles")
        answers = [(await site.get(path)).text for path in (*lists, path_of(made, "history"))]
    stored = b"".join(event.state for event in site.store._recorder.select_events(site.world.who.workspace_id))
    events = [each.event for each in site.store.log.stream(site.world.who.workspace_id)]
    hashes = [event.key_hash for event in events if isinstance(event, KeyIssued)]
    assert len(hashes) >= 10
    everything = "".join(answers) + repr(logged)
    for secret in (*issued, *(caller.key for caller in staff.callers.values())):
        assert secret not in everything
        assert secret.encode() not in stored
    assert not [each for each in hashes if each in everything]


# --- two processes


@asynccontextmanager
async def two_processes(database_url: str) -> AsyncIterator[tuple[Site, Site]]:
    """Return the API of one workspace as two processes serve it; the first runs all workers."""
    settings = Settings(database_url=database_url, rate_limit=0)
    async with bootstrap.running(settings) as first, bootstrap.running(settings) as second, bootstrap.working(first, ()):
        world = await a_world(first.store)
        async with client_of(first.services) as here, client_of(second.services) as elsewhere:
            yield Site(here, world, first.services), Site(elsewhere, world, second.services)


def seen_by(site: Site, caller: Site) -> Site:
    """Return the same caller in another process."""
    return site.with_key(caller.key)


async def test_a_key_that_was_revoked_commands_nothing_in_another_process_either(database_url):
    async with two_processes(database_url) as (here, there):
        made, me = await here.group(1, 2), here.world.who.user.id
        for n in range(10):
            issued = (await here.post(keys_of(me))).json()
            second = there.with_key(issued["api_key"])
            assert (await second.post(messages_of(made), {"body": f"Before {n}"})).status_code == 201
            assert (await here.delete(keys_of(me, issued["id"]))).status_code == 204
            assert_problem(await second.post(messages_of(made), {"body": "After"}), "unauthenticated", 401)
            assert_problem(await second.get("/v1/users/me"), "unauthenticated", 401)


async def test_a_key_that_was_revoked_soon_reads_nothing_in_another_process(database_url):
    async with two_processes(database_url) as (here, there):
        me = here.world.who.user.id
        issued = (await here.post(keys_of(me))).json()
        second = there.with_key(issued["api_key"])
        assert (await second.get("/v1/contacts")).status_code == 200
        await here.delete(keys_of(me, issued["id"]))
        async with asyncio.timeout(5):
            while (await second.get("/v1/contacts")).status_code != 401:
                pass


async def test_a_role_or_right_that_is_changed_holds_in_another_process_at_once_R20_R21_R23(database_url):
    async with two_processes(database_url) as (here, there):
        staff = await staffed(here)
        clerk, member = (seen_by(there, staff[name]) for name in ("clerk", "member"))
        made = await here.group(1, 2)
        assert_problem(await created_by(clerk, 11), "group-chat-not-permitted", 403)
        assert (await member.post(messages_of(made), {"body": "Hi"})).status_code == 201
        await here.put("/v1/roles/clerk", {"group_chat": True})
        assert (await created_by(clerk, 11)).status_code == 201
        await here.patch(f"/v1/numbers/{BUSINESS}", {"assigned_to": staff.ids["admin"]})
        assert_problem(await member.post(messages_of(made), {"body": "Hi"}), "number-access-denied", 403)
        await here.patch(f"{USERS}/{staff.ids['member']}", {"role": "admin"})
        assert (await member.post(messages_of(made), {"body": "Hi"})).status_code == 201
        await here.patch(f"{USERS}/{staff.ids['member']}", {"role": "auditor"})
        assert_problem(await member.post(messages_of(made), {"body": "Hi"}), "not-permitted", 403)


async def test_a_contact_that_is_assigned_away_is_gone_in_another_process_at_once_R22(database_url):
    async with two_processes(database_url) as (here, there):
        staff = await staffed(here)
        agent, owner = seen_by(there, staff["agent"]), staff.ids["owner"]
        contacts = [await here.contact(n, "Ann", assigned_to=staff.ids["agent"]) for n in (1, 2)]
        made = await here.group(1, 2)
        for assignee, there_now in ((staff.ids["agent"], True), (owner, False), (staff.ids["agent"], True)):
            await here.patch(f"/v1/contacts/{contacts[0]['id']}", {"assigned_to": assignee})
            for path in (path_of(made), messages_of(made), f"/v1/contacts/{contacts[0]['id']}"):
                assert (await agent.get(path)).status_code == (200 if there_now else 404)
            listed = (await agent.get("/v1/conversations")).json()["items"]
            assert [each["id"] for each in listed] == ([made["id"]] if there_now else [])


async def test_the_last_working_key_of_the_owners_stays_and_another_may_go_first_R23(site):
    me = site.world.who.user.id
    (first,) = (await site.get(keys_of(me))).json()["items"]
    assert_problem(await site.delete(keys_of(me, first["id"])), "last-key", 409)
    assert (await site.get("/v1/users/me")).status_code == 200
    second = site.with_key((await site.post(keys_of(me))).json()["api_key"])
    assert (await second.delete(keys_of(me, first["id"]))).status_code == 204


async def test_an_admin_does_not_become_an_owner_through_a_key_that_they_issued_R23(site):
    staff = await staffed(site)
    member = staff.ids["member"]
    seen = (await staff["admin"].post(keys_of(member))).json()
    thief = site.with_key(seen["api_key"])
    assert (await thief.get("/v1/users/me")).status_code == 200

    promoted = await site.patch(f"{USERS}/{member}", {"role": "owner"})

    assert promoted.json()["ended_keys"] == [seen["id"]]
    assert_problem(await thief.patch(f"{USERS}/{staff.ids['admin']}", {"role": "owner"}), "unauthenticated", 401)
    assert (await staff["member"].get("/v1/users/me")).json()["role"] == "owner"


async def test_a_user_has_twenty_keys_at_most(site):
    own = keys_of(site.world.who.user.id)
    for _ in range(19):
        assert (await site.post(own)).status_code == 201
    assert_problem(await site.post(own), "too-many-keys", 409)


async def test_a_new_key_has_no_address_of_its_own_and_a_user_has_R20(site):
    user = await site.post(USERS, {"name": "Max", "email": "max@example.com", "role": "member"})
    assert (await site.get(user.headers["Location"])).json()["email"] == "max@example.com"
    assert "Location" not in (await site.post(keys_of(user.json()["id"]))).headers
