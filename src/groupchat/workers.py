"""Workers: the followers of the log, and the carrier's own work, by name, in one event loop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

import structlog

from groupchat.broker.topics import RELAY
from groupchat.processes.contact_changes import ContactChanges
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.media_fetching import MediaFetching
from groupchat.processes.overdue_reviews import OverdueReviews
from groupchat.projections import VIEWS
from groupchat.proof import growing as proof
from groupchat.store.sqlite_file import OWNER_ONLY
from groupchat.store.webhook_rows import FOLLOWER as WEBHOOKS
from groupchat.values.errors import ExpectedError
from groupchat.values.waiting import first_set

REQUIRED = (*VIEWS, ContactChanges.name, DeliveryProcess.name, OverdueReviews.name)
"""The workers that must keep up with the log for the API to be ready."""
_REPORTED = (MediaFetching.name, WEBHOOKS, proof.NAME)
TOUCHED_EVERY_SECONDS = 5.0
Worker = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set."""

log = structlog.get_logger()


def reported(*, relays: bool) -> tuple[str, ...]:
    """Return the other workers that follow the log, with the relay if it should run.

    The API works without them, but operators want to know when they fall behind.
    """
    return (*_REPORTED, RELAY) if relays else _REPORTED


class UnknownWorkerError(ExpectedError):
    """There is no worker with that name, or none is left to run. The message says which there are."""


class HealthFileError(ExpectedError):
    """The file that shows that the workers are alive can't be written. The message says why."""


def choose(workers: Mapping[str, Worker], names: Sequence[str]) -> dict[str, Worker]:
    """Return the workers with these names, or all of them if none is given; raises `UnknownWorkerError`."""
    _require_known(names, workers)
    return {name: workers[name] for name in names or workers}


def all_but(workers: Mapping[str, Worker], excepted: Collection[str], optional: Collection[str]) -> list[str]:
    """Return the names of all workers except some, of which the `optional` ones may be missing; raises `UnknownWorkerError`."""
    _require_known(excepted, {*workers, *optional})
    if not (left := [name for name in workers if name not in excepted]):
        msg = "No worker is left to run."
        raise UnknownWorkerError(msg)
    return left


def _require_known(names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            msg = f"Unknown worker {name!r}. The workers are {', '.join(sorted(known))}."
            raise UnknownWorkerError(msg)


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


async def keep_touched(path: Path, stop: asyncio.Event, *, every_seconds: float = TOUCHED_EVERY_SECONDS) -> None:
    """Update a file's time every few seconds until `stop` is set, then remove the file. Raises `HealthFileError`.

    The file grows old if this event loop hangs, or if all of its threads do.
    """
    while not stop.is_set():
        try:
            await asyncio.to_thread(path.touch, mode=OWNER_ONLY)
        except OSError as error:
            msg = f"The health file {path} can't be written: {error.strerror or error}."
            raise HealthFileError(msg) from error
        await first_set(stop, seconds=every_seconds)
    await asyncio.to_thread(path.unlink, missing_ok=True)


def on_signal(call: Callable[[], None]) -> None:
    """Call a function when SIGINT or SIGTERM arrives, so that the process ends in order."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, call)
