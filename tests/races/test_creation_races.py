"""Several create the same at the same time: one wins, and the others are refused with its id (R4, R18, R35)."""

from collections import Counter

from tests.races.actions import Plan, add_number, create, send, succeed, write
from tests.support.builders import number
from tests.support.world import found

ROUNDS = 10


async def test_one_of_50_creators_of_the_same_set_wins_and_the_others_get_its_id_R35(arena):
    lanes = [[create(1, 2, 3)], [create(3, 1, 2)]] * 12
    answers = await arena.race(arena.plan(*lanes, [create(2, 3, 1)]), arena.plan(*lanes, [create(3, 2, 1)]))

    assert len(answers) == 50
    (winner,) = [answer.value for answer in answers if answer.refused is None]
    assert Counter(answer.refused for answer in answers) == {None: 1, "group-exists": 49}
    assert {answer.members["conversation_id"] for answer in answers if answer.refused} == {winner}


async def test_many_different_sets_with_one_person_are_all_created_and_all_blocked_by_one_stop_R16(arena):
    lanes = [[create(1, n)] for n in range(10, 34)]
    answers = await arena.race(arena.plan(*lanes[::2]), arena.plan(*lanes[1::2]))
    groups = [answer.value for answer in answers if answer.refused is None]
    await arena.world.writes(1, "STOP")

    assert len(groups) > len(lanes) / 2
    assert Counter(answer.refused for answer in answers if answer.refused).keys() <= {"version-conflict"}
    assert all([(await arena.world.state(group)).blocked for group in groups])


async def test_one_of_several_simultaneous_successors_is_created_and_the_others_get_its_id_R18_R35(arena):
    old = await arena.world.group(1, 2, 3)
    await arena.world.writes(3, "STOP")
    answers = await arena.race(arena.plan(*[[succeed(old)]] * 8), arena.plan(*[[succeed(old)]] * 8))

    (winner,) = [answer.value for answer in answers if answer.refused is None]
    assert Counter(answer.refused for answer in answers) == {None: 1, "group-exists": 15}
    assert {answer.members["conversation_id"] for answer in answers if answer.refused} == {winner}
    assert (await arena.world.state(old)).successor_id == winner


async def test_a_successor_never_includes_a_person_who_opts_out_at_that_moment_R16_R18(arena):
    olds = [await arena.world.group(1, n, n + 100, n + 200) for n in range(100, 112)]
    await arena.world.writes(1, "STOP")
    continuing = [[succeed(old), send(old)] for old in olds]
    stopping = [[write(n, "STOP")] for n in range(100, 112)]

    answers = await arena.race(arena.plan(*continuing[::2], *stopping[::2]), arena.plan(*stopping[1::2], *continuing[1::2]))

    successors = [await arena.world.state(answer.value) for answer in answers if answer.action == "succeed"]
    assert len(successors) == 12
    assert all(group.blocked or len(group.members) == 2 for group in successors)


async def test_one_of_two_workspaces_that_claim_the_same_number_wins_R4(arena):
    other = await found(arena.world.store, "Other", "eve@example.com")
    numbers = [number(800 + n) for n in range(ROUNDS)]
    lanes = [[add_number(each)] for each in numbers]

    answers = await arena.race(arena.plan(*lanes), Plan(other.api_key, lanes[::-1]))

    assert Counter(answer.refused for answer in answers) == {None: ROUNDS, "number-taken": ROUNDS}
    claims = [recorded.event for recorded in await arena.world.log() if recorded.type == "groupchat.workspace.number_claimed"]
    assert sorted(claim.number for claim in claims if claim.number in numbers) == numbers
