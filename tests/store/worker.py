"""A process that follows: `python -m tests.store.worker URL` keeps positions (`Keeping`) until it is killed."""

import asyncio
import sys
from contextlib import contextmanager
from subprocess import PIPE

from groupchat.store.follower import Follower
from tests.store.following import Keeping, log_to_stderr, opened
from tests.support.forked import Forked


@contextmanager
def working(url):
    """Start a worker; kill it with no mercy at the end of the block."""
    with Forked(__name__, url, stdout=PIPE) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


async def work(url: str) -> None:
    """Follow forever."""
    async with opened(url) as store:
        follower = Follower(store, Keeping(store.database))
        print("ready", flush=True)  # noqa: T201 - a test waits for it
        await follower.run(asyncio.Event())


if __name__ == "__main__":
    log_to_stderr()
    asyncio.run(work(sys.argv[1]))
