"""Contacts over HTTP, and what their changes set off in conversations before they are answered."""

import asyncio

from tests.http.site import assert_problem, locs, messages_of, path_of
from tests.support.builders import BUSINESS, number


def path(contact):
    return f"/v1/contacts/{contact['id']}"


async def test_a_contact_is_added_with_numbers_in_any_form_and_of_any_country_R3_R4(site):
    body = {"name": "Ann", "number": "(415) 555-0001", "secondary_numbers": ["+44 20 7946 0018"]}
    response = await site.post("/v1/contacts", body)
    assert response.status_code == 201
    made = response.json()
    assert response.headers["Location"] == path(made)
    assert made == {
        "id": made["id"],
        "name": "Ann",
        "number": number(1),
        "secondary_numbers": ["+442079460018"],
        "assigned_to": None,
        "dnd": False,
        "deleted": False,
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "external_id": None,
        "metadata": {},
        "same_number_as": [],
    }
    assert (await site.get(path(made))).json() == made
    del made["same_number_as"]
    assert (await site.get("/v1/contacts")).json() == {"items": [made], "next_cursor": None, "prev_cursor": None}


BAD_CONTACTS = [
    ({"number": "+14155550001"}, "name"),
    ({"name": "Ann"}, "number"),
    ({"name": "", "number": "+14155550001"}, "name"),
    ({"name": " ", "number": "+14155550001"}, "name"),
    ({"name": "\u200b\u2060", "number": "+14155550001"}, "name"),
    ({"name": "Ann\r\nBob: hi", "number": "+14155550001"}, "name"),
    ({"name": "Ann\x1b[2J", "number": "+14155550001"}, "name"),
    ({"name": "Ann", "number": "nonsense"}, "number"),
    ({"name": "Ann", "number": "+14155550001", "secondary_numbers": ["nonsense"]}, "secondary_numbers.0"),
    ({"name": "Ann", "number": "+14155550001", "secondary_numbers": ["4155550001"]}, "secondary_numbers.0"),
    ({"name": "Ann", "number": "+14155550001", "assigned_to": "usr_nobody"}, "assigned_to"),
    ({"name": "Ann", "number": "+14155550001", "dnd": True}, "dnd"),
]


async def test_a_contact_that_does_not_fit_is_refused_with_its_place(plain_site):
    for body, loc in BAD_CONTACTS:
        assert locs(assert_problem(await plain_site.post("/v1/contacts", body), "invalid-request", 422)) == [loc]


async def test_the_directory_is_ordered_by_name_searched_and_read_in_pages(site):
    for n, name in enumerate(("Zoë", "ann", "Bob", "Ángel")):
        await site.contact(n, name)
    page = (await site.get("/v1/contacts", limit=3)).json()
    rest = (await site.get("/v1/contacts", limit=3, cursor=page["next_cursor"])).json()
    assert [each["name"] for each in (*page["items"], *rest["items"])] == ["Ángel", "ann", "Bob", "Zoë"]
    assert rest["next_cursor"] is None
    for q, found in (("ZOË", ["Zoë"]), ("(415) 555-0002", ["Bob"]), ("nobody", [])):
        assert [each["name"] for each in (await site.get("/v1/contacts", q=q)).json()["items"]] == found


async def test_a_change_leaves_other_fields_alone_and_null_unassigns(site):
    made = await site.contact(1, "Ann", secondary_numbers=[number(2)], assigned_to=site.world.who.user.id)
    changed = (await site.patch(path(made), {"name": "Anna"})).json()
    assert changed == made | {"name": "Anna", "version": 2, "updated_at": changed["updated_at"]}
    assert (await site.patch(path(made), {"assigned_to": None})).json()["assigned_to"] is None
    assert_problem(await site.patch(path(made), {"name": None}), "invalid-request", 422)


async def test_a_new_name_is_in_every_conversation_when_it_is_answered_R11(site):
    ann = await site.contact(1, "Ann")
    made = await site.group(1, 2)
    response = await site.patch(path(ann), {"name": "Anna"})
    assert response.status_code == 200
    assert int(response.headers["Groupchat-Position"]) == await asyncio.to_thread(site.store.log.head)
    assert (await site.get(path_of(made))).json()["display_name"] == f"Anna, {number(2)}"


async def test_dnd_blocks_every_conversation_at_once_R14_R15_R16(site):
    ann = await site.contact(1, "Ann", secondary_numbers=[number(2)])
    first, second = await site.group(1, 3), await site.group(2, 4)
    assert (await site.patch(path(ann), {"dnd": True})).json()["dnd"] is True
    for made, out in ((first, number(1)), (second, number(2))):
        problem = assert_problem(await site.post(messages_of(made), {"body": "x"}), "conversation-blocked", 409)
        assert problem["opted_out"] == [out]
    body = {"from": BUSINESS, "participants": [{"contact_id": ann["id"]}, {"number": number(5)}]}
    problem = assert_problem(await site.post("/v1/conversations", body), "invalid-group", 422)
    assert [each["code"] for each in problem["violations"]] == ["contact-dnd"]


async def test_a_deleted_contact_is_gone_but_not_from_its_conversations_R8_R9(site):
    ann = await site.contact(1, "Ann")
    made = await site.group(1, 2)
    response = await site.delete(path(ann))
    assert (response.status_code, response.content) == (204, b"")
    assert int(response.headers["Groupchat-Position"]) == await asyncio.to_thread(site.store.log.head)
    shown = (await site.get(path_of(made, "participants"))).json()["participants"]
    assert [each["tags"] for each in shown] == [["deleted"], []]
    assert (await site.get("/v1/contacts")).json()["items"] == []
    for response in (await site.get(path(ann)), await site.patch(path(ann), {"name": "x"}), await site.delete(path(ann))):
        assert_problem(response, "not-found", 404)


async def test_an_unknown_contact_is_404_before_anything_else_is_judged(site):
    mine = await site.contact(1, "Ann")
    stranger = await site.stranger()
    for caller, id_ in ((site, "ctc_unknown"), (stranger, mine["id"])):
        for method, given in (("GET", {}), ("PATCH", {"json": {"nonsense": 1}}), ("DELETE", {})):
            assert_problem(await caller.request(method, f"/v1/contacts/{id_}", **given), "not-found", 404)
    assert (await stranger.get("/v1/contacts")).json()["items"] == []


async def test_a_change_that_has_not_reached_its_conversations_is_503_and_repeating_it_is_safe(idle_site):
    made = await idle_site.contact(1, "Ann")
    for _ in range(2):
        response = await idle_site.patch(path(made), {"name": "Anna"})
        assert_problem(response, "unavailable", 503)
        assert response.headers["Retry-After"] == "1"
    assert (await idle_site.patch(path(made), {"dnd": True})).status_code == 200
