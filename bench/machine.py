"""The machine of the measurements."""

import os
import platform
import sqlite3
from importlib.metadata import version
from pathlib import Path
from typing import Any

LIBRARIES = ("eventsourcing", "eventsourcing-sqlalchemy", "fastapi", "msgspec", "psycopg2-binary", "sqlalchemy", "uvicorn")


def machine(postgres: str, syncs: dict[str, float]) -> dict[str, Any]:
    """Return the machine, with Postgres' version and each disk's syncs a second."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "postgres": postgres,
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in LIBRARIES},
        "fsyncs_per_second": {disk: round(rate) for disk, rate in syncs.items()},
    }


def _cpu() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()
