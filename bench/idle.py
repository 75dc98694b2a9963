"""What a server that has nothing to do costs: `groupchat serve` with its workers, after a few messages."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic, sleep

import cpu
from postgres import Server
from rounds import Measure, compare_less
from service import LISTENING, environment_of, founded, started

GOAL_PERCENT = 1.0
_SETTLE_SECONDS = 5.0


def measure_sqlite(*, seconds: float) -> Measure:
    """Return what it costs on SQLite."""
    with tempfile.TemporaryDirectory(prefix="groupchat-bench-") as folder:
        return _measure("SQLite", f"sqlite:///{folder}/idle.db", seconds)


def measure_postgres(server: Server, *, seconds: float) -> Measure:
    """Return what it costs on Postgres, on a database that is empty, without Postgres's own work."""
    return _measure("Postgres", server.database(), seconds)


def measure_kafka(server: Server, address: str, *, seconds: float) -> Measure:
    """Return the same with a relay to Kafka. Its topics must exist."""
    settings = {"GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": address}
    return _measure("Postgres, with the relay", server.database(), seconds, settings)


def _measure(what: str, url: str, seconds: float, settings: Mapping[str, str] | None = None) -> Measure:
    environment = environment_of(url) | dict(settings or {})
    founded(environment)
    with ExitStack() as stack:
        serve = ("-m", "groupchat", "serve", "--port", "0")
        process, _ = stack.enter_context(started(serve, environment, LISTENING))
        sleep(_SETTLE_SECONDS)
        begun, before = monotonic(), cpu.used(process.pid)
        sleep(seconds)
        percent = (cpu.used(process.pid) - before) / (monotonic() - begun) * 100
    name = f"an idle server: CPU / the goal ({what})"
    return compare_less(name, [max(percent, 0.01)], [GOAL_PERCENT], unit="% of a core", notes={"seconds": seconds})
