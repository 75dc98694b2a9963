"""What a person may not do in a conversation isn't offered, and what is refused all the same is explained in place."""

import json
import re

import httpx
import pytest
from playwright.async_api import Browser, Route, expect

from tests.console.conftest import visiting
from tests.console.numbers import as_shown, fresh_number
from tests.console.person import Demo, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")
NIGHT_DESK = "+14155550157"


async def a_group(api: httpx.AsyncClient, name: str, *numbers: str, from_: str = "+14155550100") -> str:
    """Create a group of Ann and some numbers; return its id."""
    people = [{"number": each} for each in ("+14155550101", *numbers)]
    made = await api.post("/v1/conversations", json={"from": from_, "participants": people, "name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_nothing_can_be_written_from_a_number_that_was_given_up_R56(owner: Person, api: httpx.AsyncClient):
    assert (await api.post("/v1/numbers", json={"number": NIGHT_DESK})).status_code == 201
    await a_group(api, "Night shift", fresh_number(), from_=NIGHT_DESK)
    await owner.open("Night shift")
    await expect(owner.page.get_by_label(re.compile("^Message to"))).to_be_visible()

    assert (await api.delete(f"/v1/numbers/{NIGHT_DESK}")).status_code == 204

    await expect(owner.page.get_by_text("Nothing can be sent from (415) 555-0157.")).to_be_visible()
    await expect(owner.page.get_by_label(re.compile("^Message to"))).to_have_count(0)
    await expect(owner.page.get_by_role("button", name="Rename")).to_have_count(0)
    assert await owner.violations() == []


async def test_a_restricted_user_is_offered_no_handsets_R22(browser: Browser, demo: Demo, api: httpx.AsyncClient):
    rosa = next(each["id"] for each in (await api.get("/v1/users")).json()["items"] if each["name"] == "Rosa Diaz")
    key = (await api.post(f"/v1/users/{rosa}/keys")).json()["api_key"]
    async with visiting(browser, demo) as page:
        await page.goto(f"{demo.url}/#sign-in={key}")
        await Person(page, demo).open("Viewing on Pine Avenue")
        await expect(page.get_by_label(re.compile("^Message to"))).to_be_visible()
        await expect(page.get_by_role("button", name="Handsets")).to_have_count(0)


async def test_pressing_twice_continues_a_group_once_and_writes_one_text_R18(owner: Person, api: httpx.AsyncClient):
    number, other = fresh_number(), fresh_number()
    conversation = await a_group(api, "Twice", number, other)
    await owner.open("Twice")
    await owner.press("Handsets")
    handsets = owner.page.get_by_label("Handsets")
    await handsets.get_by_role("button", name=as_shown(other)).click()
    await handsets.get_by_label(f"Write as {as_shown(other)}").fill("Hello")
    await handsets.get_by_role("button", name="Send").dblclick()
    await expect(owner.message("Hello")).to_have_count(1)
    state = (await api.get(f"/v1/conversations/{conversation}/history/state")).json()
    assert [each["body"] for each in state["messages"]] == ["Hello"]

    await api.post(f"/v1/conversations/{conversation}/participants/{other}/opt-out")
    await owner.page.get_by_role("button", name="Continue without them").dblclick()
    await expect(owner.page.get_by_label("Message to 2 participants")).to_be_visible()
    await expect(owner.page.get_by_role("main").get_by_role("alert")).to_have_count(0)


async def test_what_a_carrier_does_not_know_is_recorded_by_those_who_manage_R28(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    conversation = await a_group(api, "Unknown fate", number)
    await api.post(f"/v1/conversations/{conversation}/messages", json={"body": "Did this arrive?"})

    async def uncertain(route: Route) -> None:
        """Show the message as a page does that is behind: the carrier has told meanwhile."""
        came = await route.fetch()
        shown = await came.json()
        for recipient in shown["items"][0]["recipients"]:
            recipient["status"] = "unconfirmed"
        await route.fulfill(response=came, body=json.dumps(shown))

    await owner.page.route(re.compile(rf"/v1/conversations/{conversation}/messages\?"), uncertain)
    await owner.open("Unknown fate")
    await owner.page.locator("summary").get_by_text("Not confirmed by the carrier").click()
    await owner.page.get_by_role("button", name="Did it arrive?").click()
    dialog = owner.page.get_by_role("dialog")
    await dialog.get_by_label("For whom").select_option(as_shown(number))
    await dialog.get_by_label("What happened").select_option("It arrived")
    await dialog.get_by_label("How you know").fill("They called back")
    assert await owner.violations() == []
    await dialog.get_by_role("button", name="Record it").click()

    await expect(dialog.get_by_text(re.compile("Only a status that is unconfirmed can be settled"))).to_be_visible()
    await owner.page.unroute_all(behavior="wait")


async def test_signing_out_while_the_server_is_away_says_that_the_session_goes_on(owner: Person):
    await expect(owner.page.get_by_text("Live", exact=True)).to_be_visible()
    await owner.page.context.set_offline(True)
    await owner.press("Sign out")
    await expect(owner.page.get_by_role("dialog", name="You are still signed in")).to_be_visible()
    await owner.page.keyboard.press("Escape")

    await owner.page.context.set_offline(False)
    await owner.press("Sign out")
    await expect(owner.page.get_by_label("API key")).to_be_visible()
