"""Relays and brokers that are killed, paused and doubled: a short series of `relay_trials`, which `make chaos` runs at length."""

import asyncio

import msgspec
import pytest

from tests.races.relay_trials import BROKER_EVERY, Counted
from tests.support import forked

TRIALS = 6


@pytest.mark.timeout(180)
async def test_consumers_read_every_event_once_and_in_order_though_relays_are_killed_and_doubled(kafka, sqlite_url):
    ended = await asyncio.to_thread(forked.run, "tests.races.relay_trials", sqlite_url, str(TRIALS))

    assert ended.stdout, ended.stderr
    counted = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Counted)
    assert (counted.trials, counted.killed, counted.doubled, counted.paused) == (TRIALS, 2, 2, 2)
    assert TRIALS < BROKER_EVERY  # which a broker's start is too slow for here; test_outages.py has one
    assert counted.records > counted.events > 0
    assert (counted.lost, counted.out_of_order, counted.unknown, counted.read_twice, counted.missed_without_duplicates) == (0,) * 5
