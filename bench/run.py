"""`make bench`: our speed against bare alternatives, both sides in one run. Prints a table and writes `build/bench.json`.

`python bench/run.py --quick` is for trying the benchmark itself: few and short rounds, whose figures mean little.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import appends
import bursts
import delays
import end_to_end
import hooks
import idle
import inboxes
import msgspec
import postgres
import posts
import proofs
import rebuilds
import relays
from machine import machine
from rich.console import Console
from rich.table import Table
from rounds import CONSOLE, Measure

from groupchat import logs
from groupchat.settings import Settings

FAST, SLOW = "as it is", "+1 ms per fsync"
RESULT = Path(__file__).parent.parent / "build" / "bench.json"
_WIDTH = 160
GROUPS = ("appends", "posts", "end", "inbox", "rebuild", "proof", "webhooks", "burst", "idle", "relay")


class Run:
    """One run, with its results so far."""

    def __init__(self, only: list[str], *, quick: bool) -> None:
        self._only = only or GROUPS
        self._quick = quick
        self._rounds = 2 if quick else 5
        self._idle_seconds = 3.0 if quick else 20.0
        self.syncs: dict[str, float] = {}
        self.postgres = ""

    def measures(self) -> Iterator[Measure]:
        """Measure, on one disk after the other."""
        with postgres.running() as server:
            self._note(FAST, server)
            yield from self._on(server, FAST)
            yield from self._served(server)
            if "rebuild" in self._only:
                yield from self._rebuilds(server)
            if "proof" in self._only:
                yield from self._proofs(server)
            if "webhooks" in self._only:
                yield from hooks.measure(server.database(), seconds=3.0 if self._quick else 10.0)
            if "burst" in self._only:
                yield from bursts.measure(server, seconds=2.0 if self._quick else 10.0)
            if "idle" in self._only:
                yield idle.measure_postgres(server, seconds=self._idle_seconds)
                yield idle.measure_sqlite(seconds=self._idle_seconds)
            if "relay" in self._only:
                yield from self._kafka(server)
        if not postgres.compiler():
            CONSOLE.print("No C compiler (cc, gcc or clang) here: the lines with 1 ms added to each fsync are left out.")
        elif {"appends", "posts"} & set(self._only):
            with postgres.running(slow=True) as server:
                self._note(SLOW, server)
                yield from self._on(server, SLOW)

    def _note(self, disk: str, server: postgres.Server) -> None:
        self.syncs[disk], self.postgres = server.syncs_per_second, server.version

    def _on(self, server: postgres.Server, disk: str) -> Iterator[Measure]:
        if "appends" in self._only:
            goal = 4.0 if disk == FAST else 7.0
            yield from appends.measure(server, rounds=self._rounds, seconds=1 if self._quick else 2, disk=disk, goal=goal)
        if "posts" in self._only:
            yield from posts.measure(server, rounds=self._rounds, seconds=1 if self._quick else 3, disk=disk)

    def _served(self, server: postgres.Server) -> Iterator[Measure]:
        if "end" in self._only:
            size = {"seconds": 1, "carried_seconds": 3} if self._quick else {"seconds": 4, "carried_seconds": 60}
            yield from end_to_end.measure(server, rounds=self._rounds, **size)
        if "inbox" in self._only:
            size = {"seconds": 1, "conversations": 2_000} if self._quick else {"seconds": 3, "conversations": 100_000}
            yield inboxes.measure(server, rounds=self._rounds, **size)

    def _rebuilds(self, server: postgres.Server) -> Iterator[Measure]:
        size = {"groups": 50, "messages": 4} if self._quick else {"groups": 200, "messages": 8}
        yield rebuilds.measure(server.database(), rounds=self._rounds, **size)
        with tempfile.TemporaryDirectory(prefix="groupchat-bench-") as folder:
            yield rebuilds.measure(f"sqlite:///{folder}/bench.db", rounds=self._rounds, **size)

    def _proofs(self, server: postgres.Server) -> Iterator[Measure]:
        # Everything that the rounds append is verified afterwards, so each further second costs minutes.
        groups = 100 if self._quick else 900
        yield from proofs.measure(server.database(), rounds=self._rounds, seconds=1.0, groups=groups)
        with tempfile.TemporaryDirectory(prefix="groupchat-bench-") as folder:
            yield from proofs.measure(f"sqlite:///{folder}/bench.db", rounds=self._rounds, seconds=1.0, groups=groups)

    def _kafka(self, server: postgres.Server) -> Iterator[Measure]:
        size = {"groups": 20, "messages": 4} if self._quick else {"groups": 100, "messages": 8}
        with relays.broker() as address:
            yield relays.measure(server.database(), address, rounds=self._rounds, **size)
            yield delays.measure(server, address, seconds=3.0 if self._quick else 20.0)
            yield idle.measure_kafka(server, address, seconds=self._idle_seconds)


def table_of(measures: Sequence[Measure]) -> Table:
    """Return the measures as a table."""
    table = Table("measure", "disk", title="Medians of both sides, measured in turn", caption=_words(measures))
    for column in ("ours", "other", "unit", "ratio", "goal"):
        table.add_column(column, justify="left" if column == "unit" else "right", no_wrap=True)
    for each in measures:
        goal = "" if each.goal is None else f"{each.goal:g} " + ("met" if each.met else "[red]missed[/red]")
        table.add_row(each.name, each.disk, _shown(each.ours), _shown(each.other), each.unit, f"{each.ratio:.2f}", goal)
    return table


def _shown(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:,.2f}"


def _words(measures: Sequence[Measure]) -> str:
    """Return the notes that the HTTP measures have in addition to their rates."""
    return "\n".join(
        f"POST, disk {each.disk}: p50 {notes['ours_p50_ms']:g} ms (echo {notes['other_p50_ms']:g}), "
        f"p99 {notes['ours_p99_ms']:g} ms (echo {notes['other_p99_ms']:g}), "
        f"CPU per request {notes['ours_server_cpu_us']:.0f} us (echo {notes['other_server_cpu_us']:.0f}); "
        f"the worker was {notes['worker_behind_events']:,.0f} events behind at the end"
        for each in measures
        if "worker_behind_events" in (notes := each.notes)
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few and short rounds")
    parser.add_argument(
        "only",
        nargs="*",
        choices=[[], *GROUPS],  # without the empty list, Python 3.11 refuses none
        metavar="NAME",
        help=f"what to measure: {', '.join(GROUPS)}; everything if nothing is named",
    )
    given = parser.parse_args()
    logs.configure(Settings(log_level="warning"))
    start, run = perf_counter(), Run(given.only, quick=given.quick)
    measures = list(run.measures())
    seconds = round(perf_counter() - start)
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table_of(measures))
    RESULT.parent.mkdir(exist_ok=True)
    found = {"measures": measures, "machine": machine(run.postgres, run.syncs), "quick": given.quick, "seconds": seconds}
    RESULT.write_bytes(msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    CONSOLE.print(f"{seconds} s; written to {RESULT}", highlight=False)


if __name__ == "__main__":
    main()
