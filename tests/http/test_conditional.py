"""`ETag` and `If-Match`: a write that expects a version succeeds only on that version, even in a race."""

import asyncio
from collections import Counter

import pytest

from groupchat.http.app import ENDPOINTS, SIMULATOR
from groupchat.http.calls.conditional import versioned_id
from groupchat.http.calls.endpoint import Endpoint
from groupchat.store.event_store import Tries
from tests.http.site import another_process, assert_problem, locs, messages_of, path_of
from tests.store.following import opened
from tests.support.builders import BUSINESS, number


def if_match(tag):
    return {"headers": {"If-Match": tag}}


def tag_of(shown):
    return f'"{shown["version"]}"'


async def rename(site, conversation, name, **given):
    return await site.request("PATCH", path_of(conversation), json={"name": name}, **given)


async def now(site, path):
    return (await site.get(path)).json()


# --- ETag


async def test_conversations_and_contacts_answer_with_their_version_as_etag(plain_site):
    site = plain_site
    made = await site.group(1, 2, 3)
    contact = await site.contact(9)
    one, its = path_of(made), f"/v1/contacts/{contact['id']}"
    answers = [
        await site.get(one),
        await rename(site, made, "x"),
        await site.post(path_of(made, "participants", number(1), "opt-out")),
        await site.post(path_of(made, "successor"), {}),
        await site.post("/v1/conversations", {"from": BUSINESS, "participants": [{"number": number(4)}, {"number": number(5)}]}),
        await site.get(its),
        await site.patch(its, {"name": "Rob"}),
        await site.post("/v1/contacts", {"name": "Cid", "number": number(8)}),
    ]
    assert [each.headers["ETag"] for each in answers] == [tag_of(each.json()) for each in answers]


async def test_a_resource_without_a_version_has_no_etag(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    for path in ("/v1/conversations", messages_of(made), path_of(made, "participants"), "/v1/policy", "/v1/numbers"):
        assert "ETag" not in (await site.get(path)).headers
    assert "ETag" not in (await site.post(messages_of(made), {"body": "x"})).headers


def test_every_route_of_a_conversation_or_contact_takes_part():
    """So that a route that is added is looked at here."""
    all_ = [each for each in (*ENDPOINTS, *SIMULATOR) if isinstance(each, Endpoint)]
    writes = {each.operation.name for each in all_ if each.spec.writes and versioned_id(each.spec.path)}
    assert writes == {*CONVERSATION_WRITES, *CONTACT_WRITES}, "each write is in one of these"
    shown = {each.operation.name for each in all_ if each.types.versioned}
    assert shown == {
        *("read_conversation", "create_conversation", "change_conversation", "create_successor", "opt_out", "take_back"),
        *("read_contact", "create_contact", "put_contact", "change_contact", "merge_contacts"),
    }


# --- If-Match

CONVERSATION_WRITES = {
    "change_conversation": ("PATCH", "", {"name": "x"}),
    "send_message": ("POST", "/messages", {"body": "x"}),
    "opt_out": ("POST", "/participants/" + number(1) + "/opt-out", None),
    "take_back": ("DELETE", "/participants/" + number(1) + "/opt-out", {"reason": "A wrong click"}),
    "create_successor": ("POST", "/successor", {}),
    "mark_read": ("PUT", "/read", None),
    "mark_unread": ("DELETE", "/read", None),
}
CONTACT_WRITES = {
    "change_contact": ("PATCH", "", {"dnd": True}),
    "delete_contact": ("DELETE", "", None),
    "merge_contacts": ("POST", "/merge", {"contact_id": "another one's"}),
}


async def to_write(site, name):
    """Return the path of a conversation or contact, and how to write to it."""
    if name in CONTACT_WRITES:
        path, writes = f"/v1/contacts/{(await site.contact(9))['id']}", CONTACT_WRITES
    else:
        made, writes = await site.group(1, 2, 3), CONVERSATION_WRITES
        path = path_of(made)
        if name == "create_successor":
            await site.writes(3, "STOP")
    method, rest, body = writes[name]
    if name == "merge_contacts":
        body = {"contact_id": (await site.contact(8))["id"]}

    async def write(tag):
        given = {"json": body} if body is not None else {}
        return await site.request(method, path + rest, **if_match(tag), **given)

    return path, write


@pytest.mark.parametrize("name", [*CONVERSATION_WRITES, *CONTACT_WRITES])
async def test_a_write_is_done_only_on_the_version_that_it_expects(plain_site, name):
    path, write = await to_write(plain_site, name)
    before = await now(plain_site, path)
    newer = f'"{before["version"] + 1}"'

    for tag in (newer, '"0"', '"x"', f"W/{tag_of(before)}", f'"0{before["version"]}"', f'"0", {newer}'):
        assert_problem(await write(tag), "precondition-failed", 412)
    assert await now(plain_site, path) == before

    assert (await write(tag_of(before))).status_code in (200, 201, 204)


@pytest.mark.parametrize("name", [*CONVERSATION_WRITES, *CONTACT_WRITES])
async def test_any_version_will_do_for_an_asterisk_and_any_of_a_list(plain_site, name):
    path, write = await to_write(plain_site, name)
    tag = (
        f'"0",W/"x", {tag_of(await now(plain_site, path))}'
        if name in ("mark_read", "opt_out", "take_back", "delete_contact")
        else "*"
    )
    assert (await write(tag)).status_code in (200, 201, 204)


@pytest.mark.parametrize("tag", ["", "7", '"', '"7', "'7'", '"7" "8"', "*, *", '*, "7"', '"7",', 'w/"7"', '"\x80"', '"7 8"'])
async def test_a_malformed_expectation_is_reported(plain_site, tag):
    made = await plain_site.group(1, 2)
    response = await rename(plain_site, made, "x", **if_match(tag.encode("latin-1")))
    assert locs(assert_problem(response, "invalid-request", 422)) == ["If-Match"]


async def test_missing_things_and_refusals_are_reported_before_the_version(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    wrong = if_match('"99"')
    stranger = await site.stranger()
    for tag in ('"99"', "*", "malformed"):
        assert_problem(await rename(stranger, made, "x", **if_match(tag)), "not-found", 404)
    await site.writes(1, "STOP")
    assert_problem(await site.post(messages_of(made), {"body": "x"}, **wrong), "conversation-blocked", 409)


async def test_if_match_fails_on_a_resource_without_a_version(plain_site):
    body = {"name": "Bob", "number": number(9)}
    assert_problem(await plain_site.post("/v1/contacts", body, **if_match('"1"')), "precondition-failed", 412)
    assert_problem(await plain_site.put("/v1/policy", {}, **if_match('"1"')), "precondition-failed", 412)
    assert (await now(plain_site, "/v1/contacts"))["items"] == []
    assert (await plain_site.post("/v1/contacts", body, **if_match("*"))).status_code == 201


async def test_one_of_many_requests_that_expect_the_same_version_wins(site):
    made = await site.group(1, 2)
    names = [f"name {n}" for n in range(40)]
    answers = await asyncio.gather(*(rename(site, made, name, **if_match(tag_of(made))) for name in names))

    assert Counter(each.status_code for each in answers) == {200: 1, 412: 39}
    (won,) = [each.json() for each in answers if each.status_code == 200]
    assert (await now(site, path_of(made)))["name"] == won["name"]
    assert won["version"] == made["version"] + 1


async def test_a_change_that_nobody_expected_is_seen_through_a_contact_too_R9(plain_site):
    site = plain_site
    contact = await site.contact(9)
    path = f"/v1/contacts/{contact['id']}"
    answers = [await site.request("PATCH", path, json={"name": name}, **if_match(tag_of(contact))) for name in ("x", "y")]
    assert [each.status_code for each in answers] == [200, 412]
    assert (await now(site, path))["name"] == "x"


async def test_a_repeat_with_a_key_gets_the_first_answer_although_its_version_is_gone(plain_site):
    site = plain_site
    made = await site.group(1, 2)
    headers = {"Idempotency-Key": "k1", "If-Match": tag_of(made)}
    first, again = [await site.post(messages_of(made), {"body": "x"}, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    headers["Idempotency-Key"] = "k2"
    assert_problem(await site.post(messages_of(made), {"body": "x"}, headers=headers), "precondition-failed", 412)


# --- without If-Match


async def test_a_write_that_lost_to_another_process_is_decided_again(idle_site):
    """No worker runs: one that lost to the other process would let this one know of it."""
    site = idle_site
    made = await site.group(1, 2)
    await site.send(made, "first")
    async with opened(site.store.database.url.render_as_string(hide_password=False)) as other:
        site.world.store = other
        await site.world.send(made["id"], "another process was faster")

    assert (await site.post(messages_of(made), {"body": "after it"})).status_code == 201
    bodies = [recorded.event.body for recorded in site.store.log.stream(made["id"]) if hasattr(recorded.event, "body")]
    assert bodies == ["first", "another process was faster", "after it"]


async def test_a_write_that_keeps_losing_is_a_conflict_and_stores_nothing(idle_site):
    site = idle_site
    made = await site.group(1, 2)
    async with another_process(site, tries=Tries(free=0, last_seconds=0.0)) as hurried:
        assert_problem(await hurried.post(messages_of(made), {"body": "lost"}), "version-conflict", 409)

    assert [recorded for recorded in site.store.log.stream(made["id"]) if hasattr(recorded.event, "body")] == []
    assert (await site.post(messages_of(made), {"body": "again"})).status_code == 201
