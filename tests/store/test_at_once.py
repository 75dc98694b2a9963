"""Questions that are asked at once, in one turn of the event loop, are answered in one call."""

import asyncio
from collections.abc import Sequence

import pytest

from groupchat.store.at_once import AtOnce


class Calls(list[list[int]]):
    """Doubles numbers; keeps what each call was asked."""

    def answer(self, numbers: Sequence[int]) -> list[int | Exception]:
        self.append(list(numbers))
        return [ValueError(number) if number < 0 else 2 * number for number in numbers]


async def test_simultaneous_requests_share_one_call_and_get_their_own_results():
    calls = Calls()
    at_once = AtOnce.in_thread(calls.answer)
    assert await asyncio.gather(*(at_once.ask(number) for number in (1, 2, 3))) == [2, 4, 6]
    assert await at_once.ask(4) == 8
    assert calls == [[1, 2, 3], [4]]


async def test_an_error_is_raised_where_its_question_was_asked():
    at_once = AtOnce.in_thread(Calls().answer)
    answers = await asyncio.gather(at_once.ask(1), at_once.ask(-2), return_exceptions=True)
    assert answers[0] == 2
    assert isinstance(answers[1], ValueError)


async def test_an_error_of_the_call_is_raised_to_all():
    def broken(_: Sequence[int]) -> list[int | Exception]:
        raise ZeroDivisionError

    at_once = AtOnce.in_thread(broken)
    answers = await asyncio.gather(at_once.ask(1), at_once.ask(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [ZeroDivisionError, ZeroDivisionError]


async def test_an_exception_that_is_not_an_error_also_ends_all_callers():
    class KilledError(BaseException):
        """What a test of a kill raises."""

    def killed(_: Sequence[int]) -> list[int | Exception]:
        raise KilledError

    at_once = AtOnce.in_thread(killed)
    answers = await asyncio.wait_for(asyncio.gather(at_once.ask(1), at_once.ask(2), return_exceptions=True), timeout=30)
    assert [type(answer) for answer in answers] == [KilledError, KilledError]


async def test_a_caller_that_gives_up_takes_nothing_from_the_others():
    at_once = AtOnce.in_thread(Calls().answer)
    giving_up, other = asyncio.create_task(at_once.ask(1)), asyncio.create_task(at_once.ask(2))
    await asyncio.sleep(0)
    giving_up.cancel()
    assert await other == 4
    with pytest.raises(asyncio.CancelledError):
        await giving_up


async def test_a_call_that_failed_is_followed_by_the_next():
    fails = [True]

    async def answer(numbers: Sequence[int]) -> list[int | Exception]:
        if fails:
            fails.clear()
            raise ZeroDivisionError
        return [2 * number for number in numbers]

    at_once = AtOnce(answer)
    with pytest.raises(ZeroDivisionError):
        await at_once.ask(1)
    assert await at_once.ask(2) == 4


def test_a_request_that_an_event_loop_left_when_it_ended_holds_up_no_other():
    at_once = AtOnce.in_thread(Calls().answer)

    async def leave() -> None:
        left = asyncio.create_task(at_once.ask(1))
        await asyncio.sleep(0)
        assert not left.done()

    async def ask() -> int:
        return await asyncio.wait_for(at_once.ask(2), timeout=30)

    asyncio.run(leave())
    assert asyncio.run(ask()) == 4
