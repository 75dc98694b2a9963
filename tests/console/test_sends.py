"""Sends whose response is slow, or whose page is loaded again before it comes: each message is sent and shown once."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from tests.console.numbers import fresh_number
from tests.console.person import Person
from tests.console.test_bad_days import a_group, sent

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Held:
    """Holds sends back until `let_go` is set, or those that begin while `passes` is off. `arrives`: the server gets them before."""

    def __init__(self, *, arrives: bool) -> None:
        self.let_go = asyncio.Event()
        self.passes = False
        self._arrives = arrives

    async def __call__(self, route: Route) -> None:
        """Hold one request."""
        if self.passes or route.request.method != "POST":
            await route.continue_()
        elif self._arrives:
            response = await route.fetch()
            await self._answer(lambda: route.fulfill(response=response))
        else:
            await self._answer(route.continue_)

    async def _answer(self, answer: Callable[[], Awaitable[None]]) -> None:
        await self.let_go.wait()
        await answer()


async def stored(page: Page) -> None:
    """Wait until the thread shows a message that came from the server."""
    await expect(page.locator(".bubble:not(.waiting)")).to_have_count(1)


@pytest.mark.parametrize("again", [False, True], ids=["", "and the page is loaded again"])
async def test_a_message_that_is_shown_before_its_response_comes_is_shown_once(owner: Person, api: httpx.AsyncClient, again):
    name = "Loaded again" if again else "Slow response"
    group = await a_group(api, name, fresh_number())
    await owner.open(name)
    held = Held(arrives=True)
    await owner.page.route("**/messages", held)
    await owner.write("Once")
    await stored(owner.page)

    if again:
        await owner.page.reload()
        await stored(owner.page)

    await expect(owner.message("Once")).to_have_count(1)
    held.let_go.set()
    assert await sent(owner, api, group) == ["Once"]
    await expect(owner.message("Once")).to_have_count(1)


async def test_a_message_that_never_left_is_sent_when_the_page_is_loaded_again(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Never left", fresh_number())
    await owner.open("Never left")
    held = Held(arrives=False)
    await owner.page.route("**/messages", held)
    await owner.write("At last")
    await expect(owner.page.get_by_text("Sending…")).to_be_visible()

    held.passes = True
    await owner.page.reload()

    await expect(owner.message("At last")).to_have_count(1)
    assert await sent(owner, api, group) == ["At last"]


async def test_the_same_text_twice_in_a_row_is_two_messages(owner: Person, api: httpx.AsyncClient):
    group = await a_group(api, "Knock knock", fresh_number())
    await owner.open("Knock knock")

    await owner.write("Knock")
    await owner.write("Knock")

    await expect(owner.message("Knock")).to_have_count(2)
    assert await sent(owner, api, group) == ["Knock", "Knock"]
    await expect(owner.message("Knock")).to_have_count(2)
