"""The processor time of processes, as `/proc` counts it: user and system time, in seconds."""

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_TICKS = os.sysconf("SC_CLK_TCK")


class _Process(Struct, frozen=True):
    parent: int
    own: float
    ended_children: float


def used(pid: int) -> float:
    """Return how long a process has worked."""
    return _read(Path(f"/proc/{pid}/stat")).own


def used_with_children(pid: int) -> float:
    """Return how long a process has worked, and the processes that it has started, the ended ones too."""
    process = _read(Path(f"/proc/{pid}/stat"))
    return process.own + process.ended_children + sum(each.own for each in _all() if each.parent == pid)


def _all() -> Iterator[_Process]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            yield _read(path)
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue


def _read(stat: Path) -> _Process:
    fields = stat.read_text().rpartition(")")[2].split()
    user, system, of_children, system_of_children = (int(each) / _TICKS for each in fields[11:15])
    return _Process(parent=int(fields[1]), own=user + system, ended_children=of_children + system_of_children)
