"""`groupchat serve` as a process: it ends in order, also while event streams are open."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from groupchat.bootstrap import running
from groupchat.settings import Settings
from groupchat.store.database import Database
from groupchat.store.tables import STORED_EVENTS
from tests.support.builders import BUSINESS, number
from tests.support.world import found

GROUPCHAT = Path(sys.executable).with_name("groupchat")
PATIENCE = 30.0


@pytest.fixture
def environment(sqlite_url: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
    return clean | {"GROUPCHAT_DATABASE_URL": sqlite_url, "GROUPCHAT_LOG_FORMAT": "json"}


@pytest.fixture
async def key(sqlite_url: str) -> str:
    """A workspace's owner's."""
    async with running(Settings(database_url=sqlite_url)) as system:
        return (await found(system.store)).api_key


@pytest.fixture
def server(environment: dict[str, str], key: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server, and its address."""
    process = subprocess.Popen([GROUPCHAT, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        address = next(line["address"] for line in map(json.loads, process.stderr) if line["event"] == "started")
        yield process, address
    finally:
        process.kill()
        process.communicate()


def test_a_server_that_is_stopped_ends_its_streams_in_order_and_then_itself(server, key):
    process, address = server
    headers = {"Authorization": f"Bearer {key}"}
    output = []
    opened = threading.Event()

    def listen() -> None:
        with (
            httpx.Client(timeout=PATIENCE) as client,
            client.stream("GET", f"{address}/v1/events?after=0", headers=headers) as stream,
        ):
            for line in stream.iter_lines():  # raises if the answer does not end in order
                output.append(line)
                if line.startswith("event: groupchat.workspace.created"):
                    opened.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(PATIENCE)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    listener.join(PATIENCE)

    assert "id: 0" in output
    assert process.stderr
    lines = [json.loads(line) for line in process.stderr]
    assert [line["reason"] for line in lines if line["event"] == "stream_ended"] == ["shutdown"]
    assert not any(line["level"] == "error" for line in lines)


def test_a_server_that_is_stopped_stores_the_refusals_that_it_has_counted_R15(server, key, sqlite_url):
    process, address = server
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE) as client:
        client.post("/v1/numbers", json={"number": BUSINESS}).raise_for_status()
        participants = [{"number": number(1)}, {"number": number(2)}]
        made = client.post("/v1/conversations", json={"from": BUSINESS, "participants": participants}).raise_for_status()
        path = f"/v1/conversations/{made.json()['id']}"
        client.post(f"{path}/participants/{number(1)}/opt-out").raise_for_status()
        for _ in range(7):
            assert client.post(f"{path}/messages", json={"body": "Hi"}).status_code == 409
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0

    database = Database(sqlite_url)
    with database.read() as connection:
        query = select(STORED_EVENTS.c.state).where(STORED_EVENTS.c.topic == "groupchat.refusal.recorded")
        records = [json.loads(state)["data"] for state in connection.execute(query).scalars()]
    database.close()
    assert sum(each["times"] for each in records) == 7
    assert len(records) < 7
