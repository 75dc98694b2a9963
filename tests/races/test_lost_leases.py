"""Leases that are lost while messages are handed over: a short series of `lease_trials`."""

import asyncio

import msgspec

from tests.races.lease_trials import Counted
from tests.support import forked

TRIALS = 5


async def test_when_leases_are_lost_under_load_nobody_is_texted_twice_R28(postgres_url):
    ended = await asyncio.to_thread(forked.run, "tests.races.lease_trials", postgres_url, str(TRIALS))

    assert ended.stdout, ended.stderr
    counted = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Counted)
    assert (counted.trials, counted.doubled, counted.missing) == (TRIALS, 0, 0)
    assert counted.taken_over > 0
    assert counted.sent > 0
