"""Contacts in the console: changing, assigning and deleting them, and what another user changes meanwhile."""

import re

import httpx
import pytest
from playwright.async_api import expect

from tests.console.numbers import as_shown, fresh_number
from tests.console.person import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def a_contact(api: httpx.AsyncClient, name: str, number: str) -> str:
    """Add a contact; return its path."""
    made = await api.post("/v1/contacts", json={"name": name, "number": number})
    assert made.status_code == 201, made.text
    return f"/v1/contacts/{made.json()['id']}"


async def test_a_contact_is_created_assigned_changed_and_deleted_R22_R36_R54(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    page, contacts = owner.page, owner.page.get_by_label("Contacts", exact=True)
    await owner.press("Contacts")
    await owner.press("New contact")
    await page.get_by_label("Name").fill("Vera Lund")
    field = page.get_by_label("Number", exact=True)
    await field.fill("12")
    await owner.press("Save")
    await expect(field).to_have_accessible_description(re.compile("number"))
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill(number)
    await page.get_by_role("main").get_by_label("Assigned to").select_option("Rosa Diaz")
    await owner.press("Save")
    await expect(page.get_by_role("heading", name="Vera Lund", level=1)).to_be_visible()
    await contacts.get_by_label("Assigned to").select_option("Rosa Diaz")
    await expect(contacts.get_by_role("link", name="Vera Lund")).to_be_visible()
    await contacts.get_by_label("Assigned to").select_option("Adam Reyes")
    await expect(page.get_by_text("No contact matches.")).to_be_visible()

    await owner.press("Turn on do-not-disturb")
    assert await owner.violations() == []
    await page.get_by_role("dialog").get_by_role("button", name="Turn on do-not-disturb").click()
    await expect(page.get_by_role("button", name="Turn off do-not-disturb")).to_be_visible()
    await owner.press("Delete")
    await page.get_by_role("dialog").get_by_role("button", name="Delete the contact").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    found = (await api.get("/v1/do-not-disturb", params={"number": number})).json()["items"]
    assert [each["left_behind"] for each in found] == [True]

    await owner.press("Settings")
    await owner.press("Do not disturb")
    await page.get_by_role("button", name=f"Lift for {as_shown(number)}").click()
    await page.get_by_role("dialog").get_by_label("Why it is lifted").fill("Vera asked for it")
    assert await owner.violations() == []
    await page.get_by_role("dialog").get_by_role("button", name="Lift").click()
    await expect(page.get_by_role("button", name=f"Lift for {as_shown(number)}")).to_have_count(0)


async def test_what_somebody_types_stays_while_another_user_changes_the_contact(owner: Person, api: httpx.AsyncClient):
    number, other = fresh_number(), fresh_number()
    path = await a_contact(api, "Paul Aster", number)
    await owner.press("Contacts")
    await owner.page.get_by_label("Contacts", exact=True).get_by_role("link", name="Paul Aster").click()
    name, others = owner.page.get_by_label("Name"), owner.page.get_by_label("Secondary numbers")
    await name.fill("Paul A.")
    assert (await api.patch(path, json={"secondary_numbers": [other]})).status_code == 200
    await expect(others).to_have_value(other)
    await expect(name).to_have_value("Paul A.")

    await owner.press("Save")
    await expect(owner.page.get_by_text("Somebody changed this meanwhile. Check it, and save again.")).to_be_visible()
    await expect(name).to_have_value("Paul A.")
    await owner.press("Save")
    await expect(owner.page.get_by_role("heading", name="Paul A.", level=1)).to_be_visible()

    contact = (await api.get(path)).json()
    assert (contact["name"], contact["secondary_numbers"]) == ("Paul A.", [other])


async def test_an_address_of_a_contact_that_does_not_exist_leads_back_to_the_contacts(owner: Person):
    page = owner.page
    await owner.press("Contacts")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.evaluate("location.hash = '/contacts/con_00000000000000000000000000000000'")
    await expect(page.get_by_text("There is no such contact.")).to_be_visible()
    assert await owner.violations() == []
    await page.get_by_role("link", name="Back to the contacts").click()
    await expect(page.get_by_role("heading", name="Contacts", exact=True)).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 800})
