"""The server is stopped and started again while somebody writes."""

import re
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.console.conftest import visiting
from tests.console.door import Door, open_door
from tests.console.person import Demo, Person
from tests.console.serving import demo_server

pytestmark = pytest.mark.asyncio(loop_scope="session")
STORY = "House on Elm Street"
IN_THE_MIDDLE, MEANWHILE, DRAFT = "Sent when the server stopped", "Sent while it was away", "Not sent yet"
COMPOSER = re.compile("^Message to")


class Server:
    """The demo behind a door: it can be stopped and started again."""

    def __init__(self, door: Door, folder: Path) -> None:
        self._door = door
        self._folder = folder
        self._running = ExitStack()
        self.demo = Demo("", "", "")

    def start(self) -> None:
        """Serve the folder's database."""
        served = self._running.enter_context(demo_server(self._folder))
        self.demo = Demo(self._door.url, served.key, served.restricted)
        self._door.behind = urlsplit(served.url).port
        self._door.deaf = False

    def stop(self) -> None:
        """End the server's process."""
        self._door.behind = None
        self._running.close()

    async def texts(self, conversation: str) -> list[str]:
        """The messages that the server has of a conversation, asked past the door."""
        headers = {"Authorization": f"Bearer {self.demo.key}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._door.behind}", headers=headers) as api:
            state = await api.get(f"/v1/conversations/{conversation}/history/state")
        return [each["body"] for each in state.json()["messages"]]


async def test_what_is_written_while_the_server_is_stopped_is_neither_lost_nor_sent_twice(
    browser: Browser, built: None, tmp_path: Path
):
    async with open_door() as door:
        server = Server(door, tmp_path)
        server.start()
        try:
            async with visiting(browser, server.demo) as page:
                await _writes_while_it_is_away(page, server, door)
        finally:
            server.stop()


async def _writes_while_it_is_away(page: Page, server: Server, door: Door) -> None:
    await page.goto(await server.demo.sign_in_address())
    person = Person(page, server.demo)
    await person.open("Spare keys")
    await page.get_by_label(COMPOSER).fill(DRAFT)
    await person.open(STORY)
    conversation = page.url.rpartition("/")[2]

    door.deaf = True
    async with page.expect_request(lambda asked: asked.method == "POST"):
        await person.write(IN_THE_MIDDLE)
    await _until_stored(server, conversation)
    server.stop()
    await expect(page.get_by_text("Not sent.")).to_have_count(1)
    await person.write(MEANWHILE)
    await expect(page.get_by_text("Not sent.")).to_have_count(2)
    await expect(page.get_by_role("status").get_by_text("Offline")).to_be_visible()

    server.start()
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()
    for left in (1, 0):
        await person.press("Try again")
        await expect(page.get_by_text("Not sent.")).to_have_count(left)
    await expect(person.message(IN_THE_MIDDLE)).to_have_count(1)
    await expect(person.message(MEANWHILE)).to_have_count(1)
    assert (await server.texts(conversation))[-2:] == [IN_THE_MIDDLE, MEANWHILE]
    await person.open("Spare keys")
    await expect(page.get_by_label(COMPOSER)).to_have_value(DRAFT)


async def _until_stored(server: Server, conversation: str) -> None:
    while IN_THE_MIDDLE not in await server.texts(conversation):
        pass
