"""A message from end to end: accepted, handed over, ten statuses, all views and the ledger; and the same job as plain CRUD.

- What it costs: the processor time of all processes of a side together, as `/proc` counts it: API, worker, and Postgres with
  what it has started. Other work on the machine hardly moves it. While one side has its turn, the other is held (SIGSTOP).
- Carried through: messages arrive at a steady rate for a while. The worker keeps up if everything is delivered, and in all views,
  soon after the last one.
- Visible: from the `POST` until the inbox shows the message, as a reader waits for it (`Groupchat-Min-Position`).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from subprocess import Popen
from threading import Thread
from time import monotonic, perf_counter, sleep
from typing import Protocol

import cpu
import crud
import histories
from load import Load
from postgres import Server
from rounds import CONSOLE, Measure, alternate, compare, compare_delays, compare_less
from service import BODY, CONNECTIONS, Service, held, post, started
from sqlalchemy import create_engine, text

from groupchat.proof import growing

GOAL_MS = 2.0
CARRIED_GOAL = 800
VISIBLE_GOAL_MS = 50.0
VISIBLE_RATE = 34
_STEP = 0.85
_TRIES = 10
_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 0.4
_SOON_SECONDS = 1.5
_PATIENCE_SECONDS = 120
_CRUD = str(Path(__file__).with_name("crud.py"))


class _Side(Protocol):
    """The system under test: its processes, and its remaining work."""

    processes: dict[str, Popen[bytes]]

    def post(self, seconds: float) -> int:
        """Post for a while; return how many messages were accepted."""

    def is_busy(self) -> bool:
        """Return whether anything is left to do, or has happened since the last call."""


class _Ours:
    def __init__(self, service: Service) -> None:
        self._service = service
        self.processes = {"api": service.api, "worker": service.worker}
        self._head = 0

    def post(self, seconds: float) -> int:
        return self._service.post(seconds).accepted

    def is_busy(self) -> bool:
        return self._has_grown() or self._service.behind() > 0

    def is_late(self) -> bool:
        """Return whether something is still to be delivered or shown. Nobody waits for the tree for proofs."""
        return self._has_grown() or self._service.behind(without=[growing.NAME]) > 0

    def _has_grown(self) -> bool:
        before, self._head = self._head, self._service.head()
        return self._head != before


class _Crud:
    def __init__(self, stack: ExitStack, server: Server) -> None:
        url, self._key = server.database(), "crud_key"
        environment = {**os.environ, "CRUD_DATABASE_URL": url}
        groups = [(f"cnv_{n:032d}", histories.BUSINESS, histories.people(n)) for n in range(CONNECTIONS)]
        crud.prepare(url, self._key, groups)
        self._paths = [f"/v1/conversations/{id_}/messages" for id_, _, _ in groups]
        api, output = stack.enter_context(started((_CRUD, "serve"), environment, r"http://127.0.0.1:(\d+)"))
        worker, _ = stack.enter_context(started((_CRUD, "work"), environment, r"crud works"))
        self.processes, self._port = {"api": api, "worker": worker}, int(output)
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        stack.callback(self._engine.dispose)

    def post(self, seconds: float) -> int:
        result = post(Load(port=self._port, paths=self._paths, key=self._key, body=BODY, seconds=seconds))
        if result.refused:
            msg = f"CRUD refused {result.refused} requests"
            raise RuntimeError(msg)
        return result.accepted

    def is_busy(self) -> bool:
        waits = "SELECT EXISTS (SELECT FROM messages WHERE taken_at IS NULL)"
        coming = "SELECT EXISTS (SELECT FROM simulator_messages WHERE due_at IS NOT NULL)"
        with self._engine.connect() as connection:
            return any(connection.execute(text(query)).scalar_one() for query in (waits, coming))

    def undelivered(self) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM recipients WHERE status <> 3")).scalar_one())


class _Cost:
    """The rounds of a side: milliseconds of each of its processes per message."""

    def __init__(self, server: Server, side: _Side, other: _Side, seconds: float) -> None:
        self._server, self._side, self._other, self._seconds = server, side, other, seconds
        self.parts: list[dict[str, float]] = []

    def measure(self) -> float:
        """Return the milliseconds of a message."""
        with held(*self._other.processes.values()):
            before = self._used()
            accepted = self._side.post(self._seconds)
            settle(self._side.is_busy)
            after = self._used()
        self.parts.append({name: (after[name] - before[name]) / accepted * 1_000 for name in before})
        return sum(self.parts[-1].values())

    def _used(self) -> dict[str, float]:
        used = {name: cpu.used(process.pid) for name, process in self._side.processes.items()}
        return used | {"postgres": self._server.cpu_seconds()}

    def notes(self, side: str) -> dict[str, float]:
        """Return the medians of the parts, without the round that warms up."""
        return {f"{side}_{name}_ms": round(median(part[name] for part in self.parts[1:]), 2) for name in self.parts[0]}


def settle(is_busy: Callable[[], bool], patience: float = _PATIENCE_SECONDS) -> float:
    """Wait until nothing happens any more; return how many seconds something did."""
    begun = quiet = monotonic()
    while monotonic() - begun < patience:
        if is_busy():
            quiet = monotonic()
        elif monotonic() - quiet > _QUIET_SECONDS:
            return quiet - begun
        sleep(_LOOK_SECONDS)
    msg = f"the worker is not done after {patience:g} seconds"
    raise RuntimeError(msg)


def measure(server: Server, *, rounds: int, seconds: float, carried_seconds: float) -> Iterator[Measure]:
    """Return a message's cost against the goal and against CRUD, the sustained rate, and the time until a message is visible."""
    with ExitStack() as stack:
        service = Service(stack, server)
        ours = _Ours(service)
        yield _visible(service, rounds, seconds)  # first: Postgres would still be vacuuming what the CRUD side has left
        other = _Crud(stack, server)
        costs = {"ours": _Cost(server, ours, other, seconds), "CRUD": _Cost(server, other, ours, seconds)}
        found = alternate("end to end", {name: cost.measure for name, cost in costs.items()}, rounds)
        if other.undelivered() or service.undelivered():
            msg = "not every message has come through"
            raise RuntimeError(msg)
        unit = "ms of CPU per message"
        notes = costs["ours"].notes("ours") | costs["CRUD"].notes("other")
        name = "end to end: CPU of a message to five"
        yield compare_less(f"{name} / the goal", found["ours"], [GOAL_MS] * rounds, unit=unit)
        yield compare_less(f"{name} / the same as plain CRUD", found["ours"], found["CRUD"], unit=unit, notes=notes)
        with held(*other.processes.values()):
            yield _carried(service, ours, 1_000 / median(found["ours"]) * (os.cpu_count() or 1), carried_seconds)


def _carried(service: Service, ours: _Ours, rate: float, seconds: float) -> Measure:
    """Try slower and slower rates, for a quarter of the time and then for all of it, until the worker keeps up."""
    accepted, late = 0.0, 0.0
    for _ in range(_TRIES):
        rate *= _STEP
        if _keeps_up(*_tried(service, ours, rate, seconds / 4), rate):
            accepted, late = _tried(service, ours, rate, seconds)
            if _keeps_up(accepted, late, rate):
                break
    notes = {"seconds": seconds, "seconds_until_all_was_delivered": late, "kept_up": _keeps_up(accepted, late, rate)}
    name = "end to end: carried through / the goal"
    return compare(name, [accepted], [CARRIED_GOAL], goal=1.0, unit="messages/s", notes=notes)


def _tried(service: Service, ours: _Ours, rate: float, seconds: float) -> tuple[float, float]:
    """Post at a rate; return the rate that was accepted, and how many seconds later everything was delivered and in all views."""
    settle(ours.is_busy)  # what the last try has left, the tree too
    CONSOLE.print(f"carried through: {rate:.0f} messages a second for {seconds:g} s", highlight=False)
    result = service.post(seconds, rate=rate)
    return result.accepted / result.seconds, round(settle(ours.is_late), 2)


def _keeps_up(accepted: float, late: float, rate: float) -> bool:
    return late <= _SOON_SECONDS and accepted >= rate * 0.95


def _visible(service: Service, rounds: int, seconds: float) -> Measure:
    """Write occasionally during a light load, and read the inbox until it shows each message."""
    took: list[float] = []
    service.reconnect()
    for _ in range(rounds):
        loading = Thread(target=service.post_beside, args=(seconds, VISIBLE_RATE))
        loading.start()
        while loading.is_alive():
            begun = perf_counter()
            service.write_and_see()
            took.append((perf_counter() - begun) * 1_000)
    name = "end to end: p99 of POST to visible in the inbox / the goal"
    return compare_delays(name, took, goal=VISIBLE_GOAL_MS, other_messages_per_second=VISIBLE_RATE)
