"""The settings in the console: who may change what, and what happens if it is refused, pressed twice, or its response is lost."""

import re

import httpx
import pytest
from playwright.async_api import Browser, Locator, Route, expect

from tests.console.conftest import visiting
from tests.console.person import Demo, Person
from tests.console.receiver import receiver

pytestmark = pytest.mark.asyncio(loop_scope="session")
FORBIDDEN = re.compile("^(Add|Change|Deactivate|Give up|Issue|Lift|Post|Remove|Replay|Revoke|Save|Send a test|Switch|Use)")
PARTS = {
    "Users and keys": "Users",
    "Roles": "Roles",
    "Business numbers": "Business numbers",
    "Carriers": "Carriers",
    "Policy": None,
    "Automatic replies": None,
    "Rates": None,
    "Do not disturb": None,
    "Webhooks": None,
    "Proof of history": None,
    "Refusals": None,
}
"""The parts of the settings, with the list that each shows in the demo workspace."""
AUDITED = {"Carriers", "Webhooks", "Proof of history", "Refusals"}
"""The parts for those who manage or audit."""


async def settings(person: Person, part: str) -> None:
    """Open a part of the settings."""
    await person.page.get_by_role("link", name="Settings").click()
    await person.page.get_by_role("navigation", name="Settings").get_by_role("link", name=part).click()
    await expect(person.page.get_by_role("heading", name=part, level=1)).to_be_visible()


def row(person: Person, of: str, name: str) -> Locator:
    """A row of a list of the settings."""
    return person.page.get_by_role("list", name=of, exact=True).get_by_role("listitem").filter(has_text=name)


def dialog(person: Person) -> Locator:
    """The open dialog."""
    return person.page.get_by_role("dialog")


async def signed_in(person: Person, user: str, api: httpx.AsyncClient) -> None:
    """Sign in as a user of the demo workspace."""
    found = next(each["id"] for each in (await api.get("/v1/users")).json()["items"] if each["name"] == user)
    key = (await api.post(f"/v1/users/{found}/keys")).json()["api_key"]
    await person.page.goto(f"{person.demo.url}/#sign-in={key}")


async def test_a_user_is_added_changed_deactivated_and_let_in_again_R20_R22_R23(owner: Person):
    await settings(owner, "Users and keys")
    await owner.press("Add a user")
    await dialog(owner).get_by_label("Name").fill("Nora Vance")
    await dialog(owner).get_by_label("E-mail").fill("adam@example.com")
    await dialog(owner).get_by_role("button", name="Add").click()
    taken = dialog(owner).get_by_label("E-mail")
    await expect(taken).to_be_focused()
    await expect(taken).to_have_accessible_description(re.compile("adam@example.com"))
    assert await owner.violations() == []
    await taken.fill("nora@example.com")
    await dialog(owner).get_by_role("button", name="Add").click()
    await expect(dialog(owner).get_by_text(re.compile("^gck_"))).to_be_visible()
    assert await owner.violations() == []
    await dialog(owner).get_by_role("button", name="Close").last.click()

    nora = row(owner, "Users", "Nora Vance")
    await nora.get_by_role("button", name="Change Nora Vance").click()
    await dialog(owner).get_by_label("Role").select_option("trainee")
    await dialog(owner).get_by_label("Assigned data only").check()
    await dialog(owner).get_by_label("External id").fill("crm-17")
    await dialog(owner).get_by_role("button", name="Save").click()
    for shown in ("trainee", "assigned data only", "crm-17"):
        await expect(nora.get_by_text(re.compile(shown))).to_be_visible()

    await nora.get_by_role("button", name="Deactivate Nora Vance").click()
    await dialog(owner).get_by_role("button", name="Deactivate").click()
    await expect(nora.get_by_text("deactivated")).to_be_visible()
    await expect(nora.get_by_role("button", name="Keys of Nora Vance")).to_have_count(0)
    await nora.get_by_role("button", name="Reactivate Nora Vance").click()
    await expect(nora.get_by_role("button", name="Keys of Nora Vance")).to_be_visible()


async def test_a_key_that_is_asked_for_twice_is_issued_once_and_a_lost_response_is_explained(owner: Person, api: httpx.AsyncClient):
    max_stone = next(each["id"] for each in (await api.get("/v1/users")).json()["items"] if each["name"] == "Max Stone")
    before = len((await api.get(f"/v1/users/{max_stone}/keys")).json()["items"])
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost == 0:
            lost += 1
            await route.fetch()  # the server does it
            await route.abort()  # the browser never learns
        else:
            await route.continue_()

    await settings(owner, "Users and keys")
    await owner.page.get_by_role("button", name="Keys of Max Stone").click()
    await dialog(owner).get_by_label("What it is for").fill("CRM")
    await dialog(owner).get_by_role("button", name="Issue a key").dblclick()
    await expect(dialog(owner).get_by_text(re.compile("^gck_"))).to_be_visible()
    await dialog(owner).get_by_role("button", name="Close").last.click()
    await expect(dialog(owner).get_by_text("CRM")).to_have_count(1)

    await owner.page.route("**/keys", lose)
    await dialog(owner).get_by_role("button", name="Issue a key").click()
    await expect(dialog(owner).get_by_text("The server can't be reached.")).to_be_visible()
    await dialog(owner).get_by_role("button", name="Issue a key").click()
    await expect(dialog(owner).get_by_text("The response that showed it was lost")).to_be_visible()
    await dialog(owner).get_by_role("button", name="Close").last.click()

    assert len((await api.get(f"/v1/users/{max_stone}/keys")).json()["items"]) == before + 2
    await dialog(owner).get_by_role("button", name="Revoke CRM").click()
    await expect(dialog(owner).get_by_text("CRM")).to_have_count(0)


async def test_a_dialog_keeps_the_focus_ends_with_escape_and_gives_the_focus_back(owner: Person):
    await settings(owner, "Users and keys")
    opener = owner.page.get_by_role("button", name="Add a user")
    await opener.press("Enter")
    await expect(dialog(owner)).to_have_accessible_name("Add a user")
    await expect(dialog(owner).get_by_label("Name")).to_be_focused()
    behind = "document.activeElement !== document.body && !document.activeElement.closest('dialog')"
    for _ in range(9):
        await owner.page.keyboard.press("Tab")
        assert not await owner.page.evaluate(behind)

    await owner.page.keyboard.press("Escape")

    await expect(dialog(owner)).to_have_count(0)
    await expect(opener).to_be_focused()


async def test_a_role_is_added_and_given_the_right_to_create_groups_R20(owner: Person, api: httpx.AsyncClient):
    await settings(owner, "Roles")
    await owner.press("Add a role")
    await dialog(owner).get_by_label("Name").fill("front-desk")
    await dialog(owner).get_by_label("Creates groups").uncheck()
    await dialog(owner).get_by_role("button", name="Add").click()
    box = row(owner, "Roles", "front-desk").get_by_role("checkbox")
    await expect(box).not_to_be_checked()
    await box.click()
    await expect(box).to_be_checked()

    roles = {each["role"]: each["group_chat"] for each in (await api.get("/v1/roles")).json()["items"]}
    assert roles["front-desk"]


async def test_a_number_is_added_changed_and_given_up_R21_R43_R56(owner: Person):
    await settings(owner, "Business numbers")
    await owner.press("Add a number")
    field = dialog(owner).get_by_label("Number", exact=True)
    await field.fill("(800) 555-0199")
    await dialog(owner).get_by_label("Label").fill("Night desk")
    await dialog(owner).get_by_role("button", name="Add").click()
    await expect(field).to_have_accessible_description(re.compile("toll-free"))
    await field.fill("(415) 555-0155")
    await dialog(owner).get_by_role("button", name="Add").click()

    number = row(owner, "Business numbers", "(415) 555-0155")
    await number.get_by_role("button", name="Change Night desk").click()
    await dialog(owner).get_by_label("Who sends from it").select_option("Adam Reyes")
    await dialog(owner).get_by_label("Carrier").select_option("Simulator")
    await dialog(owner).get_by_role("button", name="Save").click()
    await expect(number.get_by_text("Simulator · only Adam Reyes sends from it")).to_be_visible()

    await number.get_by_role("button", name="Give up Night desk").click()
    assert await owner.violations() == []
    await dialog(owner).get_by_role("button", name="Give up the number").click()
    former = row(owner, "Numbers that were given up", "(415) 555-0155")
    await expect(former).to_be_visible()
    await expect(number).to_have_count(0)

    await former.get_by_role("button", name="Add (415) 555-0155 again").click()
    await dialog(owner).get_by_role("button", name="Add").click()
    await expect(number).to_be_visible()
    await expect(former).to_have_count(0)


async def test_a_webhook_is_added_tested_switched_off_replayed_and_removed_R55(owner: Person):
    page = owner.page
    async with receiver() as there:
        await settings(owner, "Webhooks")
        await owner.press("Add a webhook")
        await dialog(owner).get_by_label("Address").fill("http://10.0.0.1/hooks")
        await dialog(owner).get_by_label("What it is for").fill("CRM")
        await dialog(owner).get_by_role("checkbox", name="All").uncheck()
        await dialog(owner).get_by_role("checkbox", name="Webhook tested").check()
        assert await owner.violations() == []
        await dialog(owner).get_by_role("button", name="Add").click()
        await expect(dialog(owner).get_by_label("Address")).to_have_accessible_description(re.compile("can't be called"))
        await dialog(owner).get_by_label("Address").fill(there.url)
        await dialog(owner).get_by_role("button", name="Add").click()
        await expect(dialog(owner).get_by_text(re.compile("^whsec_"))).to_be_visible()
        await dialog(owner).get_by_role("button", name="Close").last.click()

        await page.get_by_role("list", name="Webhooks").get_by_role("link", name="CRM").click()
        attempts = page.get_by_role("region", name="Attempts")
        there.status = 500
        await page.get_by_role("button", name="Send a test").dblclick()
        await expect(attempts.get_by_text("status 500")).to_be_visible()
        await expect(page.get_by_text("1 waiting")).to_be_visible()
        assert await owner.violations() == []

        there.status = 204
        await expect(attempts.get_by_text("Delivered, status 204")).to_have_count(1)  # the retry after 5 seconds
        await attempts.get_by_role("button", name=re.compile("^Replay from")).last.click()
        await dialog(owner).get_by_role("button", name="Replay").click()
        await expect(attempts.get_by_text("Delivered, status 204")).to_have_count(2)

        await owner.press("Change the secret")
        await dialog(owner).get_by_role("button", name="Change the secret").click()
        await expect(dialog(owner).get_by_text(re.compile("^whsec_"))).to_be_visible()
        await dialog(owner).get_by_role("button", name="Close").last.click()
        await expect(page.get_by_text("signs until")).to_be_visible()
        await owner.press("Switch off")
        await expect(page.get_by_text("Off", exact=True)).to_be_visible()
        await expect(page.get_by_role("button", name="Send a test")).to_have_count(0)

        await owner.press("Remove")
        await dialog(owner).get_by_role("button", name="Remove").click()
        await expect(page.get_by_text("No webhooks yet.")).to_be_visible()


async def test_the_policy_is_saved_and_what_is_wrong_is_shown_at_its_field_R1_R4_R38(owner: Person, api: httpx.AsyncClient):
    await settings(owner, "Policy")
    regions = owner.page.get_by_label("Regions that can be texted")
    await regions.fill("US, CA, XQ")
    await owner.press("Save")
    await expect(regions).to_have_accessible_description(re.compile("There is no region XQ"))
    await regions.fill("US, CA")
    await owner.page.get_by_label("Your own opt-out keywords").fill("basta\nno mas")
    await owner.press("Save")
    await expect(regions).not_to_have_accessible_description(re.compile("There is no region"))

    policy = (await api.get("/v1/policy")).json()
    assert (policy["allowed_regions"], len(policy["opt_out_keywords"])) == (["US", "CA"], 2)


async def test_what_somebody_types_into_a_form_stays_while_another_user_changes_the_same(owner: Person, api: httpx.AsyncClient):
    await settings(owner, "Automatic replies")
    mine = owner.page.get_by_label("English").first
    await mine.fill("You are out. {business}")
    await api.put("/v1/auto-replies", json={"answers_help": False})
    await expect(owner.page.get_by_label("Answer HELP and INFO")).not_to_be_checked()

    await expect(mine).to_have_value("You are out. {business}")
    await owner.press("Save")
    await expect(owner.page.get_by_role("button", name="Save")).to_be_enabled()
    replies = (await api.get("/v1/auto-replies")).json()
    assert (replies["answers_help"], replies["opt_out_texts"]["en"]) == (False, "You are out. {business}")


async def test_an_admin_is_not_offered_owners_and_their_keys_R23(browser: Browser, demo: Demo, api: httpx.AsyncClient):
    async with visiting(browser, demo) as page:
        adam = Person(page, demo)
        await signed_in(adam, "Adam Reyes", api)
        await settings(adam, "Users and keys")
        await expect(row(adam, "Users", "Rosa Diaz").get_by_role("button")).to_have_count(3)
        await expect(row(adam, "Users", "Olivia Park").get_by_role("button")).to_have_count(0)
        await adam.press("Add a user")
        await expect(dialog(adam).get_by_label("Role").get_by_role("option", name="admin")).to_have_count(1)
        await expect(dialog(adam).get_by_label("Role").get_by_role("option", name="owner")).to_have_count(0)


@pytest.mark.parametrize(
    ("user", "missing"),
    [("Quinn Abbott", set()), ("Rosa Diaz", {"Carriers", "Do not disturb", "Webhooks", "Proof of history", "Refusals"})],
)
async def test_users_who_manage_nothing_are_offered_no_changes_R22_R23(
    browser: Browser, demo: Demo, api: httpx.AsyncClient, user: str, missing: set[str]
):
    async with visiting(browser, demo) as page:
        person = Person(page, demo)
        await signed_in(person, user, api)
        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_role("navigation", name="Settings").get_by_role("link")).to_have_count(len(PARTS) - len(missing))
        for part, shown in PARTS.items():
            if part not in missing:
                await settings(person, part)
                if shown:
                    await expect(page.get_by_role("list", name=shown, exact=True).get_by_role("listitem").first).to_be_visible()
                await expect(page.get_by_role("main").get_by_role("button", name=FORBIDDEN)).to_have_count(0)
                await expect(page.get_by_role("main").get_by_role("alert")).to_have_count(0)


async def test_every_part_of_the_settings_is_accessible_in_both_themes(browser: Browser, demo: Demo):
    async with visiting(browser, demo, color_scheme="light") as page:
        person = Person(page, demo)
        await page.goto(await demo.sign_in_address())
        found: list[str] = []
        for part, shown in PARTS.items():
            await settings(person, part)
            if shown:
                await expect(page.get_by_role("list", name=shown, exact=True).get_by_role("listitem").first).to_be_visible()
            found += [f"{part}: {each}" for each in await person.violations_in_both_themes()]
        assert found == []
