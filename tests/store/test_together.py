"""What comes in one turn of the event loop is decided in one call, and what is wrong with one of it hinders no other."""

import asyncio
from collections.abc import Sequence

from groupchat.store.refusals import UnavailableError, VersionConflictError
from groupchat.store.together import Together


class Decisions(list[list[int]]):
    """Doubles numbers, all or none; keeps what each call was asked. Zero can't be doubled."""

    async def decide(self, numbers: Sequence[int]) -> list[int]:
        self.append(list(numbers))
        return [2 * (number // number) * number for number in numbers]


async def ask(together: Together[int, int], *numbers: int) -> list[int | BaseException]:
    return await asyncio.gather(*map(together.ask, numbers), return_exceptions=True)


async def test_what_comes_together_is_one_decision():
    decisions = Decisions()

    assert await ask(Together(decisions.decide), 1, 2, 3) == [2, 4, 6]
    assert decisions == [[1, 2, 3]]


async def test_after_an_error_each_is_decided_alone_and_only_the_bad_one_fails():
    decisions = Decisions()
    first, bad, last = await ask(Together(decisions.decide), 1, 0, 3)

    assert (first, type(bad), last) == (2, ZeroDivisionError, 6)
    assert decisions == [[1, 0, 3], [1], [0], [3]]


async def test_one_that_comes_alone_is_decided_once():
    decisions = Decisions()

    assert [type(each) for each in await ask(Together(decisions.decide), 0)] == [ZeroDivisionError]
    assert decisions == [[0]]


async def test_while_the_database_is_away_nothing_is_tried_again_for_each_of_them():
    for error in (UnavailableError("away"), VersionConflictError("others were faster")):
        calls: list[Sequence[int]] = []

        async def fail(numbers: Sequence[int], error: Exception = error, calls: list[Sequence[int]] = calls) -> list[int]:
            calls.append(numbers)
            raise error

        assert await ask(Together(fail), 1, 2, 3) == [error] * 3
        assert calls == [[1, 2, 3]]
