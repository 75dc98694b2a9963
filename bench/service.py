"""Our side as in production: an API process (`groupchat serve --no-workers`) and a worker process (`groupchat work`).

A group for each connection of the load generator; and what the processes have stored, have still to do, and have used.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import histories
import msgspec
from load import Load, Result
from postgres import Server
from sqlalchemy import func, select

from groupchat.aggregates.group_events import MessageSent
from groupchat.projections.thread import MESSAGES
from groupchat.store.database import Database
from groupchat.store.positions import statuses
from groupchat.store.tables import STORED_EVENTS

CONNECTIONS = 64
BODY = msgspec.json.encode({"body": histories.message_sent().body}).decode()
_HERE = Path(__file__).parent
SERVE = ("-m", "groupchat", "serve", "--no-workers", "--port", "0")
LISTENING = r"http://127.0.0.1:(\d+)"
_START_SECONDS = 30
_STOP_SECONDS = 20


class _Answer(msgspec.Struct, frozen=True):
    """A response: its body, and the position that covers it."""

    body: bytes
    position: str | None


class Service:
    """Our API and worker, with a group for each connection."""

    def __init__(self, stack: ExitStack, server: Server, settings: Mapping[str, str] | None = None) -> None:
        """Start the processes, with more settings if there are any."""
        url = server.database()
        environment = environment_of(url) | dict(settings or {})
        self.database = Database(url)
        stack.callback(self.database.close)
        self.worker = stack.enter_context(started(("-m", "groupchat", "work"), environment, r"Working"))[0]
        self.api, output = stack.enter_context(started(SERVE, environment, LISTENING))
        self.port = int(output)
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        stack.callback(self._connection.close)
        self._key = founded(environment)
        self._call("/v1/numbers", {"number": histories.BUSINESS, "default": True})
        self._paths = [self._group(n) for n in range(CONNECTIONS)]

    def post(self, seconds: float, **how: Any) -> Result:
        """Post for a while; every message with the response 201 is stored."""
        before = self.sent()
        result = post(Load(port=self.port, paths=self._paths, key=self._key, body=BODY, seconds=seconds, **how))
        if result.refused or self.sent() - before != result.accepted:
            msg = f"{result.accepted} messages were accepted, {result.refused} refused, {self.sent() - before} are stored"
            raise RuntimeError(msg)
        return result

    def post_beside(self, seconds: float, rate: float) -> None:
        """Post at a rate, while something else is measured."""
        post(Load(port=self.port, paths=self._paths, key=self._key, body=BODY, seconds=seconds, rate=rate))

    def reconnect(self) -> None:
        """Use a new connection for what follows: the server closes one that nobody has used for a while."""
        self._connection.close()  # the next request opens it

    def write_and_see(self) -> None:
        """Send a message, and read the first page of the inbox when it shows it."""
        written = self._request("POST", self._paths[0], BODY.encode())
        self._request("GET", "/v1/conversations?limit=1", None, {"Groupchat-Min-Position": written.position or ""})

    def write(self) -> int:
        """Send a message; return its position."""
        return int(self._request("POST", self._paths[0], BODY.encode()).position or 0)

    def undelivered(self) -> int:
        """Return how many messages some recipient has not got, as the thread shows it."""
        query = select(func.count()).where(MESSAGES.c.doc.like('%"status":"queued"%') | MESSAGES.c.doc.like('%"status":"sent"%'))
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def head(self) -> int:
        """Return the position of the newest event."""
        with self.database.read() as connection:
            return int(connection.execute(select(func.max(STORED_EVENTS.c.id))).scalar_one())

    def behind(self, *, without: Collection[str] = ()) -> int:
        """Return how many events the slowest follower still has to handle, of all but those that are left out."""
        return self.head() - min(status.position for name, status in statuses(self.database).items() if name not in without)

    def sent(self) -> int:
        """Return how many messages are stored."""
        query = select(func.count()).where(STORED_EVENTS.c.topic == MessageSent.TOPIC)
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def _group(self, n: int) -> str:
        people = [{"number": number} for number in histories.people(n)]
        made = self._call("/v1/conversations", {"from": histories.BUSINESS, "participants": people})
        return f"/v1/conversations/{made['id']}/messages"

    def _call(self, path: str, body: Mapping[str, Any]) -> Any:
        return msgspec.json.decode(self._request("POST", path, msgspec.json.encode(body)).body)

    def _request(self, method: str, path: str, body: bytes | None, more: Mapping[str, str] | None = None) -> "_Answer":
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **(more or {})}
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        output = answer.read()
        if answer.status not in (http.client.CREATED, http.client.OK):
            msg = f"{method} {path} answered {answer.status}: {output.decode()}"
            raise RuntimeError(msg)
        return _Answer(output, answer.getheader("Groupchat-Position"))


def environment_of(url: str) -> dict[str, str]:
    """Return the environment of processes on a database. Requests are counted, as in production, but never too many."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")} | {
        "GROUPCHAT_DATABASE_URL": url,
        "GROUPCHAT_LOG_LEVEL": "warning",
        "GROUPCHAT_RATE_LIMIT": "1000000",
        "GROUPCHAT_WORKSPACE_RATE_LIMIT": "1000000",
    }


@contextmanager
def held(*processes: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hold processes (SIGSTOP), which would share the machine with what is measured."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


@contextmanager
def started(
    arguments: tuple[str, ...], environment: Mapping[str, str], ready: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a Python program, wait until it says that it is ready, and stop it at the end by its own id."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=log, stderr=log)
        try:
            yield process, _said(process, Path(log.name), ready)
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _said(process: subprocess.Popen[bytes], log: Path, ready: str) -> str:
    until = monotonic() + _START_SECONDS
    while process.poll() is None and monotonic() < until:
        if match := re.search(ready, log.read_text()):
            return match[match.re.groups]
        sleep(0.05)
    msg = f"{process.args!r} did not start: {log.read_text()}"
    raise RuntimeError(msg)


def founded(environment: Mapping[str, str]) -> str:
    """Make a workspace; return its owner's key."""
    init = [sys.executable, "-m", "groupchat", "init", "--workspace", "Bench", "--owner", "bench@example.com"]
    done = subprocess.run(init, env=environment, check=True, capture_output=True)
    return str(msgspec.json.decode(done.stdout)["api_key"])


def post(load: Load) -> Result:
    """Run the load generator."""
    client = [sys.executable, str(_HERE / "load.py"), msgspec.json.encode(load).decode()]
    done = subprocess.run(client, check=True, stdout=subprocess.PIPE, timeout=load.seconds + 60)
    return msgspec.json.decode(done.stdout, type=Result)
