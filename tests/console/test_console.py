"""The console as people use it: one test for each job, in a real browser on a real server."""

import re

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from tests.console.conftest import visiting
from tests.console.numbers import as_shown, fresh_number
from tests.console.person import Demo, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")
STORY = "House on Elm Street"
SCREENS = {
    "Handsets": "Handsets",
    "History": f"History of {STORY}",
    "New group": "New group",
    "Contacts": re.compile("^Contacts$"),
    re.compile("^Reviews( [0-9]+)?$"): "Reviews",  # with the number of open ones
    "Ledger": "Ledger",
    "Settings": "Users and keys",
}
"""The screens by the links that lead to them, with their headings."""


async def test_a_person_writes_and_sees_the_answer_of_a_handset(owner: Person):
    await owner.open(STORY)
    await owner.write("Does everybody have the address?")
    await expect(owner.message("Does everybody have the address?")).to_be_visible()

    await owner.press("Handsets")
    await owner.page.get_by_label("Write as Ann Lee").fill("Yes, thank you")
    await owner.page.get_by_label("Handsets").get_by_role("button", name="Send").click()

    await expect(owner.message("Yes, thank you")).to_be_visible()
    for name in ("Ann Lee", "Ben Ortiz"):
        await owner.page.get_by_label("Handsets").get_by_role("button", name=name).click()
        await expect(owner.page.get_by_role("list", name=f"On the handset of {name}").get_by_text("Yes, thank you")).to_be_visible()
    await expect(owner.page.locator("summary").get_by_text("Delivered").last).to_be_visible()


async def test_a_stop_blocks_the_group_and_one_button_continues_it_without_that_person_R15_R18(owner: Person):
    number = fresh_number()
    await owner.new_group("Roof repair", "Ann Lee", "Ben Ortiz", as_shown(number))
    await owner.write("The roofer comes on Monday")
    await owner.press("Handsets")
    await owner.page.get_by_label("Handsets").get_by_role("button", name=as_shown(number)).click()
    await owner.page.get_by_label("Handsets").get_by_role("button", name="STOP").click()

    await expect(owner.page.get_by_text("Nothing can be sent in this group.")).to_be_visible()
    await expect(owner.page.get_by_text(f"Automatic reply to {as_shown(number)}")).to_be_visible()
    await expect(owner.page.get_by_label(re.compile("^Message to"))).to_have_count(0)

    await owner.press("Continue without them")

    await expect(owner.page.get_by_text("2 participants · from")).to_be_visible()
    await expect(owner.page.get_by_label("Message to 2 participants")).to_be_focused()


async def test_a_group_that_was_just_created_can_be_written_to_at_once(owner: Person):
    await owner.new_group("Bicycle shed", "Ann Lee", as_shown(fresh_number()))
    composer = owner.page.get_by_label("Message to 2 participants")
    await expect(composer).to_be_focused()
    await owner.page.keyboard.type("The shed is open")
    await owner.page.keyboard.press("Enter")
    await expect(owner.page.locator("summary").get_by_text("Delivered")).to_be_visible()

    await owner.page.reload()
    await expect(owner.message("The shed is open")).to_be_visible()
    await expect(composer).not_to_be_focused()


async def test_an_opt_out_in_a_persons_own_words_is_judged_by_a_user_R40(owner: Person):
    number = fresh_number()
    await owner.new_group("Garden club", "Ann Lee", as_shown(number))
    await owner.write("The seeds are here")
    await owner.press("Handsets")
    handsets = owner.page.get_by_label("Handsets")
    await handsets.get_by_role("button", name=as_shown(number)).click()
    await owner.page.get_by_label(f"Write as {as_shown(number)}").fill("Please take me off this list")
    await handsets.get_by_role("button", name="Send").click()

    await owner.page.get_by_label("Main").get_by_role("link", name=re.compile("^Reviews")).click()
    text = owner.page.get_by_role("list", name="Texts to judge").get_by_role("listitem").filter(has_text="Garden club")
    await text.get_by_role("button", name="It is an opt-out").click()

    await expect(text).to_have_count(0)
    await owner.press("Judged")
    judged = owner.page.get_by_role("list", name="Judged texts").get_by_role("listitem").filter(has_text="Garden club")
    await expect(judged.get_by_text("Olivia Park")).to_be_visible()
    await owner.page.get_by_label("Main").get_by_role("link", name="Messages").click()
    await owner.open("Garden club")
    await expect(owner.page.get_by_text("Nothing can be sent in this group.")).to_be_visible()


async def test_a_refusal_by_the_rules_is_explained_next_to_the_participant_R3(owner: Person):
    await owner.press("New group")
    for each in ("Ann Lee", "+44 20 7946 0018"):
        await owner.choose(each)
    await owner.press("Create group")

    chosen = owner.page.get_by_role("list", name="Chosen participants").get_by_role("listitem")
    await expect(chosen.nth(1).locator("p")).to_be_visible()
    await expect(chosen.nth(0).locator("p")).to_have_count(0)


async def test_an_answer_that_is_lost_and_enter_pressed_again_send_one_message(owner: Person, api: httpx.AsyncClient):
    await owner.new_group("Lost answers", "Ann Lee", as_shown(fresh_number()))
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if lost == 0 and route.request.method == "POST":
            lost += 1
            await route.fetch()  # the server does it
            await route.abort()  # the browser never learns
        else:
            await route.continue_()

    await owner.page.route("**/messages", lose)
    await owner.write("Only once")
    await owner.page.keyboard.press("Enter")
    await expect(owner.page.get_by_text("Not sent.")).to_be_visible()
    await owner.press("Try again")
    await expect(owner.page.get_by_text("Not sent.")).to_have_count(0)

    conversation = owner.page.url.rpartition("/")[2]
    await expect(owner.page.get_by_text("Sending…")).to_have_count(0)
    state = (await api.get(f"/v1/conversations/{conversation}/history/state")).json()
    assert [each["body"] for each in state["messages"]] == ["Only once"]
    await expect(owner.message("Only once")).to_have_count(1)


async def test_another_users_renaming_shows_at_once(owner: Person, api: httpx.AsyncClient):
    await owner.new_group("Before", "Ann Lee", as_shown(fresh_number()))
    conversation = owner.page.url.rpartition("/")[2]

    await api.patch(f"/v1/conversations/{conversation}", json={"name": "After"})

    await expect(owner.page.get_by_role("heading", name="After", level=1)).to_be_visible()
    await expect(owner.page.get_by_label("Conversations").get_by_text("After")).to_be_visible()


async def test_a_session_that_ends_while_somebody_writes_keeps_their_draft(owner: Person):
    await owner.open(STORY)
    await owner.page.get_by_label(re.compile("^Message to")).fill("A long thought")
    await owner.demo.end_sessions()

    await expect(owner.page.get_by_role("status").get_by_text("Your session has ended.")).to_be_visible()
    await owner.page.get_by_label("API key").fill(owner.demo.key)
    await owner.press("Sign in")
    await owner.press("Send")

    await expect(owner.message("A long thought")).to_have_count(1)


async def test_a_page_that_was_offline_says_so_and_misses_nothing(owner: Person, api: httpx.AsyncClient):
    await owner.new_group("Offline", "Ann Lee", as_shown(fresh_number()))
    conversation = owner.page.url.rpartition("/")[2]
    await expect(owner.page.get_by_text("Live", exact=True)).to_be_visible()

    await owner.page.context.set_offline(True)
    await expect(owner.page.get_by_role("status").get_by_text("Offline")).to_be_visible()
    await owner.write("Written offline")
    await expect(owner.page.get_by_text("Not sent.")).to_be_visible()
    await api.post(f"/v1/conversations/{conversation}/messages", json={"body": "Written elsewhere"})
    await owner.page.context.set_offline(False)

    await owner.press("Try again")
    await expect(owner.message("Written offline")).to_have_count(1)
    await expect(owner.message("Written elsewhere")).to_have_count(1)


async def test_a_conversation_is_found_by_words_of_a_message_R27(owner: Person):
    await owner.page.get_by_label("Search conversations by name").fill("brings two tables")

    await expect(owner.page.get_by_role("heading", name="With these words in a message")).to_be_visible()
    await expect(owner.page.get_by_label("Conversations").get_by_role("listitem")).to_have_count(1)
    await owner.open("Block party")
    await expect(owner.message("We go on here. Ben brings two tables, so we need chairs.")).to_be_visible()


async def test_shortcuts_are_listed_and_can_be_switched_off(owner: Person):
    await expect(owner.page.get_by_role("heading", name="Inbox")).to_be_visible()
    await owner.page.keyboard.press("?")
    switch = owner.page.get_by_label("Use shortcuts in this browser")
    await switch.uncheck()
    await owner.page.keyboard.press("Escape")
    await expect(switch).to_be_hidden()
    await owner.page.keyboard.press("n")
    await owner.page.keyboard.press("?")
    await switch.check()
    assert await owner.violations() == []
    await expect(owner.page.get_by_role("heading", name="New group")).to_have_count(0)

    await owner.page.keyboard.press("Escape")
    await expect(switch).to_be_hidden()
    await owner.page.keyboard.press("n")
    await expect(owner.page.get_by_role("heading", name="New group")).to_be_visible()


async def test_contacts_are_imported_line_by_line_and_refused_lines_are_explained_R54(owner: Person):
    file = f"name,number\nTheo Lang,{fresh_number()}\nNobody,not a number\n".encode()
    await owner.press("Contacts")
    await owner.press("Import")
    await owner.page.get_by_label("File").set_input_files({"name": "people.csv", "mimeType": "text/csv", "buffer": file})
    await owner.page.get_by_role("main").get_by_role("button", name="Import").click()

    await expect(owner.page.get_by_text("1 created, 0 updated, 0 unchanged, 1 refused.")).to_be_visible()
    await expect(owner.page.get_by_text(re.compile("^Line 3: "))).to_be_visible()
    await expect(owner.page.get_by_label("Contacts", exact=True).get_by_role("link", name="Theo Lang")).to_be_visible()
    assert await owner.violations() == []


async def test_two_contacts_of_one_person_are_merged_R54(owner: Person, api: httpx.AsyncClient):
    number, other = fresh_number(), fresh_number()
    for name, each in (("Kate Wood", number), ("K. Wood", other)):
        assert (await api.post("/v1/contacts", json={"name": name, "number": each})).status_code == 201
    await owner.press("Contacts")
    contacts = owner.page.get_by_label("Contacts", exact=True)
    await contacts.get_by_role("link", name="Kate Wood").click()
    await owner.page.get_by_text("Merge with another contact").click()
    await owner.page.get_by_label("Contact that is the same person").fill("K. Wood")
    await owner.page.get_by_role("button", name="K. Wood").click()
    await owner.page.get_by_role("dialog").get_by_role("button", name="Merge").click()

    await expect(contacts.get_by_role("link", name="K. Wood")).to_have_count(0)
    await expect(owner.page.get_by_label("Secondary numbers")).to_have_value(other)


async def test_a_restricted_user_sees_only_their_own_groups_and_the_address_works_once_R22(browser: Browser, demo: Demo):
    async with visiting(browser, demo) as page:
        await page.goto(demo.restricted)
        rosa = Person(page, demo)
        await rosa.open("Viewing on Pine Avenue")
        await expect(page.get_by_label("Conversations").get_by_role("listitem")).to_have_count(1)

    async with visiting(browser, demo) as page:
        await page.goto(demo.restricted)
        await expect(page.get_by_label("API key")).to_be_visible()


async def test_a_configured_identity_provider_is_offered(browser: Browser, demo: Demo):
    async def offered(route: Route) -> None:
        await route.fulfill(json={"provider": "id.example.com"})

    async with visiting(browser, demo) as page:
        await page.goto(demo.url)
        await expect(page.get_by_label("API key")).to_be_visible()
        await expect(page.get_by_role("link")).to_have_count(0)
        await page.route("**/v1/sign-in", offered)
        await page.reload()
        link = page.get_by_role("link", name="Sign in with id.example.com")
        await expect(link).to_have_attribute("href", "/v1/sign-in/provider")
        assert await Person(page, demo).violations() == []


async def test_an_auditor_is_offered_nothing_that_writes_R23(browser: Browser, demo: Demo, api: httpx.AsyncClient):
    user = {"name": "Ada", "email": "ada@example.com", "role": "auditor"}
    key = (await api.post("/v1/users", json=user)).json()["api_key"]
    async with visiting(browser, demo) as page:
        await page.goto(f"{demo.url}/#sign-in={key}")
        ada = Person(page, demo)
        await ada.open(STORY)
        await expect(ada.message("Wonderful. I'll bring the keys.")).to_be_visible()

        for name in ("New group", "Rename", "Send", "Mark unread", "Opt out…"):
            await expect(page.get_by_role("button", name=name).or_(page.get_by_role("link", name=name))).to_have_count(0)


async def test_a_role_that_cannot_create_groups_is_not_offered_it_R20(browser: Browser, demo: Demo, api: httpx.AsyncClient):
    user = {"name": "Tom", "email": "tom@example.com", "role": "trainee"}
    key = (await api.post("/v1/users", json=user)).json()["api_key"]
    async with visiting(browser, demo) as page:
        await page.goto(f"{demo.url}/#sign-in={key}")
        await Person(page, demo).open(STORY)
        await expect(page.get_by_role("link", name="New group")).to_have_count(0)
        await page.goto(f"{demo.url}/#/new")
        await expect(page.get_by_role("heading", name="You can't create groups")).to_be_visible()


async def test_why_a_text_failed_a_group_is_blocked_and_a_charge_was_made_is_explained_R15_R24_R49(owner: Person):
    await owner.open("Spare keys")
    await owner.page.locator("summary").get_by_text("1 of 3 not delivered").click()
    await expect(owner.page.get_by_text("The number is a landline, or cannot receive texts.")).to_be_visible()
    await owner.page.get_by_role("button", name="Why does this message have this status?").last.click()
    await expect(owner.page.get_by_role("dialog").get_by_text("The message was sent: nobody had opted out")).to_be_visible()
    assert await owner.violations() == []
    await owner.page.keyboard.press("Escape")

    await owner.open("Pool hours")
    await owner.page.get_by_role("button", name="Why is June Brooks opted out?").click()
    await expect(owner.page.get_by_role("dialog").get_by_text("June Brooks").first).to_be_visible()
    await owner.page.keyboard.press("Escape")
    await owner.page.get_by_role("button", name="Why can't anything be sent?").click()
    await expect(owner.page.get_by_role("dialog").get_by_text("opted out").first).to_be_visible()
    await owner.page.keyboard.press("Escape")

    await owner.press("Ledger")
    await owner.page.get_by_role("button", name="Entries").first.click()
    await owner.page.get_by_role("button", name="Why was this charged?").first.click()
    await expect(owner.page.get_by_role("dialog").get_by_text("The entry was charged")).to_be_visible()


async def test_every_version_of_a_conversation_can_be_seen_R32(owner: Person):
    await owner.open(STORY)
    await owner.press("History")
    await expect(owner.message("Wonderful. I'll bring the keys.")).to_be_visible()

    await owner.page.get_by_role("slider").fill("2")

    await expect(owner.page.get_by_text(re.compile("^Version 2 of"))).to_be_visible()
    await expect(owner.message("Wonderful. I'll bring the keys.")).to_have_count(0)


async def test_every_screen_is_accessible_in_both_themes(browser: Browser, demo: Demo):
    async with visiting(browser, demo, color_scheme="light") as page:
        person = Person(page, demo)
        await page.goto(demo.url)
        await expect(page.get_by_label("API key")).to_be_visible()
        found = await person.violations_in_both_themes()
        await page.goto(await demo.sign_in_address())
        await page.reload()
        await person.open(STORY)
        await expect(person.message("Saturday is fine 👍")).to_be_visible()
        found += await person.violations_in_both_themes()
        for place, heading in SCREENS.items():
            await person.press(place)
            await expect(page.get_by_role("heading", name=heading).first).to_be_visible()
            found += [f"{place}: {each}" for each in await person.violations_in_both_themes()]
            if place == "History":
                await page.get_by_label("Back to the conversation").click()
        assert found == []


async def test_nothing_is_wider_than_the_window_on_any_screen(owner: Person):
    await owner.open(STORY)
    thread = owner.page.url.partition("#")[2]
    for place in (thread, "/", "/contacts", "/reviews", "/ledger", "/settings/users", "/settings/policy", f"{thread}/history"):
        await owner.page.goto(f"{owner.demo.url}/#{place}")
        await expect(owner.page.get_by_role("heading").first).to_be_visible()
        for width in (320, 360, 700, 761, 800, 1000, 1061, 1100, 1280):
            await owner.page.set_viewport_size({"width": width, "height": 800})
            assert await owner.page.evaluate("document.documentElement.scrollWidth") <= width, f"{place} at {width} pixels"
        await owner.page.set_viewport_size({"width": 1280, "height": 800})


async def test_the_page_runs_no_script_but_its_own(demo: Demo):
    async with httpx.AsyncClient(base_url=demo.url) as client:
        page = await client.get("/", headers={"Accept": "text/html"})
        places = await client.get("/", headers={"Accept": "application/json"})
        missing = await client.get("/console/../pyproject.toml")

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'" in policy
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert places.json()["documentation"] == "/docs"
    assert missing.status_code == 404


async def test_the_documentation_needs_no_other_host(browser: Browser, demo: Demo):
    async with visiting(browser, demo) as page:
        await page.goto(f"{demo.url}/docs")
        await expect(page.get_by_text("Send a message", exact=True)).to_be_visible()
