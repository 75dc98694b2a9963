"""What several tasks want in one turn of the event loop is done in one call."""

import asyncio

import pytest

from groupchat.processes.together import Together


async def test_what_is_wanted_in_one_turn_is_done_in_one_call():
    done = []

    async def act(wanted):
        done.append(list(wanted))

    together = Together(act)
    await asyncio.gather(together(1), together(2))
    await together(3)

    assert done == [[1, 2], [3]]


async def test_what_fails_fails_for_all_who_wanted_it_and_the_next_goes_on():
    fails = [True]

    async def act(_):
        if fails.pop():
            msg = "the disk is full"
            raise OSError(msg)

    together = Together(act)
    found = await asyncio.gather(together(1), together(2), return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]

    fails.append(False)
    await together(3)


async def test_a_task_that_gives_up_takes_nothing_from_the_others():
    done, gate = [], asyncio.Event()

    async def act(wanted):
        await gate.wait()
        done.extend(wanted)

    together = Together(act)
    first, second = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    gate.set()
    await second

    assert done == [1, 2]
