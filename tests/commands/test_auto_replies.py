"""Confirming opt-outs and answering HELP: once, in the append of the text that asks for it, and to nobody else (R41)."""

import asyncio
from datetime import timedelta

import pytest

from groupchat.aggregates.auto_replies import ChooseAutoReplies, TextsChange
from groupchat.aggregates.group_events import AutoReplied
from groupchat.carriers.port import Inbound
from groupchat.commands import business_numbers, consents, reviews, workspaces
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.values.clock import utc_now
from groupchat.values.errors import NotPermittedError
from tests.store.following import opened as opened_store
from tests.support.builders import number
from tests.support.world import CARRIER, World, a_member

CONFIRMED = "Harbour Dental: You are opted out and will get no more messages. Reply START to opt in again."


async def replies(world: World) -> list[AutoReplied]:
    return [each.event for each in await world.log() if isinstance(each.event, AutoReplied)]


async def purposes(world: World) -> list[tuple[str, str]]:
    return [(each.number, each.purpose) for each in await replies(world)]


async def test_a_keyword_is_confirmed_in_the_append_that_records_it_to_its_writer_alone_R41(world):
    group = await world.group(1, 2)
    outcome = await world.writes(1, "STOP", group=(2,))

    reply, event = outcome.events[-1], outcome.events[-1].event
    assert (reply.stream, event.number, event.purpose) == (group, number(1), "opt-out")
    assert (event.evidence, event.language, event.body) == (outcome.value.message_id, "en", CONFIRMED)
    assert event.send_by - reply.at == timedelta(minutes=5)
    assert str(event.rate.mms_segment) == "0.0200"


@pytest.mark.parametrize(("word", "starts"), [("ARRÊT", "Harbour Dental: Vous ne"), ("alto", "Harbour Dental: Usted")])
async def test_the_confirmation_is_in_the_language_of_the_keyword_R41(world, word, starts):
    await world.writes(1, word)
    (reply,) = await replies(world)
    assert reply.body.startswith(starts)


async def test_somebody_who_is_in_several_groups_gets_one_confirmation_R41(world):
    for other in (2, 3, 4):
        await world.group(1, other)
    await world.writes(1, "STOP")

    assert await purposes(world) == [(number(1), "opt-out")]


async def test_a_webhook_that_comes_twice_and_a_second_stop_add_no_confirmation_R41_R45(world):
    await world.group(1, 2)
    await asyncio.gather(*(world.writes(1, "STOP", id_="SM1") for _ in range(4)))
    await world.writes(1, "STOP")
    await world.writes(1, "Please take me off this list.")

    assert await purposes(world) == [(number(1), "opt-out")]


async def test_stops_in_two_groups_at_the_same_time_are_confirmed_once_R41(world):
    await world.group(1, 2)
    await world.group(1, 3)
    await asyncio.gather(world.writes(1, "STOP", group=(2,)), world.writes(1, "STOP", group=(3,)))

    assert await purposes(world) == [(number(1), "opt-out")]


async def test_each_opt_out_after_an_opt_in_is_confirmed_R41(world):
    await world.group(1, 2)
    for body in ("STOP", "START", "STOP"):
        await world.writes(1, body)

    assert await purposes(world) == [(number(1), "opt-out")] * 2


async def test_somebody_who_was_out_already_in_another_way_gets_nothing_more_R41(world):
    await world.group(1, 2)
    bob = await world.contact(3)
    group = await world.group(bob, 4)
    await world.run(consents.opt_out_by_hand, group, number(4))
    await world.change(bob, dnd=True)
    await world.writes(4, "STOP")
    await world.writes(4, "HELP")

    assert await purposes(world) == []


async def test_what_a_user_records_and_do_not_disturb_are_not_confirmed_because_nobody_asked_by_text_R41(world):
    bob = await world.contact(1)
    group = await world.group(bob, 2)
    await world.run(consents.opt_out_by_hand, group, number(2))
    await world.change(bob, dnd=True)

    assert await purposes(world) == []


async def test_own_words_that_a_user_judges_within_five_minutes_are_confirmed_R40_R41(world):
    await world.group(1, 2)
    message_id = (await world.writes(1, "Ne m'écrivez plus")).value.message_id
    await world.run(reviews.settle_review, message_id, is_opt_out=True, note=None)

    (reply,) = await replies(world)
    assert (reply.evidence, reply.language) == (message_id, "fr")


async def test_own_words_that_are_judged_later_are_an_opt_out_without_a_confirmation_R40_R41(world, database_url):
    group = await world.group(1, 2)
    message_id = (await world.writes(1, "Please take me off this list.")).value.message_id
    later = utc_now() + timedelta(minutes=5, seconds=1)
    async with opened_store(database_url, clock=lambda: later) as store:
        await store.run(world.who.cause(), reviews.settle_review, world.who, message_id, is_opt_out=True, note=None)

    assert await purposes(world) == []
    assert (await world.state(group)).blocked


@pytest.mark.parametrize(("word", "starts"), [("help", "Harbour Dental: For"), ("Aide!", "Harbour Dental: Pour")])
async def test_help_is_answered_and_opts_nobody_out_R41(world, word, starts):
    group = await world.group(1, 2)
    await world.writes(1, word)

    (reply,) = await replies(world)
    assert (reply.number, reply.purpose, reply.body.startswith(starts)) == (number(1), "help", True)
    assert not (await world.state(group)).blocked


async def test_help_twice_within_the_hour_is_answered_once_R41(world):
    await world.group(1, 2)
    await world.writes(1, "HELP")
    await world.writes(1, "INFO")

    assert await purposes(world) == [(number(1), "help")]


@pytest.mark.parametrize("body", ["STOP", "HELP"])
async def test_a_keyword_that_the_carrier_itself_answers_is_honored_and_not_answered_again_R41(world, body):
    group = await world.group(1, 2)
    message = Inbound(
        from_=number(1), to=world.business, group=(number(2),), body=body, media=(), carrier_message_id="SM1", carrier_answers=True
    )
    await CarrierInbox(Arrivals(world.store), CARRIER).inbound(message)

    assert await purposes(world) == []
    assert (await world.state(group)).blocked == (body == "STOP")


async def test_a_number_that_was_given_up_answers_nobody_R41_R56(world):
    await world.group(1, 2)
    await world.run(business_numbers.give_up_number, world.business)
    await world.writes(1, "STOP")

    assert await purposes(world) == []


async def test_a_workspaces_own_text_is_used_and_a_workspace_can_answer_nothing_R41(world):
    await world.group(1, 2)
    own = TextsChange(en="{business}: Goodbye!")
    await world.run(workspaces.change_auto_replies, ChooseAutoReplies(opt_out_texts=own, answers_help=False))
    await world.writes(1, "HELP")
    await world.writes(1, "STOP")

    assert [each.body for each in await replies(world)] == ["Harbour Dental: Goodbye!"]


async def test_only_managers_change_the_automatic_replies_R23_R41(world):
    with pytest.raises(NotPermittedError):
        await world.run_as(await a_member(world), workspaces.change_auto_replies, ChooseAutoReplies(answers_help=False))
