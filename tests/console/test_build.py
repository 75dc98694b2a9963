"""The sources of the console: their style, their types against this version's API, and how much a browser loads."""

import pytest
from playwright.async_api import Browser, expect

from console import build
from tests.console.conftest import visiting
from tests.console.person import Demo

FIRST_LOAD_KB = 110
MARKS_THE_INBOX = """new MutationObserver((_, watch) => {
  if (!document.querySelector('[aria-label="Conversations"] li a')) return;
  performance.mark("inbox");
  watch.disconnect();
}).observe(document, { childList: true, subtree: true })"""
LOADED_BEFORE = """() => {
  const [inbox] = performance.getEntriesByName("inbox");
  const loaded = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const before = loaded.filter((each) => each.startTime < inbox.startTime);
  return before.map((each) => [new URL(each.name).pathname, each.encodedBodySize]);
}"""
ALL_ARE_LOADED = """screens => {
  const names = performance.getEntriesByType("resource").map((each) => each.name).filter((name) => name.endsWith(".js"));
  const found = screens.map((screen) => names.find((name) => name.includes(`/${screen}-`)));
  return found.every(Boolean) && Promise.all(found.map((name) => import(name))).then(() => true);
}"""
WATCHES_FOR_LOADING = """() => {
  window.waits = [];
  new MutationObserver(() => {
    if (document.querySelector("main")?.textContent === "Loading…") waits.push(location.hash);
  }).observe(document, { childList: true, subtree: true });
}"""
LATER = ("Conversation", "Contacts", "History", "Ledger", "NewGroup", "Reviews", "Settings")


def test_the_sources_are_clean_and_fit_the_api(built):
    build.check()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_browser_loads_little_until_it_shows_the_inbox(browser: Browser, demo: Demo):
    async with visiting(browser, demo) as page:
        await page.add_init_script(MARKS_THE_INBOX)
        await page.goto(await demo.sign_in_address())
        await expect(page.get_by_label("Conversations").get_by_role("link").first).to_be_visible()
        await page.wait_for_function("performance.getEntriesByName('inbox').length > 0")
        loaded = await page.evaluate(LOADED_BEFORE)
    of_page = {path: size for path, size in loaded if path == "/" or path.startswith("/console/")}

    assert len(of_page) >= 3
    assert all(of_page.values())
    assert sum(of_page.values()) < FIRST_LOAD_KB * 1_000
    assert [path for path in of_page if any(screen in path for screen in LATER)] == []


@pytest.mark.asyncio(loop_scope="session")
async def test_the_other_screens_are_loaded_soon_and_then_shown_at_once(browser: Browser, demo: Demo):
    async with visiting(browser, demo) as page:
        await page.goto(await demo.sign_in_address())
        await page.wait_for_function(ALL_ARE_LOADED, arg=LATER)
        await page.evaluate(WATCHES_FOR_LOADING)

        await page.get_by_label("Conversations").get_by_role("link", name="House on Elm Street").click()
        await expect(page.get_by_label("Message to")).to_be_visible()
        await page.get_by_role("link", name="History", exact=True).click()
        await expect(page.get_by_role("heading", name="History of House on Elm Street")).to_be_visible()
        await page.get_by_role("link", name="New group").click()
        await expect(page.get_by_role("combobox", name="Participants")).to_be_focused()
        for screen in ("Contacts", "Reviews", "Ledger", "Settings"):
            await page.get_by_label("Main").get_by_role("link", name=screen).click()
            await expect(page.get_by_label("Main").get_by_role("link", name=screen)).to_have_attribute("aria-current", "page")

        assert await page.evaluate("waits") == []
