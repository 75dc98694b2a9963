"""The console before a large workspace: the time until its inbox can be used, and long tasks while somebody scrolls.

`python bench/console.py --conversations 100000` makes that many conversations, and one with 2,000 messages, in an empty SQLite
database, serves them, and opens the console in Chromium. It needs the built console (`python -m console.build`).
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import histories
import httpx
from playwright.async_api import Browser, Page, async_playwright, expect

from groupchat import logs, server
from groupchat.aggregates import consent
from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.group_events import Created, InboundReceived, Participant
from groupchat.aggregates.workspace import existing
from groupchat.bootstrap import running
from groupchat.commands.business_numbers import add_number
from groupchat.commands.caller import Caller
from groupchat.commands.keys import by_operator
from groupchat.commands.streams import WORKSPACE
from groupchat.commands.workspaces import create_workspace
from groupchat.projections import VIEWS
from groupchat.projections.rebuild import rebuild
from groupchat.settings import Settings
from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.positions import statuses
from groupchat.values.event import Event
from groupchat.values.ids import new_id
from groupchat.values.policy import Policy
from groupchat.workers import REQUIRED, reported

LONG = 2_000
RUNS = 5
TEXTS = 20
_CATEGORY = "disabled-by-default-devtools.timeline"
"""The events of a trace that have each task's CPU time."""
_SCROLL = """
async () => {
  const list = document.querySelector(".bubbles");
  for (let at = list.scrollHeight; at > 0; at -= 400) {
    list.scrollTop = at;
    await new Promise(requestAnimationFrame);
  }
}
"""


def history(conversations: int) -> Iterator[tuple[str, Event]]:
    """Return the events of all conversations, each with its stream; the last conversation is the long one."""
    for n in range(conversations + 1):
        conversation = new_id("cnv")
        first = 2 * (conversations - n)  # the long conversation is that of persons 0 and 1
        roster = tuple(Participant(number=_number(each), name=f"Person {each}") for each in (first, first + 1))
        for each in roster:
            joined = consent.GroupJoined(business_number=histories.BUSINESS, number=each.number, conversation_id=conversation)
            yield consent.stream(histories.BUSINESS, each.number), joined
        yield conversation, Created(business_number=histories.BUSINESS, name=None, roster=roster, policy=Policy())
        for said in range(LONG if n == conversations else 1):
            yield conversation, _reply(roster[said % 2], said)


def _number(person: int) -> str:
    return f"+1{2_012_000_000 + person}"


def _reply(writer: Participant, n: int) -> InboundReceived:
    body = f"Message {n}: thanks, see you then. " + "It is a little longer. " * (n % 5)
    return InboundReceived(
        message_id=new_id("msg"),
        number=writer.number,
        name=writer.name or "",
        body=body,
        media=(),
        carrier_message_id=new_id("sim"),
    )


async def make(settings: Settings, conversations: int) -> str:
    """Fill the database; return the owner's API key."""
    async with running(settings) as system:
        workspace_id = new_id("wsp")
        founded = (await system.store.run(by_operator(workspace_id), create_workspace, "Large", "owner@example.com")).value
        owner = existing(await system.store.load_fresh(WORKSPACE, workspace_id)).users[founded.user_id]
        who = Caller(workspace_id, owner, new_id("req"))
        await system.store.run(who.cause(), add_number, who, AddNumber(number=histories.BUSINESS))
        histories.store(system.database, workspace_id, history(conversations))
        await rebuild(system.store, list(VIEWS.values()), lambda _done, _total: None)
        return founded.api_key


def catch_up(settings: Settings) -> None:
    """Wait until all workers have read the history. It was stored past them, and requests wait for them."""
    database = Database(settings.database_url)
    head = Log.of(database).head()
    followers = (*REQUIRED, *reported(relays=False))
    while not all(name in (found := statuses(database)) and found[name].position >= head for name in followers):
        sleep(1)
    database.close()


async def measure(address: str, key: str) -> None:
    """Print what a person waits for."""
    async with (
        httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {key}"}) as client,
        async_playwright() as playwright,
    ):
        for name, path in (("first page", "?limit=50"), ("unread conversations", "?limit=1&count=true")):
            times = [await _call(client.get(f"/v1/conversations{path}")) for _ in range(RUNS)]
            print(f"{f'API: inbox, {name}':44} {median(times):7.0f} ms")
        browser = await playwright.chromium.launch(executable_path=_chromium(), chromium_sandbox=False)
        await _in_browser(browser, client, address, key)
        await browser.close()


def _chromium() -> str | None:
    return shutil.which("chromium-headless-shell") or shutil.which("chromium")


async def _call(response: Awaitable[httpx.Response]) -> float:
    """Return how long a request takes, in milliseconds."""
    start = perf_counter()
    (await response).raise_for_status()
    return 1_000 * (perf_counter() - start)


async def _in_browser(browser: Browser, client: httpx.AsyncClient, address: str, key: str) -> None:
    page = await browser.new_page()
    await page.goto(address)
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    row = page.locator(".inbox li a").first
    await row.wait_for()
    painted, usable = [], []
    for _ in range(RUNS):
        await page.goto("about:blank")
        await page.goto(address)
        await row.wait_for()
        usable.append(await page.evaluate("performance.now()"))
        painted.append(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    print(f"{'console: first contentful paint':44} {median(painted):7.0f} ms")
    print(f"{'console: inbox can be used':44} {median(usable):7.0f} ms")
    await row.click()
    await _hear(page, client)
    await _scroll(browser, page)


async def _hear(page: Page, client: httpx.AsyncClient) -> None:
    """Print how long a text takes from the carrier's call to the screen."""
    times = []
    for n in range(TEXTS):
        said = {"from": _number(0), "to": histories.BUSINESS, "group": [_number(1)], "body": f"Text {n}"}
        start = perf_counter()
        (await client.post("/v1/simulator/inbound", json=said)).raise_for_status()
        await page.locator(".bubble").get_by_text(f"Text {n}", exact=True).wait_for()
        times.append(1_000 * (perf_counter() - start))
    print(f"{'console: an inbound text is on the screen':44} {median(times):7.0f} ms")


async def _scroll(browser: Browser, page: Page) -> None:
    await browser.start_tracing(page=page, categories=[_CATEGORY])
    await _load(page)
    print(f"{f'longest task while {LONG} messages load':44} {_longest(await browser.stop_tracing()):7.0f} ms")
    await browser.start_tracing(page=page, categories=[_CATEGORY])
    await page.evaluate(_SCROLL)
    print(f"{f'longest task while {LONG} messages scroll':44} {_longest(await browser.stop_tracing()):7.0f} ms")


async def _load(page: Page) -> None:
    bubbles = page.locator(".bubbles .bubble")
    while (known := await bubbles.count()) < LONG:
        await page.get_by_role("button", name="Show earlier messages").click()
        await expect(bubbles).not_to_have_count(known)


def _longest(trace: bytes) -> float:
    """Return the CPU time of the longest task of any thread, in milliseconds: it does not depend on what else the machine does."""
    events = json.loads(trace)["traceEvents"]
    return max((each.get("tdur", 0) / 1_000 for each in events if each["name"].endswith("RunTask")), default=0)


async def main() -> None:
    """Make a workspace, serve it, and measure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--conversations", type=int, default=100_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database_url=f"sqlite:///{Path(folder) / 'large.db'}", rate_limit=0, log_level="warning")
        logs.configure(settings)
        start = perf_counter()
        key = await make(settings, given.conversations)
        print(f"{f'make {given.conversations} conversations':44} {perf_counter() - start:7.1f} s", flush=True)
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(
            server.serve(settings, "127.0.0.1", 0, workers=(), announce=lambda address, _: listening.set_result(address))
        )
        address = await listening
        await asyncio.to_thread(catch_up, settings)
        await measure(address, key)
        os.kill(os.getpid(), signal.SIGTERM)
        await serving


if __name__ == "__main__":
    asyncio.run(main())
