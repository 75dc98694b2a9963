"""What a server that has nothing to do costs: `groupchat serve` with its workers, after a few messages."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from time import monotonic, sleep

import cpu
from postgres import Server
from rounds import Measure
from service import founded, started

GOAL_PERCENT = 1.0
_SETTLE_SECONDS = 5.0


def measure_sqlite(*, seconds: float) -> Measure:
    """Return what it costs on SQLite."""
    with tempfile.TemporaryDirectory(prefix="groupchat-bench-") as folder:
        return _measure("SQLite", {"GROUPCHAT_DATABASE_URL": f"sqlite:///{folder}/idle.db"}, seconds)


def measure_postgres(server: Server, *, seconds: float) -> Measure:
    """Return what it costs on Postgres, on a database that is empty, without Postgres's own work."""
    return _measure("Postgres", {"GROUPCHAT_DATABASE_URL": server.database()}, seconds)


def measure_kafka(server: Server, address: str, *, seconds: float) -> Measure:
    """Return the same with a relay to Kafka. Its topics must exist."""
    settings = {"GROUPCHAT_DATABASE_URL": server.database(), "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": address}
    return _measure("Postgres, with the relay", settings, seconds)


def _measure(what: str, settings: Mapping[str, str], seconds: float) -> Measure:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
    environment |= {"GROUPCHAT_LOG_LEVEL": "warning", **settings}
    founded(environment)
    with ExitStack() as stack:
        serve = ("-m", "groupchat", "serve", "--port", "0")
        process, _ = stack.enter_context(started(serve, environment, r"http://127.0.0.1:(\d+)"))
        sleep(_SETTLE_SECONDS)
        begun, before = monotonic(), cpu.used(process.pid)
        sleep(seconds)
        percent = (cpu.used(process.pid) - before) / (monotonic() - begun) * 100
    return Measure(
        name=f"an idle server: CPU / the goal ({what})",
        ours=round(percent, 2),
        other=GOAL_PERCENT,
        ratio=round(GOAL_PERCENT / max(percent, 0.01), 3),
        goal=1.0,
        unit="% of a core",
        rounds=[],
        disk="as it is",
        notes={"seconds": seconds},
    )
