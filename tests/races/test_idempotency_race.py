"""One key, many at once, in one process and in two; and processes that die between storing and answering: never two messages."""

import asyncio
from contextlib import contextmanager
from subprocess import PIPE

import msgspec

from groupchat.aggregates.group_events import MessageSent
from tests.races.api_racer import Answers, client_of, race, send
from tests.races.repeat_trials import Counted
from tests.support import forked
from tests.support.forked import Forked
from tests.support.world import a_world

RACERS = 1_000
TRIALS = 16


@contextmanager
def api_process(url, api_key, path, times):
    """Start a process of the API; give a function that lets it race and returns the responses."""
    with Forked("tests.races.api_racer", url, api_key, path, str(times), stdin=PIPE, stdout=PIPE) as process:
        assert process.stdout.readline() == "ready\n"
        yield lambda: msgspec.json.decode(process.ask("go\n"), type=Answers)


async def judge(world, client, path, answers):
    """Check that there is one message, and that all responses are the same."""
    assert len(answers) == RACERS
    assert {status for status, _ in answers} <= {201, 409}
    assert all("idempotency-key-in-use" in body for status, body in answers if status == 409)
    again = [(await send(client, path, "race")).text for _ in range(10)]
    (first,) = {body for status, body in answers if status == 201}
    assert again == [first] * 10
    sent = [recorded.event.message_id for recorded in await world.log() if isinstance(recorded.event, MessageSent)]
    assert sent == [msgspec.json.decode(first)["id"]]


async def test_1000_at_once_with_one_key_send_one_message(store):
    world = await a_world(store)
    path = f"/v1/conversations/{await world.group(1, 2)}/messages"
    async with client_of(store, world.key) as client:
        await judge(world, client, path, await race(client, path, RACERS))


async def test_1000_at_once_in_two_processes_with_one_key_send_one_message(store, database_url):
    world = await a_world(store)
    path = f"/v1/conversations/{await world.group(1, 2)}/messages"
    given = (database_url, world.key, path, RACERS // 2)
    with api_process(*given) as one, api_process(*given) as other:
        raced = await asyncio.gather(asyncio.to_thread(one), asyncio.to_thread(other))
    async with client_of(store, world.key) as client:
        await judge(world, client, path, raced[0] + raced[1])


async def test_a_repeat_after_a_kill_gets_the_one_response(database_url):
    ended = await asyncio.to_thread(forked.run, "tests.races.repeat_trials", database_url, str(TRIALS))

    assert ended.stdout, ended.stderr
    counted = msgspec.json.decode(ended.stdout.splitlines()[-1], type=Counted)
    assert (counted.trials, counted.lost, counted.doubled, counted.answered_otherwise) == (TRIALS, 0, 0, 0)
    assert counted.cut_off >= TRIALS / 2
    assert counted.begun > counted.answered > 0
