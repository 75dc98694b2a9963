"""Importing and exporting contacts as CSV (R22, R36, R54)."""

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import httpx

from groupchat.http.routes.contact_sheets import AT_ONCE
from groupchat.http.web.request import Receive, Scope, Send
from tests.http.site import Json, Site, assert_problem, locs, path_of
from tests.http.staff import staffed
from tests.support.builders import number

IMPORT, EXPORT = "/v1/contacts/import", "/v1/contacts/export"


async def imported(site: Site, *lines: str, **given: Any) -> list[Json]:
    """Import a sheet, and return what became of each line; the last one is the summary."""
    content = "\n".join(lines).encode()
    response = await site.request("POST", IMPORT, content=content, headers={"Content-Type": "text/csv"}, **given)
    assert response.status_code == 200, response.text
    results = [json.loads(line) for line in response.text.splitlines()]
    site.position = max(site.position, results[-1]["position"])
    return results


def outcomes(results: list[Json]) -> list[str]:
    return [each["outcome"] for each in results[:-1]]


SHEET = ("external_id,name,number", f"crm-1,Ann,{number(1)}", f"crm-2,Bo,{number(2)}", "crm-3,Cid,nonsense")


async def test_a_line_names_other_contacts_with_its_number_R54(site):
    first, second, _ = await imported(site, SHEET[0], SHEET[1], f"crm-2,Bo,{number(1)}")
    assert (first["same_number_as"], second["same_number_as"]) == ([], [first["contact_id"]])


async def test_each_line_of_an_import_has_an_outcome_and_a_repeat_changes_nothing_R54(site):
    first = await imported(site, *SHEET)
    assert outcomes(first) == ["created", "created", "refused"]
    assert (first[2]["line"], first[2]["contact_id"]) == (4, None)
    assert "number" in first[2]["problem"]
    assert {name: first[-1][name] for name in ("created", "refused", "done")} == {"created": 2, "refused": 1, "done": True}
    assert outcomes(await imported(site, *SHEET)) == ["unchanged", "unchanged", "refused"]
    changed = await imported(site, SHEET[0], f"crm-1,Anna,{number(3)}", SHEET[2])
    assert outcomes(changed) == ["updated", "unchanged"]
    listed = (await site.get("/v1/contacts")).json()["items"]
    assert [(each["id"], each["name"], each["number"]) for each in listed] == [
        (first[0]["contact_id"], "Anna", number(3)),
        (first[1]["contact_id"], "Bo", number(2)),
    ]


async def test_an_import_that_broke_off_goes_on_after_the_last_line_that_was_answered_R54(site):
    for cut in range(1, len(SHEET)):
        answered = await imported(site, *SHEET[: cut + 1])
        rest = await imported(site, *SHEET, params={"after_line": answered[-2]["line"]})
        assert [each["line"] for each in rest[:-1]] == list(range(cut + 2, len(SHEET) + 1))
    again = await imported(site, *SHEET)
    assert outcomes(again) == ["unchanged", "unchanged", "refused"]
    assert_problem(
        await site.request("POST", IMPORT, content=b"x", headers={"Content-Type": "text/csv"}, params={"after_line": -1}),
        "invalid-request",
        422,
    )


async def test_an_import_whose_caller_is_gone_stops_R54(plain_site):
    count, begun = 5 * AT_ONCE, asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        is_read = False

        async def received() -> MutableMapping[str, Any]:
            nonlocal is_read
            if is_read:
                await begun.wait()
                return {"type": "http.disconnect"}
            message = await receive()
            is_read = not message.get("more_body", False)
            return message

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message.get("body"):
                begun.set()
            await send(message)

        await plain_site.client._transport.app(scope, received, sent)

    sheet = "\n".join(["external_id,name,number", *(f"crm-{n},Ann,{number(n)}" for n in range(count))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://groupchat.test") as client:
        headers = {"Content-Type": "text/csv", "Authorization": f"Bearer {plain_site.key}"}
        response = await client.post(IMPORT, content=sheet.encode(), headers=headers)
    results = [json.loads(line) for line in response.text.splitlines()]
    assert AT_ONCE <= len(results) < count
    assert all(each["outcome"] == "created" for each in results)
    rest = await imported(plain_site, *sheet.splitlines(), params={"after_line": results[-1]["line"]})
    assert len(results) + len(outcomes(rest)) == count


async def test_without_an_external_id_a_line_is_the_oldest_contact_with_its_number_R54(site):
    oldest = await site.contact(1, "Ann")
    await site.contact(1, "Twin")
    results = await imported(site, "name,phone", f"Anna,{number(1)}", f"Bo,{number(2)}", f"Bob,{number(2)}")
    assert outcomes(results) == ["updated", "created", "updated"]
    assert results[0]["contact_id"] == oldest["id"]
    assert [each["name"] for each in (await site.get("/v1/contacts")).json()["items"]] == ["Anna", "Bob", "Twin"]


async def test_do_not_disturb_in_a_sheet_blocks_the_persons_groups_R36_R54(site):
    made = await site.group(1, 2)
    await imported(site, "name,number,dnd", f"Ann,{number(1)},yes")
    assert (await site.get(path_of(made))).json()["blocked_by"] == [number(1)]


async def test_a_file_that_is_not_a_sheet_is_refused_and_an_auditor_imports_nothing_R23_R54(site):
    refused = await site.request("POST", IMPORT, content=b"colour\nred", headers={"Content-Type": "text/csv"})
    assert locs(assert_problem(refused, "invalid-request", 422)) == ["body"]
    auditor = (await staffed(site))["auditor"]
    refused = await auditor.request("POST", IMPORT, content="\n".join(SHEET).encode(), headers={"Content-Type": "text/csv"})
    assert_problem(refused, "not-permitted", 403)


async def test_an_export_has_the_contacts_that_the_caller_sees_and_can_be_imported_again_R22_R54(site):
    staff = await staffed(site)
    await site.contact(1, "=Ann", external_id="crm-1", metadata={"tier": "gold"}, secondary_numbers=[number(11)])
    await site.contact(2, "Bo", assigned_to=staff.ids["agent"])
    response = await site.get(EXPORT)
    assert response.headers["Content-Disposition"] == 'attachment; filename="contacts.csv"'
    assert outcomes(await imported(site, *response.text.splitlines())) == ["unchanged", "unchanged"]
    lines = (await staff["agent"].get(EXPORT)).text.splitlines()
    assert len(lines) == 2
    assert ",Bo,tel:" in lines[1]
