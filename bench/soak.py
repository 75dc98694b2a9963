"""`make soak`: mixed load with kills, and a check of the store. `python bench/soak.py [minutes]`; ten minutes if none are named.

Clients send, let handsets reply, and read the inbox and threads, at a steady rate. Again and again the API or the worker is killed
(SIGKILL) and started again; in the last quarter nobody is. Afterwards:

- every message that was answered with 201 is stored, and delivered to everybody;
- no handset has a message twice;
- every view equals a rebuild from the events;
- API and worker use at most 300 MiB.

Prints percentiles of the answers to `POST`, writes them to `build/soak.json` and draws them in `build/soak.svg`.
"""

import asyncio
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any

import histories
import httpx
import msgspec
import plot
import postgres
import uvloop
from end_to_end import settle
from rounds import CONSOLE, percentiles
from service import BODY, environment_of, founded
from sqlalchemy import create_engine, text

BUILD = Path(__file__).parent.parent / "build"
ACTIONS_PER_SECOND = 60
CLIENTS = 24
GROUPS = 40
MOST_MIB = 300
_PERIOD_SECONDS = 5.0
_REPLY = {"to": histories.BUSINESS, "body": "Thanks, see you then"}


class Period(msgspec.Struct, kw_only=True):
    """A few seconds of the run: response times of `POST` in milliseconds, and resident memory in MiB."""

    at: float
    posts: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    api_mib: float
    worker_mib: float


class _Part:
    """A process that can be killed and started again."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        self._arguments, self._environment = arguments, environment
        self._log = folder / f"{arguments[0]}.log"
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            program = [sys.executable, "-m", "groupchat", *self._arguments]
            return subprocess.Popen(program, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """Kill it, and start it again."""
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def stop(self) -> None:
        """End it in order."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def mib(self) -> float:
        """Return its resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(found[1]) / 1_024 if (found := re.search(r"VmRSS:\s+(\d+)", status)) else 0.0


class Soak:
    """One run."""

    def __init__(self, folder: Path, url: str, seconds: float) -> None:
        self._seconds = seconds
        self.environment = environment = environment_of(url)
        key, port = founded(environment), _free_port()
        self.worker = _Part(folder, environment, "work")
        self.api = _Part(folder, environment, "serve", "--no-workers", "--port", str(port))
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, timeout=30
        )
        self._groups: list[tuple[str, Sequence[str]]] = []
        self._took: list[float] = []
        self.acknowledged: list[str] = []
        self.periods: list[Period] = []
        self.kills = 0

    async def run(self) -> None:
        """Prepare, and load for the time."""
        await self._until_it_answers()
        await self._post("/v1/numbers", {"number": histories.BUSINESS, "default": True})
        for n in range(GROUPS):
            people = histories.people(n)
            made = await self._post(
                "/v1/conversations", {"from": histories.BUSINESS, "participants": [{"number": each} for each in people]}
            )
            self._groups.append((made["id"], people))
        until = monotonic() + self._seconds
        await asyncio.gather(self._kill(until - self._seconds / 4), self._watch(until), *(self._act(until) for _ in range(CLIENTS)))
        await self._client.aclose()

    async def _until_it_answers(self) -> None:
        while True:
            try:
                await self._client.get("/readyz")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return

    async def _act(self, until: float) -> None:
        """Act as one client. Requests that fail because a process was just killed are not repeated."""
        choices: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (60, self._send),
            (20, self._reply),
            (15, self._list),
            (5, self._read),
        ]
        weights, actions = zip(*choices, strict=True)
        while monotonic() < until:
            due = monotonic() + random.expovariate(ACTIONS_PER_SECOND / CLIENTS)
            try:
                await random.choices(actions, weights)[0]()
            except httpx.TransportError:
                await asyncio.sleep(0.2)
            await asyncio.sleep(max(due - monotonic(), 0))

    async def _send(self) -> None:
        conversation, _ = random.choice(self._groups)
        begun = perf_counter()
        sent = await self._post(f"/v1/conversations/{conversation}/messages", msgspec.json.decode(BODY))
        self._took.append((perf_counter() - begun) * 1_000)
        self.acknowledged.append(sent["id"])

    async def _reply(self) -> None:
        _, people = random.choice(self._groups)
        await self._post("/v1/simulator/inbound", _REPLY | {"from": people[0], "group": people[1:]})

    async def _list(self) -> None:
        (await self._client.get("/v1/conversations")).raise_for_status()

    async def _read(self) -> None:
        conversation, _ = random.choice(self._groups)
        (await self._client.get(f"/v1/conversations/{conversation}/messages")).raise_for_status()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self._client.post(path, json=body)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise httpx.ReadError(answer.text)
        answer.raise_for_status()
        return answer.json()

    async def _kill(self, until: float) -> None:
        while monotonic() + _PERIOD_SECONDS < until:
            await asyncio.sleep(random.uniform(1, 2) * _PERIOD_SECONDS)
            await asyncio.to_thread(random.choice((self.api, self.worker)).kill)
            self.kills += 1

    async def _watch(self, until: float) -> None:
        begun = monotonic()
        while monotonic() < until:
            await asyncio.sleep(_PERIOD_SECONDS)
            took, self._took = self._took, []
            if took:
                p50, p95, p99 = (round(each, 1) for each in percentiles(took, 50, 95, 99))
                memory = {"api_mib": round(self.api.mib(), 1), "worker_mib": round(self.worker.mib(), 1)}
                at = round(monotonic() - begun, 1)
                self.periods.append(Period(at=at, posts=len(took), p50_ms=p50, p95_ms=p95, p99_ms=p99, **memory))


class _Found:
    """The check at the end, which lists all faults."""

    def __init__(self, soak: Soak, url: str) -> None:
        self._soak = soak
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._head = 0

    def is_busy(self) -> bool:
        """Return whether something is still to be done."""
        before, self._head = self._head, int(self._one("SELECT max(id) FROM stored_events"))
        waits = self._one("SELECT EXISTS (SELECT FROM simulator_messages WHERE due_at IS NOT NULL)")
        put_off = self._one("SELECT EXISTS (SELECT FROM put_off_events)")
        return before != self._head or bool(waits) or bool(put_off)

    def problems(self) -> list[str]:
        """Return a sentence for each fault."""
        found = []
        shown = set(self._all("SELECT message_id FROM messages"))
        if missing := set(self._soak.acknowledged) - shown:
            found.append(f"{len(missing)} messages that were acknowledged are missing: {sorted(missing)[:3]}")
        if waiting := self._one("SELECT count(*) FROM messages WHERE doc LIKE '%\"queued\"%' OR doc LIKE '%\"sent\"%'"):
            found.append(f"{waiting} messages were not delivered to everybody")
        twice = "SELECT message_id FROM simulator_messages WHERE results IS NOT NULL GROUP BY 1 HAVING count(*) > 1"
        if repeated := self._all(twice):
            found.append(f"{len(repeated)} messages were texted twice: {repeated[:3]}")
        for part, mib in (("API", self._soak.periods[-1].api_mib), ("worker", self._soak.periods[-1].worker_mib)):
            if mib > MOST_MIB:
                found.append(f"the {part} uses {mib:.0f} MiB")
        return found + self._views()

    def _views(self) -> list[str]:
        rebuild = [sys.executable, "-m", "groupchat", "rebuild", "--online"]
        done = subprocess.run(rebuild, env=self._soak.environment, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if "switched" in line]
        return [line for line in lines if "equal to the live view" not in line] or ([] if lines else [done.stderr])

    def _one(self, query: str) -> Any:
        return self._all(query)[0]

    def _all(self, query: str) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def main() -> None:
    """Run, check, and print the result."""
    seconds = 60 * float(sys.argv[1] if len(sys.argv) > 1 else 10)
    with postgres.running() as server, tempfile.TemporaryDirectory(prefix="groupchat-soak-") as folder:
        url = server.database()
        soak = Soak(Path(folder), url, seconds)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(soak.run())
        found = _Found(soak, url)
        settle(found.is_busy, patience=300)
        problems = found.problems()
        soak.api.stop()
        soak.worker.stop()
    _tell(soak, problems)
    sys.exit(1 if problems else 0)


def _tell(soak: Soak, problems: list[str]) -> None:
    BUILD.mkdir(exist_ok=True)
    (BUILD / "soak.json").write_bytes(msgspec.json.format(msgspec.json.encode({"periods": soak.periods, "problems": problems})))
    lines = {name: [(each.at, getattr(each, f"{name}_ms")) for each in soak.periods] for name in ("p50", "p95", "p99")}
    (BUILD / "soak.svg").write_text(plot.svg("POST a message, with kills", "seconds", "ms", lines))
    last = soak.periods[-1]
    quiet = soak.periods[-max(len(soak.periods) // 4, 1) :]
    p50, p95, p99 = (sorted(getattr(each, name) for each in quiet)[len(quiet) // 2] for name in ("p50_ms", "p95_ms", "p99_ms"))
    CONSOLE.print(
        f"{len(soak.acknowledged)} messages acknowledged, {soak.kills} kills. "
        f"Without kills: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms. "
        f"At the end: API {last.api_mib} MiB, worker {last.worker_mib} MiB. Written to {BUILD}/soak.json and soak.svg.",
        highlight=False,
    )
    for problem in problems or ["Nothing acknowledged is missing, nothing was texted twice, and every view equals a rebuild."]:
        CONSOLE.print(problem, highlight=False)


if __name__ == "__main__":
    main()
