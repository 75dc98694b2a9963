"""A real server with the console, and a real browser. Without Chromium or npm, these tests are skipped; in CI they fail."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from filelock import FileLock
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from console import build
from nodejs.run import NoPackagesError
from tests.conftest import IN_CI
from tests.console.person import Demo, Person
from tests.console.serving import demo_server

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first needs half as much CPU time as the others, because it has no windows to draw."""
expect.set_options(timeout=60_000)
ARGUMENTS = [
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--disable-site-isolation-trials",
]


def _without(reason: str) -> None:
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The console, built from these sources by the first of xdist's workers."""
    with FileLock(tmp_path_factory.getbasetemp().parent / "console.lock"):
        try:
            build.build()
        except NoPackagesError as error:
            _without(f"no console here, which needs npm's registry: {error}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        _without("no Chromium here: install Debian's package `chromium-headless-shell` or `chromium`")
    return str(found)


@pytest.fixture(scope="session")
def demo(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`groupchat demo`, in a process of its own."""
    with demo_server(tmp_path_factory.mktemp("console")) as served:
        yield served


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser; each page has a profile of its own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, chromium_sandbox=False, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def api(demo: Demo) -> AsyncIterator[httpx.AsyncClient]:
    """The API, for the demo's owner."""
    async with httpx.AsyncClient(base_url=demo.url, headers={"Authorization": f"Bearer {demo.key}"}) as client:
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def owner(browser: Browser, demo: Demo) -> AsyncIterator[Person]:
    """The demo's owner, who opened the address that the server printed."""
    async with visiting(browser, demo) as page:
        await page.goto(await demo.sign_in_address())
        yield Person(page, demo)
    await demo.end_sessions()


@asynccontextmanager
async def visiting(browser: Browser, demo: Demo, *, elsewhere: str | None = None, **given: object) -> AsyncIterator[Page]:
    """Open a page. At its end it must have logged nothing, and have asked only the server and the site `elsewhere`."""
    context: BrowserContext = await browser.new_context(**given)  # type: ignore[arg-type]
    page = await context.new_page()
    logged: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: logged.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: logged.append(f"{error}"))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    await context.close()
    assert [line for line in logged if "Failed to load resource" not in line] == []
    allowed = (demo.url, elsewhere or demo.url)
    assert [url for url in asked if not url.startswith(allowed)] == []
