"""Bad days in the console: nothing is lost, nothing is sent twice, and the person knows."""

import asyncio
import re
from datetime import UTC, datetime

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.console.conftest import visiting
from tests.console.numbers import as_shown, fresh_number
from tests.console.person import Demo, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")
ANN = "+14155550101"
COMPOSER = re.compile("^Message to")


async def a_group(api: httpx.AsyncClient, name: str, number: str) -> str:
    """Create a group of Ann and a number; return its id."""
    people = [{"number": ANN}, {"number": number}]
    made = await api.post("/v1/conversations", json={"from": "+14155550100", "participants": people, "name": name})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def sent(person: Person, api: httpx.AsyncClient, conversation: str) -> list[str]:
    """The messages that the server has, once the page has nothing on its way."""
    await expect(person.page.get_by_text("Sending…")).to_have_count(0)
    state = await api.get(f"/v1/conversations/{conversation}/history/state")  # which never lags
    return [each["body"] for each in state.json()["messages"]]


async def hears(api: httpx.AsyncClient, number: str, body: str) -> None:
    """Let a handset write to its group with Ann."""
    message = {"from": number, "to": "+14155550100", "group": [ANN], "body": body}
    assert (await api.post("/v1/simulator/inbound", json=message)).status_code == 202


async def slow(route: Route) -> None:
    """Let a request take its time."""
    await asyncio.sleep(0.3)
    await route.continue_()


async def test_a_double_click_on_a_slow_line_sends_once(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Double click", fresh_number())
    await owner.open("Double click")
    await owner.page.route("**/messages", slow)
    await owner.page.get_by_label(COMPOSER).fill("Only one")

    await owner.page.get_by_role("button", name="Send", exact=True).dblclick()

    await expect(owner.message("Only one")).to_have_count(1)
    assert await sent(owner, api, group) == ["Only one"]


async def test_two_tabs_show_the_same_and_send_once(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Two tabs", fresh_number())
    await owner.open("Two tabs")
    other = Person(await owner.page.context.new_page(), owner.demo)
    await other.page.goto(owner.page.url)

    await owner.write("From one tab")

    await expect(other.message("From one tab")).to_have_count(1)
    await expect(owner.message("From one tab")).to_have_count(1)
    assert await sent(owner, api, group) == ["From one tab"]


async def test_an_opt_out_while_somebody_writes_is_explained_and_the_text_is_kept_R15(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    group = await a_group(api, "Blocked meanwhile", number)
    await owner.open("Blocked meanwhile")
    await owner.page.get_by_label(COMPOSER).fill("A long thought")

    await api.post(f"/v1/conversations/{group}/participants/{number}/opt-out")

    await expect(owner.page.get_by_text("Nothing can be sent in this group.")).to_be_visible()
    assert "A long thought" in await owner.page.evaluate("JSON.stringify(localStorage)")
    assert await sent(owner, api, group) == []


async def test_what_is_read_elsewhere_is_not_shown_as_unread_R30(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    group = await a_group(api, "Read elsewhere", number)
    await hears(api, number, "Hello?")
    row = owner.page.get_by_label("Conversations").get_by_role("link", name=re.compile("Read elsewhere"))
    await expect(row.get_by_text("1 unread")).to_be_attached()

    await api.put(f"/v1/conversations/{group}/read")

    await expect(row.get_by_text("1 unread")).to_have_count(0)


async def test_what_is_marked_as_unread_stays_so_while_it_is_open_R30(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "For later", fresh_number())
    await owner.open("For later")
    await owner.page.keyboard.press("u")
    row = owner.page.get_by_label("Conversations").get_by_role("link", name=re.compile("For later|Much later"))
    await expect(row.get_by_text("1 unread")).to_be_attached()

    await api.patch(f"/v1/conversations/{group}", json={"name": "Much later"})

    await expect(owner.page.get_by_role("heading", name="Much later", level=1)).to_be_visible()
    await expect(row.get_by_text("1 unread")).to_be_attached()
    assert (await api.get(f"/v1/conversations/{group}")).json()["unread_count"] == 1


async def test_two_users_who_rename_at_once_do_not_overwrite_each_other_unseen(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Old name", fresh_number())
    await owner.open("Old name")
    await owner.press("Rename")
    await owner.page.get_by_label("Name of the conversation").fill("My name")
    await api.patch(f"/v1/conversations/{group}", json={"name": "Their name"})
    await expect(owner.page.get_by_label("Conversations").get_by_text("Their name")).to_be_visible()

    await owner.press("Save")
    await expect(owner.page.get_by_role("alert").get_by_text("Somebody changed this meanwhile.")).to_be_visible()
    await owner.press("Save")

    await expect(owner.page.get_by_role("heading", name="My name", level=1)).to_be_visible()


async def test_a_group_whose_creation_got_no_answer_is_created_once_R35(owner: Person, api: httpx.AsyncClient):
    lost = 0

    async def lose(route: Route) -> None:
        nonlocal lost
        if lost or route.request.method != "POST":
            await route.continue_()
        else:
            lost += 1
            await route.fetch()  # the server does it
            await route.abort()  # the browser never learns

    await owner.page.route("**/v1/conversations", lose)
    await owner.press("New group")
    for each in ("Ann Lee", as_shown(fresh_number())):
        await owner.choose(each)
    await owner.page.get_by_label("Name of the group").fill("Created once")
    await owner.press("Create group")
    await expect(owner.page.get_by_role("alert")).to_be_visible()
    await owner.press("Create group")

    await expect(owner.page.get_by_role("heading", name="Created once", level=1)).to_be_visible()
    found = (await api.get("/v1/conversations", params={"q": "Created once"})).json()["items"]
    assert len(found) == 1


async def test_a_thread_opens_at_its_end_and_stays_there(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    group = await a_group(api, "Long texts", number)
    for n in range(30):
        await hears(api, number, f"Text {n}. " + "It is long. " * (n % 7) * 6)
    await api.put(f"/v1/conversations/{group}/read")
    await owner.open("Long texts")
    last = owner.page.get_by_role("log", name="Messages").get_by_text(re.compile("^Text 29"))
    await expect(last).to_be_in_viewport()

    await hears(api, number, "The very last")
    await expect(owner.message("The very last")).to_be_in_viewport()


async def test_a_page_says_that_its_server_is_away_and_recovers(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Away", fresh_number())
    await owner.open("Away")
    await owner.page.route("**/v1/**", unavailable)

    await owner.write("Written meanwhile")
    await expect(owner.page.get_by_text("Not sent.")).to_be_visible()
    await owner.page.reload()
    await expect(owner.page.get_by_text("The server isn't available at the moment.")).to_be_visible()
    await owner.page.unroute("**/v1/**")

    await owner.press("Try again")
    await expect(owner.page.get_by_role("heading", name="Away", level=1)).to_be_visible()
    await owner.press("Try again")
    await expect(owner.message("Written meanwhile")).to_have_count(1)
    assert await sent(owner, api, group) == ["Written meanwhile"]


async def unavailable(route: Route) -> None:
    """Answer as a proxy does whose server is away."""
    await route.fulfill(status=503, body="<html>Bad gateway</html>", content_type="text/html")


async def test_a_clock_that_is_wrong_changes_no_order(browser: Browser, demo: Demo, api: httpx.AsyncClient):
    number = fresh_number()
    group = await a_group(api, "Wrong clock", number)
    await hears(api, number, "First")
    async with visiting(browser, demo) as page:
        await page.clock.set_fixed_time(datetime(2019, 1, 1, tzinfo=UTC))
        await page.goto(await demo.sign_in_address())
        person = Person(page, demo)
        await person.open("Wrong clock")
        await person.write("Second")
        await expect(person.message("Second")).to_have_count(1)
        assert await sent(person, api, group) == ["First", "Second"]
        await hears(api, number, "Third")
        await expect(person.message("Third")).to_have_count(1)
        assert await shown(page) == ["First", "Second", "Third"]
        assert await sent(person, api, group) == ["First", "Second", "Third"]


async def shown(page: Page) -> list[str]:
    """The texts of the thread, from top to bottom."""
    return [text.strip() for text in await page.locator(".bubble .body").all_text_contents()]


async def test_the_first_unread_message_is_marked_even_if_it_is_pages_ago_R30(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    await a_group(api, "Much to read", number)
    await hears(api, number, "Message 0")
    for n in range(1, 55):
        await hears(api, number, f"Message {n}")

    await owner.open("Much to read")
    await expect(owner.message("Message 54")).to_be_visible()
    await owner.press("Show earlier messages, 5 unread messages among them")

    line = owner.page.get_by_role("log", name="Messages").get_by_role("listitem").filter(has_text="New messages")
    await expect(line).to_be_visible()
    await expect(line.locator("+ li")).to_contain_text("Message 0")


async def test_a_text_in_a_long_thread_is_read_without_reading_all_of_it_again(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    await a_group(api, "Long thread", number)
    for n in range(105):
        await hears(api, number, f"Message {n}")
    await owner.open("Long thread")
    for oldest in (5, 0):
        await owner.page.get_by_role("button", name=re.compile("Show earlier messages")).click()
        await expect(owner.message(f"Message {oldest}")).to_be_attached()
    read: list[str] = []
    owner.page.on("request", lambda request: read.append(request.url) if "/messages?" in request.url else None)

    await hears(api, number, "One more")

    await expect(owner.message("One more")).to_be_attached()
    assert await shown(owner.page) == [*(f"Message {n}" for n in range(105)), "One more"]
    assert [url for url in read if "cursor=" in url] == []


async def test_a_text_that_reached_nobody_is_sent_again_only_once_R49(owner: Person, api: httpx.AsyncClient):
    number = fresh_number()
    group = await a_group(api, "Reached nobody", number)
    for each in (ANN, number):
        await api.put(f"/v1/simulator/behaviors/{each}", json={"behavior": "fail", "code": "30003"})
    try:
        await owner.open("Reached nobody")
        await owner.write("Is anybody there?")
        await owner.page.locator("summary").get_by_text("Failed").click()
    finally:
        for each in (ANN, number):
            await api.put(f"/v1/simulator/behaviors/{each}", json={"behavior": None})

    await owner.page.get_by_role("button", name="Send again").dblclick()

    await expect(owner.message("Is anybody there?")).to_have_count(2)
    await expect(owner.page.locator("summary").get_by_text("Delivered")).to_have_count(1)
    assert await sent(owner, api, group) == ["Is anybody there?"] * 2
