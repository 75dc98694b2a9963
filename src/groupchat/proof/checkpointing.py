"""A worker that signs a checkpoint every few minutes, if there is a new event, and publishes it."""

import asyncio
from collections.abc import Sequence

import structlog
from msgspec import Struct

from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.notes import Note, SigningKey
from groupchat.proof.publishing import Target, published_in
from groupchat.proof.signing import sign
from groupchat.store.database import DATABASE_ERRORS, Database
from groupchat.store.lease import Lease
from groupchat.store.positions import record_failure, stand_at, status_of
from groupchat.values.errors import ExpectedError, first_line
from groupchat.values.waiting import first_set

NAME = "checkpoints"

log = structlog.get_logger()


class Checkpoints(Struct, frozen=True):
    """Its position is the size of the last checkpoint that has arrived at all targets. Its error says why a newer one has not."""

    database: Database
    key: SigningKey
    targets: Sequence[Target]
    seconds: float

    async def run(self, stop: asyncio.Event) -> None:
        """Sign and publish until `stop` is set. Failures are retried the next time."""
        while not stop.is_set():
            async with Lease(self.database, NAME, stop) as lease:
                while not stop.is_set() and await lease.still_held():
                    await self.try_once()
                    await first_set(stop, seconds=self.seconds)

    async def try_once(self) -> None:
        """Do the work once, and record an error that prevents it."""
        try:
            await asyncio.to_thread(self.work)
        except DATABASE_ERRORS as error:
            log.warning("checkpoint_failed", error=first_line(error))
        except ExpectedError as error:
            log.warning("checkpoint_failed", error=first_line(error))
            await asyncio.to_thread(self._record, str(error))

    def work(self) -> None:
        """Sign a checkpoint, and publish it unless that is done; raises `SigningError`, `MissingTileError`, `PublishingError`."""
        with self.database.read() as connection:
            published = status_of(connection, NAME).position
        note = sign(self.database, self.key, published_in(self.targets, self.key.name))
        size = read_checkpoint(note).size
        if size == published:
            return
        publish(note, self.targets)
        with self.database.write() as connection:
            stand_at(connection, NAME, size)
        log.info("checkpoint", size=size)

    def _record(self, error: str) -> None:
        with self.database.write() as connection:
            record_failure(connection, NAME, error)


def publish(note: Note, targets: Sequence[Target]) -> None:
    """Publish a checkpoint to all targets, even if one of them fails; then raises the first `PublishingError`."""
    failed: list[ExpectedError] = []
    for each in targets:
        try:
            each.publish(note)
        except ExpectedError as error:
            failed.append(error)
    if failed:
        raise failed[0]
