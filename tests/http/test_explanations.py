"""Explanations over HTTP: the verdict, the event that decided, and the grounds (R14 to R18, R22, R24, R25)."""

from urllib.parse import quote

from tests.http.site import Json, Site, assert_problem, locs, path_of
from tests.http.staff import Staff
from tests.support.builders import number

ONE, TWO = number(1), number(2)


async def explanation(site: Site, path: str, **params: object) -> Json:
    """Return an explanation, which must be there."""
    response = await site.get(f"{path}/explanation", **params)
    assert response.status_code == 200, response.text
    return response.json()


def grounds_of(found: Json) -> str:
    return "\n".join(each["says"] for each in found["grounds"])


async def test_a_message_is_explained_by_events_that_the_history_has_R16_R25(site):
    group = await site.group(1, 2)
    sent = await site.send(group)
    found = await explanation(site, f"/v1/messages/{sent['id']}")
    assert (found["kind"], found["id"], found["conversation_id"]) == ("message", sent["id"], group["id"])
    assert found["verdict"] in ("waiting", "sent")
    events = {each["version"]: each for each in (await site.get(path_of(group, "history"))).json()["items"]}
    named = [each["event"] for each in found["grounds"] if each["event"] and each["event"]["stream"] == group["id"]]
    assert {each["version"] for each in named} == {1, 2}
    assert all(each[name] == events[each["version"]][name] for each in named for name in ("type", "position", "at"))


async def test_a_block_is_explained_now_and_as_of_a_version_R15(idle_site):
    group = await idle_site.group(1, 2)
    await idle_site.send(group)
    await idle_site.writes(2, "STOP")
    now = await explanation(idle_site, path_of(group))
    before = await explanation(idle_site, path_of(group), version=2)
    assert (now["verdict"], now["decided_by"]["version"]) == ("blocked", 4)
    assert '("STOP") (R14)' in grounds_of(now)
    assert (before["verdict"], before["decided_by"]["version"]) == ("open", 1)
    unknown = await idle_site.get(f"{path_of(group)}/explanation", version=99)
    assert locs(assert_problem(unknown, "invalid-request", 422)) == ["query.version"]


async def test_a_participant_is_explained_alone_by_a_number_in_any_common_format_R15(idle_site):
    group = await idle_site.group(1, 2)
    await idle_site.writes(2, "STOP")
    out = await explanation(idle_site, path_of(group, "participants", TWO))
    stays = await explanation(idle_site, path_of(group, "participants", quote(f"({ONE[2:5]}) {ONE[5:8]}-{ONE[8:]}")))
    assert (out["kind"], out["id"], out["verdict"]) == ("participant", TWO, "blocked")
    assert (stays["id"], stays["verdict"]) == (ONE, "open")
    assert_problem(await idle_site.get(f"{path_of(group, 'participants', number(9))}/explanation"), "not-found", 404)
    assert_problem(await idle_site.get(f"{path_of(group, 'participants', 'nine')}/explanation"), "invalid-request", 422)


async def test_an_entry_is_explained_with_its_slashes_escaped_or_not_R24(idle_site):
    group = await idle_site.group(1, 2)
    sent = await idle_site.send(group)
    entry = f"{group['id']}/2/1"
    plain, escaped = [await explanation(idle_site, f"/v1/ledger/{each}") for each in (entry, quote(entry, safe=""))]
    assert plain == escaped
    assert (plain["kind"], plain["id"], plain["verdict"]) == ("entry", entry, "charged")
    assert sent["id"] in grounds_of(plain)


async def test_a_nonexistent_entry_is_not_found_in_any_notation_R24(idle_site):
    group = await idle_site.group(1, 2)
    await idle_site.send(group)
    id_ = group["id"]
    wrong = [f"{id_}/{rest}" for rest in ("2/3", "1/1", "9/1", "0/1", "²/1", "2")]
    for entry in (*wrong, "delivery-msg_1/1/1", "wsp_1/1/1", "nothing"):
        missing = await idle_site.get(f"/v1/ledger/{entry}/explanation")
        assert assert_problem(missing, "not-found", 404)["detail"] == "There is no such entry in the ledger.", entry


async def test_a_restricted_user_learns_no_other_users_name_from_an_explanation_R22(site):
    staff = Staff(site)
    agent = await staff.hire("agent", role="member", assigned_only=True)
    rate = {"effective_from": "2025-01-01", "mms_segment": "0.03", "currency": "USD"}
    assert (await site.post("/v1/rates", rate)).status_code == 201
    mine = [await site.contact(n, assigned_to=staff.ids["agent"]) for n in (1, 2)]
    group = await site.group(participants=[{"contact_id": each["id"]} for each in mine])
    sent = await site.send(group)
    owner = (await site.get("/v1/users/me")).json()
    shown = {name: await explanation(who, f"/v1/messages/{sent['id']}") for name, who in (("agent", agent), ("owner", site))}
    posted = {name: next(each["says"] for each in found["grounds"] if "R25" in each["says"]) for name, found in shown.items()}
    assert f"posted by {owner['name']} ({owner['id']})" in posted["owner"]
    assert f"posted by {owner['id']}" in posted["agent"]
