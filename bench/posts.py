"""`POST /v1/conversations/{id}/messages` over HTTP, durable on Postgres, against a bare FastAPI that echoes the same body.

Ours is as it runs in earnest: an API process (`groupchat serve --no-workers`) and a worker process (`groupchat work`), which
follows with projections and delivery as fast as it can. The echo has the same server, client, connections, paths and bytes.
While the echo has its turn our worker is held (SIGSTOP), so that what it has still to do does not weigh on the other side.
"""

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import histories
import msgspec
from load import Load, Result
from postgres import Server
from rounds import Measure, alternate, compare
from sqlalchemy import func, select

from groupchat.aggregates.group_events import MessageSent
from groupchat.store.database import Database
from groupchat.store.positions import statuses
from groupchat.store.tables import STORED_EVENTS

CONNECTIONS = 64
BODY = msgspec.json.encode({"body": histories.message_sent().body}).decode()
_HERE = Path(__file__).parent
_START_SECONDS = 30
_STOP_SECONDS = 20


class _Ours:
    """Our API and worker, with a group for each connection."""

    def __init__(self, stack: ExitStack, server: Server, seconds: float) -> None:
        url = server.database()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
        unlimited = {"GROUPCHAT_RATE_LIMIT": "1000000"}  # counted, as it is in earnest, but never reached
        environment |= {"GROUPCHAT_DATABASE_URL": url, "GROUPCHAT_LOG_LEVEL": "warning"} | unlimited
        self._database = Database(url)
        stack.callback(self._database.close)
        self._seconds = seconds
        self.worker = stack.enter_context(_started(("-m", "groupchat", "work"), environment, r"Working"))[0]
        self._api, said = stack.enter_context(
            _started(("-m", "groupchat", "serve", "--no-workers", "--port", "0"), environment, r"http://127.0.0.1:(\d+)")
        )
        self._port = int(said)
        self._key = _founded(environment)
        self._call("/v1/numbers", {"number": histories.BUSINESS, "default": True})
        self._paths = [self._group(n * histories.PARTICIPANTS) for n in range(CONNECTIONS)]
        self.results: list[Result] = []
        self.cpu: list[float] = []

    def post(self) -> float:
        """Post for a while; every message that was answered with 201 is stored."""
        before, cpu = self._sent(), _cpu_seconds(self._api)
        result = _load(Load(port=self._port, paths=self._paths, key=self._key, body=BODY, seconds=self._seconds))
        if result.refused or self._sent() - before != result.accepted:
            msg = f"{result.accepted} messages were accepted, {result.refused} refused, {self._sent() - before} are stored"
            raise RuntimeError(msg)
        self.results.append(result)
        self.cpu.append((_cpu_seconds(self._api) - cpu) / result.accepted)
        return result.accepted / result.seconds

    def behind(self) -> int:
        """Return how many events the slowest follower still has to handle."""
        with self._database.read() as connection:
            head: int = connection.execute(select(func.max(STORED_EVENTS.c.id))).scalar_one()
        return head - min(status.position for status in statuses(self._database).values())

    def _sent(self) -> int:
        query = select(func.count()).where(STORED_EVENTS.c.topic == MessageSent.TOPIC)
        with self._database.read() as connection:
            found: int = connection.execute(query).scalar_one()
        return found

    def _group(self, first: int) -> str:
        people = [{"number": histories.person(n)} for n in range(first, first + histories.PARTICIPANTS)]
        made = self._call("/v1/conversations", {"from": histories.BUSINESS, "participants": people})
        return f"/v1/conversations/{made['id']}/messages"

    def _call(self, path: str, body: Mapping[str, Any]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        connection.request("POST", path, msgspec.json.encode(body), headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if answer.status != http.client.CREATED:
            msg = f"POST {path} answered {answer.status}: {said.decode()}"
            raise RuntimeError(msg)
        return msgspec.json.decode(said)


class _Echo:
    """The echo, with our worker held meanwhile."""

    def __init__(self, stack: ExitStack, ours: _Ours, seconds: float) -> None:
        self._worker, self._seconds = ours.worker, seconds
        self._process, said = stack.enter_context(_started((str(_HERE / "echo.py"),), dict(os.environ), r"http://127.0.0.1:(\d+)"))
        self._port = int(said)
        self.results: list[Result] = []
        self.cpu: list[float] = []

    def post(self) -> float:
        """Post to the echo in FastAPI's own way."""
        result, cpu = self._post("/v1/conversations/{}/messages")
        self.results.append(result)
        self.cpu.append(cpu / result.accepted)
        return result.accepted / result.seconds

    def post_raw(self) -> float:
        """Post to the echo that neither parses nor encodes."""
        result, _ = self._post("/raw/{}")
        return result.accepted / result.seconds

    def _post(self, path: str) -> tuple[Result, float]:
        paths = [path.format(f"cnv_{n:032d}") for n in range(CONNECTIONS)]
        load = Load(port=self._port, paths=paths, key=f"gck_{'0' * 32}_{'0' * 43}", body=BODY, seconds=self._seconds)
        before = _cpu_seconds(self._process)
        self._worker.send_signal(signal.SIGSTOP)
        try:
            result = _load(load)
        finally:
            self._worker.send_signal(signal.SIGCONT)
        if result.refused:
            msg = f"the echo refused {result.refused} requests"
            raise RuntimeError(msg)
        return result, _cpu_seconds(self._process) - before


def measure(server: Server, *, rounds: int, seconds: float, disk: str) -> list[Measure]:
    """Return the rate of accepted messages against that of echoes; the notes tell latencies and what the processes used."""
    with ExitStack() as stack:
        ours = _Ours(stack, server, seconds)
        echo = _Echo(stack, ours, seconds)
        rates = alternate(f"HTTP, disk {disk}", {"ours": ours.post, "echo": echo.post, "raw echo": echo.post_raw}, rounds)
        behind = ours.behind()
    line, unit = "POST a message, durable on Postgres", "requests/s"
    found = compare(f"{line} / bare FastAPI echo", rates["ours"], rates["echo"], goal=0.6, unit=unit, disk=disk)
    found.notes = {
        **{f"ours_{name}": value for name, value in _notes(ours.results, ours.cpu).items()},
        **{f"other_{name}": value for name, value in _notes(echo.results, echo.cpu).items()},
        "worker_behind_events": behind,
    }
    raw = f"{line} / echo of bytes, unparsed"
    return [found, compare(raw, rates["ours"], rates["raw echo"], goal=None, unit=unit, disk=disk)]


def _notes(results: list[Result], cpu: list[float]) -> dict[str, float]:
    """Return medians without the round that warms up; the server's CPU time per request in microseconds."""
    return {
        "p50_ms": round(median(result.p50_ms for result in results[1:]), 1),
        "p99_ms": round(median(result.p99_ms for result in results[1:]), 1),
        "client_cpu": round(median(result.cpu for result in results[1:]), 2),
        "server_cpu_us": round(median(cpu[1:]) * 1e6),
    }


def _cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return how long a process has worked, in user and system time; 0 where there is no `/proc`."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _started(
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


def _founded(environment: Mapping[str, str]) -> str:
    init = [sys.executable, "-m", "groupchat", "init", "--workspace", "Bench", "--owner", "bench@example.com"]
    done = subprocess.run(init, env=environment, check=True, capture_output=True)
    return str(msgspec.json.decode(done.stdout)["api_key"])


def _load(load: Load) -> Result:
    client = [sys.executable, str(_HERE / "load.py"), msgspec.json.encode(load).decode()]
    done = subprocess.run(client, check=True, stdout=subprocess.PIPE, timeout=load.seconds + 60)
    return msgspec.json.decode(done.stdout, type=Result)
