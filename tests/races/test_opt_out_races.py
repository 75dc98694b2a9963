"""Opting out while others send, create and hand over is free of races (R16). `Arena.race` scans the whole log after each."""

import random
from collections import Counter

import pytest

from tests.races.actions import create, delete, dnd, move, opt_out_by_hand, send, send_and_begin, write
from tests.support.builders import number

ROUNDS = ((100, 1), (300, 2), (500, 4), (700, 8), (900, 16))
"""The first person of each round, and how long it spreads the moments of its opt-outs. On a busy machine one side may win
every race of a round. The next round spreads them wider, until even a slow other side is in time for the last."""
LANES, SENDS = 25, 20  # for each of two plans: 1,000 sends


def outcomes(answers, action):
    """Count the outcomes of actions: the refusal's slug, or `done`."""
    return Counter(answer.refused or "done" for answer in answers if answer.action == action)


def later(action, group, times):
    """Return a lane with an action that is held up by some sends elsewhere, so that it meets the others at different moments."""
    return [send(group)] * times + [action]


def shuffled(*items, seed=1):
    return random.Random(seed).sample(items, len(items))


async def types_of(world, type_):
    return [recorded for recorded in await world.log() if recorded.type == f"groupchat.{type_}"]


async def test_no_message_is_accepted_after_an_opt_out_that_races_1000_sends_R16(arena):
    group = await arena.world.group(1, 2, 3)
    lanes = [[send(group)] * SENDS for _ in range(LANES)]
    stopping = [*[send(group)] * (SENDS // 3), write(2, "STOP"), *[send(group)] * (SENDS - SENDS // 3)]

    answers = await arena.race(arena.plan(*lanes), arena.plan(*lanes[1:], stopping))

    assert outcomes(answers, "write") == {"done": 1}
    sends = outcomes(answers, "send")
    assert sends.total() == 2 * LANES * SENDS
    assert sends["done"] > 0
    assert sends["conversation-blocked"] > 0
    assert sends["version-conflict"] == 0
    acknowledged = {answer.value for answer in answers if answer.action == "send" and answer.refused is None}
    assert acknowledged == {recorded.event.message_id for recorded in await types_of(arena.world, "conversation.message_sent")}
    assert (await arena.world.state(group)).blocked_by == (number(2),)


@pytest.mark.parametrize("way", ["by hand", "by DND"])
async def test_however_the_opt_out_comes_no_message_is_accepted_after_it_R14_R16(arena, way):
    bob = await arena.world.contact(1, "Bob")
    groups = [await arena.world.group(bob, n) for n in range(2, 6)]
    opt_out = opt_out_by_hand(groups[0], 1) if way == "by hand" else dnd(bob.id, on=True)
    lanes = [[send(group)] * 25 for group in groups * 2]
    stopping = [send(groups[0]), opt_out, *[send(group) for group in groups]]

    answers = await arena.race(arena.plan(*lanes), arena.plan(*lanes, stopping))

    sends = outcomes(answers, "send")
    assert sends["done"] > 0
    assert sends["conversation-blocked"] >= len(groups)
    assert not sends.keys() - {"done", "conversation-blocked"}
    assert [(await arena.world.state(group)).blocked for group in groups] == [True] * 4


async def test_no_group_begins_unblocked_with_somebody_who_opts_out_at_that_moment_R5_R16(arena):
    elsewhere = await arena.world.group(1, 2)
    seen = Counter()
    for first, spread in ROUNDS:
        people = range(first, first + 40)
        doings = [[create(n, n + 100)] for n in people] + [later(write(n, "STOP"), elsewhere, n % 5 * 8 * spread) for n in people]
        mixed = shuffled(*doings)

        answers = await arena.race(arena.plan(*mixed[::2]), arena.plan(*mixed[1::2]))

        assert outcomes(answers, "write") == {"done": len(people)}
        groups = [answer.value for answer in answers if answer.action == "create" and answer.refused is None]
        assert all([(await arena.world.state(group)).blocked for group in groups])
        seen += outcomes(answers, "create")
        if len(seen) > 1:
            break
    assert set(seen) == {"done", "invalid-group"}


async def test_no_group_begins_or_gets_a_message_with_a_contact_whose_dnd_is_turned_on_at_that_moment_R5_R16(arena):
    world = arena.world
    elsewhere = await world.group(1, 2)
    created, sent = Counter(), Counter()
    for first, spread in ROUNDS:
        contacts = [await world.contact(n, f"Contact {n}") for n in range(first, first + 12)]
        groups = [await world.group(contact, 1) for contact in contacts]
        doings = [later(dnd(contact.id, on=True), elsewhere, n % 4 * spread) for n, contact in enumerate(contacts)]
        doings += [[create(2, contact=contact.id)] for contact in contacts]
        doings += [[send(group)] * 4 for group in groups]
        mixed = shuffled(*doings, seed=2)

        answers = await arena.race(arena.plan(*mixed[::2]), arena.plan(*mixed[1::2]))

        assert outcomes(answers, "dnd") == {"done": len(contacts)}
        all_groups = groups + [answer.value for answer in answers if answer.action == "create" and answer.refused is None]
        assert all([(await world.state(group)).blocked for group in all_groups])
        created += outcomes(answers, "create")
        sent += outcomes(answers, "send")
        if len(created) > 1 and len(sent) > 1:
            break
    assert set(created) == {"done", "invalid-group"}
    assert set(sent) == {"done", "conversation-blocked"}


@pytest.mark.parametrize("way", ["a card with DND gets the number", "the younger card gets DND and is deleted"])
async def test_nothing_is_sent_to_a_number_that_gets_dnd_at_that_moment_under_any_contact_R16_R36(arena, way):
    world = arena.world
    elsewhere = await world.group(1, 2)
    created, sent = Counter(), Counter()
    for first, spread in ROUNDS:
        people = range(first, first + 12)
        groups = [await world.group(n, 1) for n in people]
        doings = [lane for n in people for lane in ([create(n, 2)], [send(groups[n - first])] * 4)]
        for n in people:
            if way.startswith("a card"):
                card = await world.contact(n + 5_000, f"Card {n}")
                await world.change(card, dnd=True)
                doings.append(later(move(card.id, n), elsewhere, n % 4 * spread))
            else:
                await world.contact(n, f"Older {n}")
                card = await world.contact(n, f"Younger {n}")
                doings.append([*later(dnd(card.id, on=True), elsewhere, n % 4 * spread), delete(card.id)])
        mixed = shuffled(*doings, seed=5)

        answers = await arena.race(arena.plan(*mixed[::2]), arena.plan(*mixed[1::2]))

        all_groups = groups + [answer.value for answer in answers if answer.action == "create" and answer.refused is None]
        assert all([(await world.state(group)).blocked for group in all_groups])
        created += outcomes(answers, "create")
        sent += outcomes(answers, "send")
        if len(created) > 1 and len(sent) > 1:
            break
    assert set(created) <= {"done", "invalid-group", "version-conflict"}
    assert created["invalid-group"]
    assert sent["done"]
    assert sent["conversation-blocked"]


async def test_no_hand_over_begins_after_an_opt_out_for_a_message_accepted_before_R16(arena):
    elsewhere = await arena.world.group(1, 2)
    became = Counter()
    for first, spread in ROUNDS:
        groups = [await arena.world.group(n, n + 100) for n in range(first, first + 20)]
        handing = [[send_and_begin(group)] * 3 for group in groups]
        stopping = [later(write(n, "STOP"), elsewhere, n % 6 * spread) for n in range(first, first + 20)]
        one, other = shuffled(*handing, *stopping[::2], seed=3), shuffled(*handing, *stopping[1::2], seed=4)

        answers = await arena.race(arena.plan(*one), arena.plan(*other))

        became += Counter(answer.value for answer in answers if answer.action == "send_and_begin" and answer.refused is None)
        assert len(await types_of(arena.world, "delivery.started")) == became["queued"]
        assert len(await types_of(arena.world, "delivery.withheld")) == became["withheld"]
        if len(became) > 1:
            break
    assert set(became) == {"queued", "withheld"}


async def test_a_storm_of_stops_and_starts_keeps_every_promise_R16_R17_R35(arena):
    await arena.world.policy(reopen_on_opt_in=True)
    group = await arena.world.group(1, 2)
    await arena.world.group(1, 3)
    storms = [[write(n, word) for _ in range(6) for word in ("STOP", "START")] for n in (1, 2, 3)]
    others = [[send(group)] * 12, [create(1, 2)] * 8, [create(1, 3)] * 8]

    answers = await arena.race(arena.plan(*storms, *others), arena.plan(*others, *storms))

    assert outcomes(answers, "send")["done"] > 0
    assert outcomes(answers, "send")["conversation-blocked"] > 0
    assert set(outcomes(answers, "create")) <= {"done", "group-exists", "invalid-group"}
    assert await types_of(arena.world, "conversation.unblocked")
