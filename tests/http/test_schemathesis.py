"""Schemathesis against the real server: every operation, every check, with what the document itself says is good and bad."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import httpx
import uvicorn
from msgspec.structs import replace

from groupchat import bootstrap
from groupchat.http.app import create_app
from groupchat.settings import Settings
from tests.support.builders import BUSINESS, number
from tests.support.world import found

SECONDS = 20
CONFIG = """
base-url = "{url}"
headers = {{ Authorization = "Bearer {key}" }}
max-time = {seconds}
continue-on-failure = true

[generation]
max-examples = 8
deterministic = true
no-shrink = true

[checks]
# The rules refuse much that is well formed: a number that exists in no plan (R3), a group that is there already (R35) or is blocked
# (R15), what a role forbids (R20); a made-up If-Match does not hold. The document can't say which, so these are answers to good
# data as well.
positive_data_acceptance.expected-statuses = ["2xx", "403", "404", "409", "412", "422", "503"]
# A view that has not reached Groupchat-Min-Position answers 503 `projection-behind`, as documented; positions are made up here.
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]

[[operations]]
include-operation-id = "revoke_key"  # it would take away the key of this very run; tests of its own cover it
enabled = false

[[operations]]
include-tag = "session"  # a session begins with a real key, which no document can give; tests of their own cover it
enabled = false
"""

UNLIMITED = {"rate_limit": 0, "workspace_rate_limit": 0, "login_failures": 0, "stream_seconds": 0.05}
"""As often as it likes; a stream tells what there is, and ends."""

Address = tuple[str, str, uvicorn.Server]


@contextmanager
def serving(database_url: str) -> Iterator[tuple[str, str]]:
    """Serve a new workspace in a thread with a loop of its own; give its URL and its owner's key."""
    listening: Future[Address] = Future()
    thread = Thread(target=_run, args=(database_url, listening))
    thread.start()
    try:
        url, key, server = listening.result(30)
        yield url, key
        server.should_exit = True
    finally:
        thread.join(30)


def _run(database_url: str, listening: Future[Address]) -> None:
    try:
        asyncio.run(_serve(database_url, listening))
    except Exception as error:
        if listening.done():
            raise
        listening.set_exception(error)


async def _serve(database_url: str, listening: Future[Address]) -> None:
    async with bootstrap.running(Settings(database_url=database_url, **UNLIMITED)) as system, bootstrap.working(system, ()):
        founded = await found(system.store)
        app = create_app(replace(system.services(), patience=0.05))
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.wait({serving}, timeout=0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        listening.set_result((f"http://127.0.0.1:{port}", founded.api_key, server))
        await serving


def _begin(url: str, key: str) -> None:
    """Give the workspace a number, a contact and a group, so that there is something to find."""
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        people = [{"number": number(1)}, {"number": number(2)}]
        for path, body in (
            ("/v1/numbers", {"number": BUSINESS, "default": True}),
            ("/v1/contacts", {"name": "Ann", "number": number(1)}),
            ("/v1/conversations", {"from": BUSINESS, "participants": people, "message": {"body": "Hello"}}),
        ):
            assert client.post(path, json=body).status_code == 201


def test_the_api_is_what_its_document_says(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url) as (url, key):
        _begin(url, key)
        config = tmp_path / "schemathesis.toml"
        config.write_text(CONFIG.format(url=url, key=key, seconds=SECONDS))
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", f"{url}/openapi.json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 2, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
