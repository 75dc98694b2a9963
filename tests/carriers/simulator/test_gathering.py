"""Gathering calls: each caller gets their own result (R28: a message's outcome is its own)."""

import asyncio
from collections.abc import Sequence
from threading import Event

import pytest

from groupchat.carriers.simulator.gathering import Gathering


class Doubling:
    """Doubles numbers; holds the first call until `go`; refuses a batch with 13 in it."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.go = Event()
        self._loop = asyncio.get_running_loop()

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self._loop.call_soon_threadsafe(self.begun.set)
        self.go.wait(20)
        if 13 in numbers:
            msg = "thirteen"
            raise ValueError(msg)
        return [number * 2 for number in numbers]


async def test_calls_that_come_while_one_is_under_way_are_made_together_R28() -> None:
    doubling = Doubling()
    gathered = Gathering(doubling)
    calls = [asyncio.create_task(gathered(1))]
    await doubling.begun.wait()
    calls += [asyncio.create_task(gathered(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubling.go.set()

    assert await asyncio.gather(*calls) == [2, 4, 6]
    assert doubling.batches == [[1], [2, 3]]


async def test_an_error_reaches_all_callers_of_one_batch_and_no_later_caller_R28() -> None:
    doubling = Doubling()
    doubling.go.set()
    gathered = Gathering(doubling)

    together = await asyncio.gather(gathered(12), gathered(13), return_exceptions=True)

    assert [str(error) for error in together] == ["thirteen", "thirteen"]
    assert await gathered(14) == 28


async def test_a_caller_that_gives_up_leaves_the_others_their_answers_R28() -> None:
    doubling = Doubling()
    gathered = Gathering(doubling)
    impatient, patient = asyncio.create_task(gathered(1)), asyncio.create_task(gathered(2))
    await doubling.begun.wait()

    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    doubling.go.set()

    assert await patient == 4
