"""Rounds: both sides of a measure in one run, alternating, and their results."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

from msgspec import Struct
from rich.console import Console

CONSOLE = Console(stderr=True, soft_wrap=True)

Side = Callable[[], float]
"""Runs once and returns its rate per second."""


class Measure(Struct, kw_only=True):
    """A line of the result: medians of both sides, and each round's `[ours, other]`."""

    name: str
    ours: float
    other: float
    ratio: float
    goal: float | None
    unit: str
    rounds: list[tuple[float, float]]
    disk: str
    notes: dict[str, float] = {}

    @property
    def met(self) -> bool:
        """Return whether the goal is reached."""
        return self.goal is None or self.ratio >= self.goal


def percentiles(values: Iterable[float], *shares: int) -> list[float]:
    """Return the percentiles of values."""
    ordered = sorted(values)
    return [ordered[len(ordered) * share // 100] for share in shares]


def alternate(title: str, sides: Mapping[str, Side], rounds: int) -> dict[str, list[float]]:
    """Run the sides in turn, every other round backwards, after one round that does not count; return each one's rates."""
    rates: dict[str, list[float]] = {name: [] for name in sides}
    with CONSOLE.status("") as status:
        for number in range(rounds + 1):
            forwards = list(sides.items())
            for name, run in forwards if number % 2 else reversed(forwards):
                status.update(f"{title}: {name}, " + (f"round {number} of {rounds}" if number else "warming up"))
                rate = run()
                if number:
                    rates[name].append(rate)
    return rates


def compare(
    name: str,
    ours: Sequence[float],
    other: Sequence[float],
    *,
    goal: float | None,
    unit: str,
    disk: str = "as it is",
    notes: dict[str, float] | None = None,
) -> Measure:
    """Return a measure: the ratio is that of the medians."""
    return Measure(
        name=name,
        ours=round(median(ours), 2),
        other=round(median(other), 2),
        ratio=round(median(ours) / median(other), 3),
        goal=goal,
        unit=unit,
        rounds=[(round(a, 2), round(b, 2)) for a, b in zip(ours, other, strict=True)],
        disk=disk,
        notes=notes or {},
    )


def compare_less(
    name: str,
    ours: Sequence[float],
    other: Sequence[float],
    *,
    goal: float = 1.0,
    unit: str,
    disk: str = "as it is",
    notes: dict[str, float] | None = None,
) -> Measure:
    """Return a measure of which less is better: the ratio is that of the medians, the other's by ours."""
    found = compare(name, ours, other, goal=goal, unit=unit, disk=disk, notes=notes)
    found.ratio = round(median(other) / median(ours), 3)
    return found


def compare_delays(name: str, delays: Iterable[float], *, goal: float, **notes: float) -> Measure:
    """Return a measure of the 99th percentile of delays in milliseconds; the notes also have the median and their number."""
    took = list(delays)
    p50, p99 = percentiles(took, 50, 99)
    return compare_less(name, [p99], [goal], unit="ms", notes={"p50_ms": round(p50, 1), "samples": len(took), **notes})
