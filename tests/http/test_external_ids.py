"""Contacts of another system: external ids, upsert, metadata and exact filters (R54)."""

from typing import Any

from tests.http.site import Site, assert_problem, locs, path_of
from tests.http.staff import staffed
from tests.support.builders import number

CONTACTS = "/v1/contacts"


def by_id(external_id: str) -> str:
    return f"{CONTACTS}/by-external-id/{external_id}"


async def found(site: Site, **filters: Any) -> list[str]:
    return [each["name"] for each in (await site.get(CONTACTS, **filters)).json()["items"]]


async def test_a_contact_is_added_once_and_changed_by_its_external_id_R54(site):
    body = {"name": "Ann", "number": number(1), "metadata": {"segment": "vip"}}
    added = (await site.put(by_id("crm-1"), body)).json()
    assert (added["external_id"], added["metadata"]) == ("crm-1", {"segment": "vip"})
    assert (await site.put(by_id("crm-1"), body)).json() == added
    changed = (await site.put(by_id("crm-1"), {"name": "Anna", "number": number(2), "dnd": True})).json()
    assert changed["id"] == added["id"]
    assert (changed["name"], changed["number"], changed["dnd"]) == ("Anna", number(2), True)
    assert changed["metadata"] == {"segment": "vip"}
    assert await found(site) == ["Anna"]


async def test_two_contacts_never_have_the_same_external_id_R54(site):
    first = await site.contact(1, "Ann", external_id="crm-1")
    refused = await site.post(CONTACTS, {"name": "Bo", "number": number(2), "external_id": "crm-1"})
    assert assert_problem(refused, "external-id-taken", 409)["contact_id"] == first["id"]
    second = await site.contact(2, "Bo")
    refused = await site.patch(f"{CONTACTS}/{second['id']}", {"external_id": "crm-1"})
    assert assert_problem(refused, "external-id-taken", 409)["contact_id"] == first["id"]
    assert (await site.delete(f"{CONTACTS}/{first['id']}")).status_code == 204
    assert (await site.patch(f"{CONTACTS}/{second['id']}", {"external_id": "crm-1"})).json()["external_id"] == "crm-1"
    assert (await site.patch(f"{CONTACTS}/{second['id']}", {"external_id": None})).json()["external_id"] is None


async def test_a_hidden_contacts_external_id_is_refused_as_taken_and_nothing_of_the_contact_is_shown_R22_R54(site):
    agent = (await staffed(site))["agent"]
    hidden = await site.contact(1, "Ann", external_id="crm-1")
    for refused in (
        await agent.put(by_id("crm-1"), {"name": "Bo", "number": number(2)}),
        await agent.post(CONTACTS, {"name": "Bo", "number": number(2), "external_id": "crm-1"}),
    ):
        assert assert_problem(refused, "external-id-taken", 409)["contact_id"] is None
        assert hidden["id"] not in refused.text
    assert await found(agent, external_id="crm-1") == []


async def test_contacts_are_found_exactly_by_number_external_id_assignee_dnd_and_change_R54(site):
    me = site.world.who.user.id
    await site.contact(1, "Ann", external_id="crm-1", assigned_to=me)
    bo = await site.contact(2, "Bo", secondary_numbers=[number(1)])
    assert await found(site, number=number(1)) == ["Ann", "Bo"]
    assert await found(site, number=number(3)) == []
    assert await found(site, external_id="crm-1") == ["Ann"]
    assert await found(site, external_id="crm-1", number=number(2)) == []
    assert await found(site, assigned_to=me) == ["Ann"]
    dnd = (await site.patch(f"{CONTACTS}/{bo['id']}", {"dnd": True})).json()
    assert await found(site, dnd=True) == ["Bo"]
    assert await found(site, dnd=False, number=number(1)) == ["Ann"]
    assert await found(site, changed_since=dnd["updated_at"]) == ["Bo"]


async def test_a_malformed_external_id_or_metadata_is_refused_R54(plain_site):
    site = plain_site
    for body, loc in (
        ({"external_id": "a b"}, "external_id"),
        ({"external_id": "a/b"}, "external_id"),
        ({"external_id": ""}, "external_id"),
        ({"metadata": {"k": 1}}, "metadata"),
        ({"metadata": {"k": "x" * 501}}, "metadata"),
    ):
        refused = await site.post(CONTACTS, {"name": "Ann", "number": number(1)} | body)
        assert locs(assert_problem(refused, "invalid-request", 422))[0].startswith(loc)
    assert_problem(await site.put(by_id("a%20b"), {"name": "Ann", "number": number(1)}), "invalid-request", 422)


async def test_a_conversation_carries_metadata_from_its_creation_on_R54(site):
    made = await site.group(metadata={"deal": "1", "stage": "new"})
    assert made["metadata"] == {"deal": "1", "stage": "new"}
    changed = await site.patch(path_of(made), {"metadata": {"stage": None, "owner": "Eve"}})
    assert (changed.json()["metadata"], changed.json()["name"]) == ({"deal": "1", "owner": "Eve"}, None)
    assert (await site.get("/v1/conversations")).json()["items"][0]["metadata"] == {"deal": "1", "owner": "Eve"}
    history = (await site.get(path_of(made, "history"))).json()["items"]
    assert history[-1]["type"] == "groupchat.conversation.metadata_changed"
