"""kill -9 within a burst of texts: nothing that was acknowledged is lost, and nothing is stored twice."""

import asyncio

import msgspec

from tests.races.burst_kills import PEOPLE, ROUNDS, Found
from tests.support import forked


async def test_a_process_killed_at_any_commit_of_a_burst_loses_nothing_and_stores_each_text_once_R45(database_url):
    ended = await asyncio.to_thread(forked.run, "tests.races.burst_kills", database_url)

    assert ended.stdout, ended.stderr
    found = msgspec.json.decode(ended.stdout, type=Found)
    trials = 2 * (ROUNDS + 1)  # before and after each commit, and one without a kill for each
    assert found == Found(
        kills={"before": ROUNDS, "after": ROUNDS},
        acknowledged=len(PEOPLE) * (2 * sum(range(ROUNDS)) + 2 * ROUNDS),
        stored_unacknowledged=len(PEOPLE) * ROUNDS,
        stored=len(PEOPLE) * ROUNDS * trials,
    )
