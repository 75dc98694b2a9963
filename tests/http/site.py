"""The API as its callers meet it: the real application and its workers in this process, spoken to over HTTP without a socket."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from msgspec.structs import replace

from groupchat import bootstrap
from groupchat.adapters import Adapter
from groupchat.aggregates.users import AddUser, FirstKey
from groupchat.aggregates.workspace_state import User
from groupchat.commands import keys
from groupchat.commands.streams import USERS
from groupchat.http.app import create_app
from groupchat.http.services import Services
from groupchat.projections import VIEWS
from groupchat.settings import Settings
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from tests.store.following import opened
from tests.support.builders import BUSINESS, number
from tests.support.world import World, a_world

Json = dict[str, Any]
OTHER_BUSINESS = "+16285550199"
WEBHOOK_KEY = "a" * 43 + "="
SETTINGS = Settings(
    rate_limit=0,
    workspace_rate_limit=0,
    login_failures=0,
    stream_seconds=0.05,
    webhook_key=WEBHOOK_KEY,
    webhook_networks="127.0.0.1/32",
)
"""No limits; a stream sends the stored events, and ends."""
EVERYDAY = (*VIEWS, "contact_changes", "delivery", "simulator")
"""The workers that most tests need. Each of the others would cost every test as much as these."""


class Site:
    """One caller of the API. Every read waits for the last write that this site saw."""

    def __init__(self, client: httpx.AsyncClient, world: World, services: Services, key: str | None = None) -> None:
        self.client = client
        self.world = world
        self.services = services
        self.store = services.store
        self.position = 0
        self.key = key or world.key

    def with_key(self, key: str) -> "Site":
        """Return the same API for another caller."""
        return Site(self.client, self.world, self.services, key)

    async def request(self, method: str, path: str, *, key: str | None = None, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key or self.key}"} | given.pop("headers", {})
        if method == "GET" and self.position:
            headers.setdefault("Groupchat-Min-Position", str(self.position))
        response = await self.client.request(method, path, headers=headers, **given)
        self.position = max(self.position, int(response.headers.get("Groupchat-Position", 0)))
        return response

    async def get(self, path: str, **params: Any) -> httpx.Response:
        return await self.request("GET", path, params=params or None)

    async def post(self, path: str, json: Any = None, **given: Any) -> httpx.Response:
        return await self.request("POST", path, json=json, **given)

    async def put(self, path: str, json: Any = None, **given: Any) -> httpx.Response:
        return await self.request("PUT", path, **({"json": json} if json is not None else {}), **given)

    async def patch(self, path: str, json: Any) -> httpx.Response:
        return await self.request("PATCH", path, json=json)

    async def delete(self, path: str) -> httpx.Response:
        return await self.request("DELETE", path)

    # --- what most tests begin with

    async def group(self, *people: int, **given: Any) -> Json:
        """Create a group of the people with these numbers (1 and 2 if none) and return it."""
        participants = [{"number": number(n)} for n in people or (1, 2)]
        response = await self.post("/v1/conversations", {"from": BUSINESS, "participants": participants} | given)
        assert response.status_code == 201, response.text
        return response.json()

    async def contact(self, n: int, name: str = "Bob", **given: Any) -> Json:
        """Add a contact and return it."""
        response = await self.post("/v1/contacts", {"name": name, "number": number(n)} | given)
        assert response.status_code == 201, response.text
        return response.json()

    async def send(self, conversation: Json, body: str = "Hello all", **given: Any) -> Json:
        """Send a message and return it."""
        response = await self.post(messages_of(conversation), {"body": body} | given)
        assert response.status_code == 201, response.text
        return response.json()

    async def writes(self, n: int, body: str, **given: Any) -> httpx.Response:
        """Let the n-th person's handset write to the business."""
        message = {"from": number(n), "to": BUSINESS, "body": body} | given
        return await self.post("/v1/simulator/inbound", message)

    async def member(self) -> "Site":
        """Return the API for a user who manages nothing."""
        key, key_hash = keys.new_key(self.world.who.workspace_id)
        ben = User(id="usr_ben", name="Ben", email="ben@example.com", role="member", assigned_only=False, active=True)
        add = AddUser(user=ben, key=FirstKey("key_ben", key_hash))
        await self.store.run(self.world.who.cause(), Decision.take, USERS, self.world.who.workspace_id, add)
        return self.with_key(key)

    async def stranger(self) -> "Site":
        """Return the API for the owner of another workspace, with a business number of its own."""
        return self.with_key((await a_world(self.store, OTHER_BUSINESS)).key)


def path_of(conversation: Json, *rest: str) -> str:
    """Return a conversation's path, or one below it."""
    return "/".join(("/v1/conversations", conversation["id"], *rest))


def messages_of(conversation: Json) -> str:
    """Return the path of a conversation's messages."""
    return path_of(conversation, "messages")


def assert_problem(response: httpx.Response, slug: str, status: int) -> Json:
    """Check that an answer is a problem of this kind, of the right form; return it."""
    body = response.json()
    assert (body["type"], response.status_code) == (f"/problems/{slug}", status), response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    assert all(isinstance(body[member], str) and body[member] for member in ("title", "detail", "instance"))
    return body


def locs(problem: Json) -> list[str]:
    """Return the places of an `invalid-request`."""
    return [error["loc"] for error in problem["errors"]]


@asynccontextmanager
async def open_site(
    store: EventStore, *, workers: Sequence[str] | None = EVERYDAY, adapter: Adapter | None = None, **services: Any
) -> AsyncIterator[Site]:
    """Serve a new workspace; `workers` as in `bootstrap.working`, `services` replace parts of what HTTP works with."""
    bootstrap.provide_threads(store.database)
    with TemporaryDirectory() as media:
        settings = replace(SETTINGS, media_url=f"file://{media}")
        system = bootstrap.assemble(settings, store.database, store.signals, store, adapter=adapter)
        async with bootstrap.working(system, workers):
            parts = replace(system.services, **services)
            async with client_of(parts) as client:
                yield Site(client, await a_world(store), parts)
            await parts.refusals.close()


@asynccontextmanager
async def another_process(site: Site, **options: Any) -> AsyncIterator[Site]:
    """Give the same API to the same caller, as another process serves it, with the options of its store."""
    async with opened(site.store.database.url.render_as_string(hide_password=False), **options) as store:
        services = bootstrap.assemble(Settings(), store.database, store.signals, store).services
        async with client_of(services) as client:
            yield Site(client, site.world, services, site.key)


@asynccontextmanager
async def client_of(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the application."""
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url="http://groupchat.test") as client:
        yield client
