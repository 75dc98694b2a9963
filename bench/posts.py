"""`POST /v1/conversations/{id}/messages` over HTTP, durable on Postgres, against a bare FastAPI that echoes the same body.

Our side runs as in production (`service.py`); its worker follows with projections and delivery as fast as it can. The echo has
the same server, client, connections, paths and bytes. While the echo has its turn our worker is held (SIGSTOP), so that what it
has still to do does not weigh on the other side. Another API process, with a database of its own, has no worker at all.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import cpu
from load import Load, Result
from postgres import Server
from rounds import Measure, alternate, compare, compare_less
from service import BODY, CONNECTIONS, Service, held, post, started

CPU_GOAL = 1 / 1.6
_ECHO = Path(__file__).with_name("echo.py")


class _Ours:
    """Our rounds."""

    def __init__(self, service: Service, seconds: float) -> None:
        self._service, self._seconds = service, seconds
        self.results: list[Result] = []
        self.cpu: list[float] = []

    def post(self) -> float:
        """Post for a while."""
        before = cpu.used(self._service.api.pid)
        result = self._service.post(self._seconds)
        self.results.append(result)
        self.cpu.append((cpu.used(self._service.api.pid) - before) / result.accepted)
        return result.accepted / result.seconds


class _Alone(_Ours):
    """The rounds of an API process without a worker, with the worker of the other one held meanwhile."""

    def __init__(self, alone: Service, other: Service, seconds: float) -> None:
        super().__init__(alone, seconds)
        self._other = other
        alone.worker.terminate()
        alone.worker.wait()

    def post(self) -> float:
        """Post for a while."""
        with held(self._other.worker):
            return super().post()


class _Echo:
    """The echo, with our worker held meanwhile."""

    def __init__(self, stack: ExitStack, ours: Service, seconds: float) -> None:
        self._ours, self._seconds = ours, seconds
        self._process, output = stack.enter_context(started((str(_ECHO),), dict(os.environ), r"http://127.0.0.1:(\d+)"))
        self._port = int(output)
        self.results: list[Result] = []
        self.cpu: list[float] = []

    def post(self) -> float:
        """Post to the echo in FastAPI's own way."""
        result, used = self._post("/v1/conversations/{}/messages")
        self.results.append(result)
        self.cpu.append(used / result.accepted)
        return result.accepted / result.seconds

    def post_raw(self) -> float:
        """Post to the echo that neither parses nor encodes."""
        result, _ = self._post("/raw/{}")
        return result.accepted / result.seconds

    def _post(self, path: str) -> tuple[Result, float]:
        paths = [path.format(f"cnv_{n:032d}") for n in range(CONNECTIONS)]
        load = Load(port=self._port, paths=paths, key=f"gck_{'0' * 32}_{'0' * 43}", body=BODY, seconds=self._seconds)
        before = cpu.used(self._process.pid)
        with held(self._ours.worker):
            result = post(load)
        if result.refused:
            msg = f"the echo refused {result.refused} requests"
            raise RuntimeError(msg)
        return result, cpu.used(self._process.pid) - before


def measure(server: Server, *, rounds: int, seconds: float, disk: str) -> list[Measure]:
    """Return the rate of accepted messages against that of echoes; the notes have latencies and processor times."""
    with ExitStack() as stack:
        service = Service(stack, server)
        ours, echo = _Ours(service, seconds), _Echo(stack, service, seconds)
        alone = _Alone(Service(stack, server), service, seconds)
        sides = {"ours": ours.post, "without a worker": alone.post, "echo": echo.post, "raw echo": echo.post_raw}
        rates = alternate(f"HTTP, disk {disk}", sides, rounds)
        behind = service.behind()
    line, unit = "POST a message, durable on Postgres", "requests/s"
    without = compare(
        f"{line}, without a worker / bare FastAPI echo", rates["without a worker"], rates["echo"], goal=0.5, unit=unit, disk=disk
    )
    notes = {
        **{f"ours_{name}": value for name, value in _notes(ours.results, ours.cpu).items()},
        **{f"other_{name}": value for name, value in _notes(echo.results, echo.cpu).items()},
        "worker_behind_events": behind,
    }
    found = compare(f"{line} / bare FastAPI echo", rates["ours"], rates["echo"], goal=0.6, unit=unit, disk=disk, notes=notes)
    raw = f"{line} / echo of bytes, unparsed"
    unparsed = compare(raw, rates["ours"], rates["raw echo"], goal=None, unit=unit, disk=disk)
    costs = ([each * 1e6 for each in side.cpu[1:]] for side in (alone, echo))
    cost = compare_less("the API's CPU for that / the echo's", *costs, goal=CPU_GOAL, unit="us of CPU", disk=disk)
    return [found, without, cost, unparsed]


def _notes(results: list[Result], used: list[float]) -> dict[str, float]:
    """Return medians without the round that warms up; the server's CPU time per request in microseconds."""
    return {
        "p50_ms": round(median(result.p50_ms for result in results[1:]), 1),
        "p99_ms": round(median(result.p99_ms for result in results[1:]), 1),
        "client_cpu": round(median(result.cpu for result in results[1:]), 2),
        "server_cpu_us": round(median(used[1:]) * 1e6),
    }
