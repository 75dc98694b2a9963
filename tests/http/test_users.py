"""Users, roles and number access over HTTP (R20, R21, R23)."""

import httpx

from tests.http.site import Json, Site, assert_problem, locs, messages_of, path_of
from tests.http.staff import USERS, created_by, keys_of, staffed
from tests.support.builders import BUSINESS, canadian_number, number

# --- users and roles


async def test_a_user_is_added_with_a_key_that_is_shown_once_R20(site):
    response = await site.post(USERS, {"name": "Max", "email": "max@example.com", "role": "member"})
    assert response.status_code == 201
    added = response.json()
    max_ = site.with_key(added.pop("api_key"))
    assert response.headers["Location"] == f"{USERS}/{added['id']}"
    assert added == {
        "id": added["id"],
        "name": "Max",
        "email": "max@example.com",
        "role": "member",
        "assigned_only": False,
        "active": True,
        "external_id": None,
    }
    assert (await max_.get("/v1/users/me")).json() == added
    listed = (await site.get(USERS)).json()["items"]
    assert [each["email"] for each in listed] == ["ann@example.com", "max@example.com"]


BY_ID = USERS + "/by-external-id/"


async def test_a_user_is_added_once_and_changed_by_their_external_id_R54(plain_site):
    site = plain_site
    body = {"name": "Max", "email": "max@example.com", "assigned_only": True}
    added = (await site.put(BY_ID + "crm-1", body)).json()
    assert (added["external_id"], added["role"], added["assigned_only"]) == ("crm-1", "member", True)
    assert (await site.get(f"{USERS}/{added['id']}/keys")).json()["items"] == []
    assert (await site.put(BY_ID + "crm-1", body)).json() == added
    await site.patch(f"{USERS}/{added['id']}", {"role": "admin"})
    new = {"name": "Maxine", "email": "maxine@example.com"}
    changed = (await site.put(BY_ID + "crm-1", new)).json()
    assert {name: changed[name] for name in added} == added | new | {"role": "admin"}
    assert not (await site.put(BY_ID + "crm-1", {"name": "Maxine", "email": "maxine@example.com", "active": False})).json()[
        "active"
    ]
    found = (await site.get(USERS, external_id="crm-1")).json()["items"]
    assert [each["id"] for each in found] == [added["id"]]
    assert (await site.get(USERS, external_id="crm-2")).json()["items"] == []


async def test_two_users_never_have_the_same_external_id_or_address_R54(plain_site):
    site = plain_site
    first = (await site.put(BY_ID + "crm-1", {"name": "Max", "email": "max@example.com"})).json()
    for refused in (
        await site.put(BY_ID + "crm-2", {"name": "Max", "email": "MAX@example.com"}),
        await site.post(USERS, {"name": "Moe", "email": "moe@example.com", "role": "member", "external_id": "crm-1"}),
    ):
        assert assert_problem(refused, "user-exists", 409)["user_id"] == first["id"]
    assert (await site.patch(f"{USERS}/{first['id']}", {"external_id": None})).json()["external_id"] is None
    assert_problem(await site.put(BY_ID + "a%20b", {"name": "Max", "email": "max@example.com"}), "invalid-request", 422)


BAD_USERS = [
    ({"email": "a@example.com", "role": "member"}, "name"),
    ({"name": " ", "email": "a@example.com", "role": "member"}, "name"),
    ({"name": "Al\n", "email": "a@example.com", "role": "member"}, "name"),
    ({"name": "Al", "email": "nobody", "role": "member"}, "email"),
    ({"name": "Al", "email": "\u200b@example.com", "role": "member"}, "email"),
    ({"name": "Al", "email": "a@example.com\n", "role": "member"}, "email"),
    ({"name": "Al", "email": "a@example.com", "role": "pirate"}, "role"),
    ({"name": "Al", "email": "a@example.com", "role": "Not A Role"}, "role"),
    ({"name": "Al", "email": "a@example.com", "role": "member", "api_key": "mine"}, "api_key"),
]


async def test_a_user_who_does_not_fit_is_refused_with_the_place_R20(plain_site):
    await plain_site.post(USERS, {"name": "Max", "email": "max@example.com", "role": "member"})
    for body, loc in BAD_USERS:
        assert locs(assert_problem(await plain_site.post(USERS, body), "invalid-request", 422)) == [loc]
    assert len((await plain_site.get(USERS)).json()["items"]) == 2


async def test_a_second_user_of_one_mailbox_is_refused_with_the_first_one(plain_site):
    first = (await plain_site.post(USERS, {"name": "Max", "email": "max@b\u00fccher.de", "role": "member"})).json()
    for same in ("MAX@B\u00fccher.de", "max@xn--bcher-kva.de"):
        refused = await plain_site.post(USERS, {"name": "Al", "email": same, "role": "member"})
        assert assert_problem(refused, "user-exists", 409)["user_id"] == first["id"]


async def test_the_roles_are_listed_and_their_permissions_hold_at_once_R20(site):
    staff = await staffed(site)
    roles = {each["role"]: each["group_chat"] for each in (await site.get("/v1/roles")).json()["items"]}
    built_in = {"owner": True, "admin": True, "member": True, "auditor": False}
    assert roles == built_in | {"clerk": False, "dispatcher": True}
    for n, name in enumerate(("member", "clerk", "admin")):
        for allowed in (False, True):
            response = await site.put(f"/v1/roles/{name}", {"group_chat": allowed})
            assert response.json() == {"role": name, "group_chat": allowed}
            created = await created_by(staff[name], 10 * n)
            if allowed:
                assert created.status_code == 201
            else:
                assert_problem(created, "group-chat-not-permitted", 403)


async def test_a_user_who_may_not_create_groups_can_send_and_rename_R20_R21(site):
    clerk = (await staffed(site))["clerk"]
    made = await site.group(1, 2, 3)
    assert (await clerk.post(messages_of(made), {"body": "Hi"})).status_code == 201
    assert (await clerk.patch(path_of(made), {"name": "Crew"})).status_code == 200
    assert (await clerk.post(path_of(made, "participants", number(1), "opt-out"))).status_code == 200
    assert_problem(await clerk.post(path_of(made, "successor")), "group-chat-not-permitted", 403)


async def test_an_auditor_never_gets_the_permission_to_create_groups_R23(site):
    problem = assert_problem(await site.put("/v1/roles/auditor", {"group_chat": True}), "invalid-request", 422)
    assert locs(problem) == ["group_chat"]
    assert_problem(await site.put("/v1/roles/Big%20Boss", {"group_chat": True}), "invalid-request", 422)


async def test_a_users_role_is_changed_and_holds_at_once_R20_R23(site):
    staff = await staffed(site)
    one = f"{USERS}/{staff.ids['member']}"
    assert_problem(await staff["member"].put("/v1/policy", {"max_participants": 5}), "not-permitted", 403)
    assert (await site.patch(one, {"role": "admin"})).json()["role"] == "admin"
    assert (await staff["member"].put("/v1/policy", {"max_participants": 5})).status_code == 200
    assert (await site.patch(one, {"role": "auditor"})).json()["role"] == "auditor"
    assert_problem(await created_by(staff["member"], 1), "not-permitted", 403)
    assert locs(assert_problem(await site.patch(one, {"role": "pirate"}), "invalid-request", 422)) == ["role"]


async def test_the_last_owner_stays_owner_R23(site):
    staff = await staffed(site)
    me = f"{USERS}/{staff.ids['owner']}"
    assert locs(assert_problem(await site.patch(me, {"role": "admin"}), "invalid-request", 422)) == ["role"]
    assert (await site.patch(f"{USERS}/{staff.ids['admin']}", {"role": "owner"})).status_code == 200
    assert (await site.patch(me, {"role": "member"})).json()["role"] == "member"
    assert_problem(await site.patch(me, {"role": "owner"}), "not-permitted", 403)
    last = f"{USERS}/{staff.ids['admin']}"
    assert locs(assert_problem(await staff["admin"].patch(last, {"role": "member"}), "invalid-request", 422)) == ["role"]


async def test_an_admin_neither_makes_nor_changes_nor_becomes_an_owner_R23(site):
    staff = await staffed(site)
    admin, owner = staff["admin"], staff.ids["owner"]
    new = {"name": "Olaf", "email": "olaf@example.com", "role": "owner"}
    assert_problem(await admin.post(USERS, new), "not-permitted", 403)
    for user in ("member", "admin", "owner"):
        assert_problem(await admin.patch(f"{USERS}/{staff.ids[user]}", {"role": "owner"}), "not-permitted", 403)
    assert_problem(await admin.patch(f"{USERS}/{owner}", {"assigned_only": True}), "not-permitted", 403)


async def test_an_admin_gets_no_owners_key_and_takes_none_away_R23(site):
    staff = await staffed(site)
    admin, owner = staff["admin"], staff.ids["owner"]
    (key,) = (await site.get(keys_of(owner))).json()["items"]
    for method, path in (("POST", keys_of(owner)), ("GET", keys_of(owner)), ("DELETE", keys_of(owner, key["id"]))):
        assert_problem(await admin.request(method, path), "not-permitted", 403)
    assert (await admin.post(keys_of(staff.ids["member"]))).status_code == 201
    assert (await site.get("/v1/users/me")).status_code == 200


async def test_a_user_who_is_deactivated_is_locked_out_at_once_and_their_work_stays_R23(site):
    ben = await site.member()
    made = (await created_by(ben, 1)).json()
    one = f"{USERS}/usr_ben"
    left = (await site.patch(one, {"active": False})).json()
    assert (left["active"], left["ended_keys"]) == (False, ["key_ben"])
    assert_problem(await ben.get("/v1/users/me"), "unauthenticated", 401)
    assert (await site.get(path_of(made))).json()["created_by"] == "usr_ben"
    assert_problem(await site.post(keys_of("usr_ben")), "user-deactivated", 409)
    refused = await site.post("/v1/contacts", {"name": "Al", "number": number(5), "assigned_to": "usr_ben"})
    assert locs(assert_problem(refused, "invalid-request", 422)) == ["assigned_to"]
    assert (await site.patch(one, {"active": True})).json()["active"]
    key = (await site.post(keys_of("usr_ben"), {"label": "Laptop"})).json()
    assert (await site.with_key(key["api_key"]).get("/v1/users/me")).json()["id"] == "usr_ben"
    assert [each["label"] for each in (await site.get(keys_of("usr_ben"))).json()["items"]] == ["Laptop"]


async def test_a_user_gets_another_name_and_address_but_nobody_elses(site):
    await site.member()
    one = f"{USERS}/usr_ben"
    changed = (await site.patch(one, {"name": "Benno", "email": "benno@example.com"})).json()
    assert (changed["name"], changed["email"]) == ("Benno", "benno@example.com")
    assert_problem(await site.patch(one, {"email": "ANN@example.com"}), "user-exists", 409)
    me = (await site.get("/v1/users/me")).json()["id"]
    assert locs(assert_problem(await site.patch(f"{USERS}/{me}", {"active": False}), "invalid-request", 422)) == ["active"]


# --- numbers: R21

OTHER = canadian_number(1)


async def attempts(caller: Site, owner: Site, first: int) -> list[httpx.Response]:
    """Let somebody do all that needs access to the number of a group."""
    open_, blocked = await owner.group(first, first + 1), await owner.group(first + 2, first + 3, first + 4)
    await owner.post(path_of(blocked, "participants", number(first + 2), "opt-out"))
    return [
        await caller.post(messages_of(open_), {"body": "Hi"}),
        await caller.patch(path_of(open_), {"name": "Crew"}),
        await caller.post(path_of(blocked, "successor")),
        await created_by(caller, first + 6),
        await caller.post(path_of(open_, "participants", number(first), "opt-out")),
    ]


ASSIGNMENTS: list[tuple[str, Json, bool]] = [
    ("nobody's", {"assigned_to": None}, True),
    ("anothers", {"assigned_to": "admin"}, False),
    ("anothers and the default", {"assigned_to": "admin", "default": True}, True),
    ("their own", {"assigned_to": "member", "default": False}, True),
]


async def test_members_use_the_default_their_own_and_unassigned_numbers_for_everything_R21(site):
    staff = await staffed(site)
    await site.post("/v1/numbers", {"number": OTHER, "assigned_to": staff.ids["admin"]})
    for n, (whose, change, allowed) in enumerate(ASSIGNMENTS):
        assignee = change["assigned_to"]
        given = change | {"assigned_to": staff.ids[assignee] if assignee else None}
        assert (await site.patch(f"/v1/numbers/{BUSINESS}", given)).status_code == 200
        for response in await attempts(staff["member"], site, 100 * n + 1):
            if allowed:
                assert response.status_code in (200, 201), (whose, response.text)
            else:
                assert assert_problem(response, "number-access-denied", 403)["number"] == BUSINESS
        listed = [each["number"] for each in (await staff["member"].get("/v1/numbers")).json()["items"]]
        assert listed == ([BUSINESS] if allowed else []), whose


async def test_owners_admins_and_auditors_see_all_numbers_and_the_first_two_use_them_R21_R23(site):
    staff = await staffed(site)
    await site.patch(f"/v1/numbers/{BUSINESS}", {"assigned_to": staff.ids["member"]})
    for n, name in enumerate(("owner", "admin", "auditor")):
        listed = (await staff[name].get("/v1/numbers")).json()["items"]
        assert [each["number"] for each in listed] == [BUSINESS], name
        for response in await attempts(staff[name], site, 100 * n + 1):
            if name == "auditor":
                assert_problem(response, "not-permitted", 403)
            else:
                assert response.status_code in (200, 201), (name, response.text)


async def test_a_group_of_a_number_that_one_has_no_access_to_is_still_read_R21(site):
    staff = await staffed(site)
    made = await site.group(1, 2)
    await site.patch(f"/v1/numbers/{BUSINESS}", {"assigned_to": staff.ids["admin"]})
    assert (await staff["member"].get(messages_of(made))).status_code == 200
