"""The sources of the console: their style, their types against this version's API, and how much a browser loads."""

import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.console.conftest import ROOT, visiting
from tests.console.person import Demo

FIRST_LOAD_KB = 120


def test_the_sources_are_clean_and_fit_the_api(built):
    ran = subprocess.run([sys.executable, "-m", "console.build", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_loads_little_until_it_shows_the_inbox(browser: Browser, demo: Demo):
    async with visiting(browser, demo) as page:
        loaded: dict[str, int] = {}
        page.on("response", lambda came: loaded.setdefault(urlsplit(came.url).path, int(came.headers.get("content-length", 0))))
        await page.goto(await demo.sign_in_address())
        await expect(page.get_by_label("Conversations").get_by_role("link").first).to_be_visible()
        of_page = {path: size for path, size in loaded.items() if path == "/" or path.startswith("/console/")}

        await page.get_by_role("link", name="Settings").click()
        await expect(page.get_by_role("list", name="Users")).to_be_visible()

    assert len(of_page) >= 3
    assert all(of_page.values())
    assert sum(of_page.values()) < FIRST_LOAD_KB * 1_000
    assert [path for path in of_page if "Settings" in path] == []
    assert [path for path in loaded if "Settings" in path] != []
