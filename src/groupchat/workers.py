"""Workers: the followers of the log, and the carrier's own work, by name, in one event loop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from groupchat.values.errors import ToldError

Worker = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set."""

log = structlog.get_logger()


class UnknownWorkerError(ToldError):
    """There is no worker with that name. The message lists the known ones."""


def choose(workers: Mapping[str, Worker], names: Sequence[str]) -> dict[str, Worker]:
    """Return the workers with these names, or all of them if none is given; raises `UnknownWorkerError`."""
    for name in names:
        if name not in workers:
            msg = f"Unknown worker {name!r}. The workers are {', '.join(sorted(workers))}."
            raise UnknownWorkerError(msg)
    return {name: workers[name] for name in names or workers}


async def run(workers: Mapping[str, Worker], stop: asyncio.Event) -> None:
    """Run the workers until `stop` is set. One that fails sets `stop`, and its error is raised when all have ended."""

    async def watched(name: str, worker: Worker) -> None:
        try:
            await worker(stop)
        except Exception:
            log.exception("worker_failed", worker=name)
            raise
        finally:
            stop.set()

    async with asyncio.TaskGroup() as group:
        for name, worker in workers.items():
            group.create_task(watched(name, worker), name=name)
