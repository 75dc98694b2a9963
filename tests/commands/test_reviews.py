"""Opt-outs in people's own words: marked, put before a person, settled by a user or by time (R40)."""

from datetime import timedelta

import pytest

from groupchat.aggregates import consent, review
from groupchat.aggregates.review import ReviewOpened, ReviewSettled, ReviewSettledError
from groupchat.commands import consents, reviews
from groupchat.commands.streams import CONSENT, REVIEW
from groupchat.processes.overdue_reviews import OverdueReviews
from groupchat.processes.process import PutOffError
from groupchat.values.clock import utc_now
from groupchat.values.errors import NotFoundError
from tests.store.following import opened as opened_store
from tests.support.builders import BUSINESS, number

PLEASE = "Please take me off this list."


async def opened(world, n=1, body=PLEASE):
    """Let a person write, and return the id of the review that it opened."""
    return (await world.writes(n, body)).value.message_id


async def settle(world, id_, *, is_opt_out, note=None):
    return await world.run(reviews.settle_review, id_, is_opt_out=is_opt_out, note=note)


async def test_a_marked_text_opens_a_review_and_blocks_nothing_R40(world):
    group = await world.group(1, 2)
    outcome = await world.writes(1, PLEASE)

    assert [recorded.type.rpartition(".")[2] for recorded in outcome.events] == ["inbound_received", "opened"]
    event = outcome.events[1].event
    assert (event.conversation_id, event.number, event.because) == (group, number(1), "take me off")
    assert timedelta(days=12) <= event.due_at - outcome.events[1].at < timedelta(days=19)
    assert not (await world.state(group)).blocked


@pytest.mark.parametrize(("text", "group"), [("STOP", (2,)), ("stop!", ()), ("Arr\u00eat", (2,)), ("STOP 🛑", (2,))])
async def test_a_keyword_opens_no_review_R40(world, text, group):
    await world.group(1, 2)
    await world.writes(1, text, group=group)

    assert [each for each in await world.log() if isinstance(each.event, ReviewOpened)] == []


async def test_a_text_that_the_carrier_repeats_opens_one_review_R40_R45(world):
    await world.group(1, 2)
    for _ in range(2):
        await world.writes(1, PLEASE, id_="sms_1")

    assert sum(isinstance(recorded.event, ReviewOpened) for recorded in await world.log()) == 1


async def test_a_person_who_has_opted_out_needs_no_review_R40(world):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, PLEASE)

    assert not any(isinstance(recorded.event, ReviewOpened) for recorded in await world.log())


async def test_a_review_that_is_settled_as_an_opt_out_blocks_every_group_at_once_R15_R16_R40(world):
    group, other = await world.group(1, 2), await world.group(1, 3)
    id_ = await opened(world)
    outcome = await settle(world, id_, is_opt_out=True, note="They said so clearly")

    assert [recorded.type.rpartition(".")[2] for recorded in outcome.events] == [
        "settled",
        "opted_out",
        "participant_opted_out",
        "participant_opted_out",
        "auto_replied",
    ]
    assert {recorded.stream for recorded in outcome.events[2:]} == {group, other}
    assert {each.event.evidence for each in outcome.events[1:]} == {id_}
    assert {each.event.cause for each in outcome.events[1:4]} == {"review"}


async def test_a_review_that_is_settled_as_something_else_blocks_nothing_R40(world):
    group = await world.group(1, 2)
    id_ = await opened(world)
    await settle(world, id_, is_opt_out=False, note="They meant the mailing list of the choir")

    assert not (await world.state(group)).blocked
    assert (await world.store.load_fresh(REVIEW, review.stream(id_))).opt_out is False


async def test_a_settled_review_stays_settled_R40(world):
    await world.group(1, 2)
    id_ = await opened(world)
    await settle(world, id_, is_opt_out=False)

    assert (await settle(world, id_, is_opt_out=False)).events == ()
    with pytest.raises(ReviewSettledError, match="not an opt-out"):
        await settle(world, id_, is_opt_out=True)


async def test_an_opt_out_by_a_review_can_be_taken_back_as_a_mistake_R39_R40(world):
    group = await world.group(1, 2)
    await settle(world, await opened(world), is_opt_out=True)
    await world.run(consents.take_back_opt_out, group, number(1), "Wrong click")

    assert not (await world.state(group)).blocked


async def test_an_unknown_review_is_not_found(world):
    with pytest.raises(NotFoundError, match="no such review"):
        await settle(world, "msg_unknown", is_opt_out=True)


# --- time


async def overdue(world, *, days):
    """Let a process react to every review that many days from now; return how many were put off."""
    waiting = 0
    url = world.store.database.url.render_as_string(hide_password=False)
    async with opened_store(url, clock=lambda: utc_now() + timedelta(days=days)) as store:
        process = OverdueReviews(store)
        for recorded in await world.log():
            if process.key(recorded) is not None:
                try:
                    await process.react(recorded)
                except PutOffError:
                    waiting += 1
    return waiting


async def test_a_review_that_nobody_settles_in_time_is_an_opt_out_R40(world):
    group = await world.group(1, 2)
    id_ = await opened(world)

    assert await overdue(world, days=11) == 1
    assert not (await world.state(group)).blocked
    for _ in range(2):  # handled again, it changes nothing
        assert await overdue(world, days=20) == 0
    settled = [recorded for recorded in await world.log() if isinstance(recorded.event, ReviewSettled)]
    assert [(each.event.opt_out, each.cause.actor.id) for each in settled] == [(True, "overdue_reviews")]
    assert (await world.state(group)).blocked_by == (number(1),)
    assert (await world.store.load_fresh(CONSENT, consent.stream(BUSINESS, number(1)))).last_out.evidence == id_


async def test_a_review_that_a_user_settled_in_time_stays_as_it_was_settled_R40(world):
    group = await world.group(1, 2)
    await settle(world, await opened(world), is_opt_out=False)

    assert await overdue(world, days=20) == 0
    assert not (await world.state(group)).blocked
