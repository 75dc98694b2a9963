"""A process of the API that is sent one request many times at once: `python -m tests.races.api_racer URL API_KEY PATH TIMES`.

It prints `ready`, waits for a line, and prints the responses: `[[status, body], ...]` as JSON. Used in this process, too.
"""

import asyncio
import sys

import httpx
import msgspec

from groupchat import bootstrap
from groupchat.http.app import create_app
from groupchat.settings import Settings
from groupchat.store.event_store import EventStore
from tests.store.following import log_to_stderr, opened

SETTINGS = Settings(rate_limit=0, workspace_rate_limit=0)
Answers = list[tuple[int, str]]


def client_of(store: EventStore, api_key: str) -> httpx.AsyncClient:
    """Return a client of the API, as one process serves it without workers."""
    system = bootstrap.assemble(SETTINGS, store.database, store.signals, store)
    transport = httpx.ASGITransport(create_app(system.services))
    headers = {"Authorization": f"Bearer {api_key}"}
    return httpx.AsyncClient(transport=transport, base_url="http://groupchat.test", headers=headers)


async def send(client: httpx.AsyncClient, path: str, key: str) -> httpx.Response:
    """Send a message under a key, which is its body too."""
    return await client.post(path, json={"body": key}, headers={"Idempotency-Key": key})


async def race(client: httpx.AsyncClient, path: str, times: int) -> Answers:
    """Send the same request so many times at once."""
    answers = await asyncio.gather(*(send(client, path, "race") for _ in range(times)))
    return [(each.status_code, each.text) for each in answers]


async def serve(url: str, api_key: str, path: str, times: int) -> None:
    """Race when a line comes."""
    async with opened(url) as store, client_of(store, api_key) as client:
        await client.get(path.removesuffix("/messages"))
        print("ready", flush=True)  # noqa: T201 - a test waits for it
        await asyncio.to_thread(sys.stdin.readline)
        print(msgspec.json.encode(await race(client, path, times)).decode())  # noqa: T201 - what it is run for


if __name__ == "__main__":
    log_to_stderr()
    asyncio.run(serve(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
