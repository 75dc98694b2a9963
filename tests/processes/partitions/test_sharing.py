"""Four processes share the partitions; of some that are killed others take over (R33)."""

import asyncio

import pytest

from tests.races import partition_trials
from tests.races.partition_trials import Counted


@pytest.mark.timeout(300)
async def test_views_shared_by_processes_of_which_some_are_killed_hold_what_the_log_gives_R33(kafka: str, postgres_url: str):
    counted = await asyncio.to_thread(partition_trials.run, postgres_url, kafka, 1)
    assert counted == Counted(trials=1, events=counted.events, killed=counted.killed, behind=0, different=0)
    assert counted.killed > 0
