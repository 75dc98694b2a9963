"""kill -9 at any moment: every acknowledged command is stored, and followers continue without loss or doubling."""

import asyncio

import msgspec

from tests.races.kill_trials import Counted
from tests.support import forked

TRIALS = 10


async def test_acknowledged_writes_of_a_killed_process_are_stored_and_followed_once(database_url):
    ended = await asyncio.to_thread(forked.run, "tests.races.kill_trials", database_url, str(TRIALS))

    assert ended.stdout, ended.stderr
    counted = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Counted)
    assert counted == Counted(
        trials=TRIALS,
        acknowledged=counted.acknowledged,
        stored=counted.stored,
        lost=0,
        doubled=0,
        not_followed=0,
        followed_twice=0,
        broken=0,
    )
    assert counted.stored >= counted.acknowledged >= TRIALS
