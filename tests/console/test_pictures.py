"""The pictures of the documentation, taken from the real thing: `make pictures` keeps them."""

import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import visiting
from tests.console.person import Demo, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the pictures."""
    chosen = Path(os.environ.get("GROUPCHAT_PICTURES", tmp_path))
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_pictures_show_a_group_its_history_and_a_blocked_group(browser: Browser, demo: Demo, folder: Path, theme: str):
    async with visiting(browser, demo, color_scheme=theme, viewport={"width": 1280, "height": 800}) as page:
        await page.goto(await demo.sign_in_address())
        person = Person(page, demo)
        await person.open("House on Elm Street")
        await expect(page.get_by_label("People").get_by_text("(415) 555-0101")).to_be_visible()
        group = await page.screenshot(path=folder / f"console-{theme}.png")

        await person.press("History")
        await expect(page.get_by_text(re.compile("^Version"))).to_be_visible()
        await expect(person.message("Wonderful. I'll bring the keys.")).to_be_visible()
        history = await page.screenshot(path=folder / f"history-{theme}.png")

        await page.goto(demo.url)
        await person.open("Pool hours")
        await expect(page.get_by_text("Nothing can be sent in this group.")).to_be_visible()
        blocked = await page.screenshot(path=folder / f"blocked-{theme}.png")

    assert len({group, history, blocked}) == 3
