"""kill -9 between the steps of a send, over each carrier: nobody gets a text twice, and none is lost without a word."""

import asyncio

import msgspec

from tests.races.send_kills import FAKES, Counted
from tests.support import forked

EVERY = 4


async def test_a_process_killed_within_a_send_leaves_each_text_once_or_unconfirmed_R28(tmp_path):
    ended = await asyncio.to_thread(forked.run, "tests.races.send_kills", f"sqlite:///{tmp_path}/{{carrier}}.db", str(EVERY))

    found = [msgspec.json.decode(line, type=Counted) for line in ended.stdout.splitlines()]
    assert [each.carrier for each in found] == list(FAKES), ended.stderr
    assert all(each.kills["commit"] > 1 for each in found)
    assert all(each.kills["arrived"] == each.kills["taken"] >= 1 for each in found if each.carrier != "simulator")
    assert [(each.twice, each.lost) for each in found] == [(0, 0)] * len(found)
    assert all(each.once > 0 for each in found)
