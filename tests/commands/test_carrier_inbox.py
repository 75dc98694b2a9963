"""What several posts of carriers bring at the same time: one append, and each post has its own result (R11, R28, R44, R45)."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import update

from groupchat.aggregates import consent, delivery
from groupchat.aggregates.delivery_events import Updated
from groupchat.aggregates.group_events import InboundReceived, ReactionReceived
from groupchat.carriers.port import Inbound, Receipt
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.inbound import Received
from groupchat.commands.streams import CONSENT, CONVERSATION, DELIVERY
from groupchat.store.event_store import Outcome
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.tables import STORED_EVENTS
from groupchat.values.errors import NotFoundError
from tests.store.counting import holding, until
from tests.store.following import opened
from tests.support.builders import BUSINESS, number
from tests.support.statements import counted
from tests.support.world import CARRIER, World, a_world


class Appends(list[int]):
    """The number of appends in each transaction of a store."""

    def __init__(self, world: World) -> None:
        world.store.observe(lambda appends, _: self.append(appends))


def text(n: int, body: str, *others: int, id_: str | None = None, to: str = BUSINESS) -> Inbound:
    """Return a text of the n-th person in the group with these others."""
    group = tuple(sorted(map(number, others)))
    return Inbound(from_=number(n), to=to, group=group, body=body, media=(), carrier_message_id=id_ or f"in-{n}-{body}")


async def posted(world: World, texts: Sequence[Inbound]) -> list[Outcome[Received] | BaseException]:
    """Let a carrier post these texts at the same time, each in a request of its own."""
    arrivals = Arrivals(world.store)
    posts = [CarrierInbox(arrivals, CARRIER, f"req_{n}").inbound(each) for n, each in enumerate(texts)]
    return await asyncio.gather(*posts, return_exceptions=True)


async def stored(world: World) -> list[tuple[str, str | None]]:
    """Return the texts in the log, each with the id of its request."""
    return [
        (recorded.cause.correlation_id, recorded.event.body)
        for recorded in await world.log()
        if isinstance(recorded.event, InboundReceived)
    ]


# --- texts


async def test_texts_that_come_together_are_one_append_and_each_is_caused_by_its_own_post_R31_R45(world):
    groups = [await world.group(1, n) for n in (2, 3, 4)]
    appends = Appends(world)
    outcomes = await posted(world, [text(1, "a", 2), text(3, "b", 1), text(1, "c", 4)])

    assert appends == [1]
    assert [each.value.conversation_id for each in outcomes] == groups
    assert await stored(world) == [("req_0", "a"), ("req_1", "b"), ("req_2", "c")]
    received = [recorded for recorded in await world.log() if isinstance(recorded.event, InboundReceived)]
    assert [(each.cause.actor.id, each.cause.causation_id) for each in received] == [
        (number(n), f"{CARRIER}/in-{n}-{body}") for n, body in ((1, "a"), (3, "b"), (1, "c"))
    ]


async def test_texts_of_one_conversation_stay_in_the_order_of_their_posts_R11(world):
    await world.group(1, 2)
    bodies = [f"{n}" for n in range(20)]
    await posted(world, [text(1 + n % 2, body, 2 - n % 2) for n, body in enumerate(bodies)])

    assert [body for _, body in await stored(world)] == bodies


async def test_a_text_that_a_carrier_posts_several_times_at_once_is_stored_once_R45(world):
    await world.group(1, 2)
    outcomes = await posted(world, [text(1, "Hi", 2, id_="SM1")] * 3)
    again = await posted(world, [text(1, "Hi", 2, id_="SM1"), text(1, "New", 2)])

    assert len({each.value.conversation_id for each in (*outcomes, *again)}) == 1
    assert [body for _, body in await stored(world)] == ["Hi", "New"]


async def test_a_text_without_a_place_is_refused_alone_R44_R45(world):
    await world.group(1, 2)
    await world.add_number(number(901))
    from_a_business_number, to_a_strangers = text(901, "b", 1), text(1, "c", 2, to=number(800))
    first, *bad, last = await posted(world, [text(1, "a", 2), from_a_business_number, to_a_strangers, text(2, "d", 1)])

    assert [type(each) for each in bad] == [NotFoundError] * 2
    assert first.value.conversation_id == last.value.conversation_id
    assert [body for _, body in await stored(world)] == ["a", "d"]


async def test_a_conversation_that_cannot_be_read_fails_its_own_text_alone_R44(database_url):
    async with opened(database_url) as store:
        world = await a_world(store)
        damaged, _ = await world.group(1, 2), await world.group(3, 4)
        table = STORED_EVENTS.c
        with store.database.write() as connection:
            connection.execute(update(STORED_EVENTS).where(table.originator_id == damaged).values(state=b"damaged"))
    async with opened(database_url) as store:  # with nothing in memory
        world = World(store=store, who=world.who, key=world.key)
        bad, good = await posted(world, [text(1, "a", 2), text(3, "b", 4)])
        received = [event for event in await world.events(good.value.conversation_id) if isinstance(event, InboundReceived)]

    assert isinstance(bad, UnreadableEventError)
    assert [event.body for event in received] == ["b"]


async def test_an_opt_out_among_texts_blocks_and_is_confirmed_once_R14_R41(world):
    group = await world.group(1, 2)
    await posted(world, [text(1, "Hi", 2), text(1, "STOP", 2), text(1, "STOP", 2), text(2, "What?", 1)])

    assert (await world.state(group)).blocked_by == (number(1),)
    assert (await world.store.load_fresh(CONSENT, consent.stream(BUSINESS, number(1)))).theirs
    types = await world.types(group)
    assert (types.count("inbound_received"), types.count("auto_replied")) == (3, 1)


async def test_a_first_text_of_a_group_and_those_after_it_begin_one_conversation_R44(world):
    outcomes = await posted(world, [text(1, "a", 2, 3), text(2, "b", 1, 3), text(3, "c", 1, 2)])

    (conversation_id,) = {each.value.conversation_id for each in outcomes}
    assert await world.types(conversation_id) == ["created", *["inbound_received"] * 3]


async def test_a_reaction_finds_the_text_that_comes_together_with_it_R42(world):
    group = await world.group(1, 2)
    await posted(world, [text(1, "See you at seven", 2), text(2, "Liked “See you at seven”", 1)])

    received, reaction = (await world.events(group))[1:]
    assert isinstance(reaction, ReactionReceived)
    assert reaction.message_id == received.message_id


async def test_a_reaction_finds_a_text_that_is_being_stored_R42(database_url):
    async with opened(database_url) as store:
        world = await a_world(store)
        group = await world.group(1, 2)
        with holding(database_url):
            first = asyncio.create_task(posted(world, [text(1, "See you at seven", 2), text(1, "Or at eight?", 2)]))
            await until(lambda: len(store.remembered(CONVERSATION, group).carrier_message_ids) == 2)
            then = asyncio.create_task(posted(world, [text(2, "Liked “See you at seven”", 1)]))
            await until(lambda: len(store.remembered(CONVERSATION, group).carrier_message_ids) == 3)
        await asyncio.gather(first, then)
        received, _, reaction = (await world.events(group))[1:]

    assert isinstance(reaction, ReactionReceived)
    assert reaction.message_id == received.message_id


async def test_texts_to_two_workspaces_each_reach_their_own_R45(store):
    ours, theirs = await a_world(store), await a_world(store, number(901))
    groups = [await ours.group(1, 2), await theirs.group(1, 2)]
    outcomes = await posted(ours, [text(1, "a", 2), text(1, "b", 2, to=number(901))])

    assert [each.value.conversation_id for each in outcomes] == groups
    received = [recorded for recorded in await ours.log() if isinstance(recorded.event, InboundReceived)]
    assert [each.cause.workspace_id for each in received] == [ours.who.workspace_id, theirs.who.workspace_id]


# --- receipts


async def test_receipts_of_several_posts_are_one_append_each_with_its_own_request_R28_R31(world):
    messages = [await world.handed_over(await world.group(1, 2, n)) for n in (3, 4)]
    arrivals, appends = Arrivals(world.store), Appends(world)
    posts = [
        CarrierInbox(arrivals, CARRIER, f"req_{message_id}_{n}").receipts(
            [Receipt(message_id=message_id, recipient=number(n), status="delivered")]
        )
        for message_id in messages
        for n in (1, 2)
    ]
    await asyncio.gather(*posts)

    assert appends == [1]
    assert [recorded.cause.correlation_id for recorded in (await world.log())[-4:]] == [
        f"req_{message_id}_{n}" for message_id in messages for n in (1, 2)
    ]
    for message_id in messages:
        statuses = (await world.store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses
        assert (statuses[number(1)], statuses[number(2)]) == ("delivered", "delivered")


async def test_receipts_of_another_carriers_message_hinder_no_others_R28(world):
    message_id = await world.handed_over(await world.group(1, 2))
    arrivals, delivered = Arrivals(world.store), Receipt(message_id=message_id, recipient=number(1), status="delivered")
    of_another = Receipt(message_id=message_id, recipient=number(2), status="failed")
    await asyncio.gather(
        CarrierInbox(arrivals, "another").receipts([of_another]), CarrierInbox(arrivals, CARRIER).receipts([delivered])
    )

    statuses = (await world.store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses
    assert statuses == {number(1): "delivered", number(2): "queued"}


# --- what a burst costs the database


@pytest.mark.parametrize("in_memory", [True, False])
async def test_a_hundred_texts_that_come_together_cost_one_transaction_and_one_query_for_each_kind_of_stream(
    database_url, *, in_memory: bool
):
    people = range(100, 200)
    async with opened(database_url) as store:
        world = await a_world(store)
        for n in people:
            await world.group(n, n + 200)
        if in_memory:
            asked = await _asked(world, people)
    if not in_memory:
        async with opened(database_url) as store:
            asked = await _asked(World(store=store, who=world.who, key=world.key), people)

    writes = 2  # the lock with the streams' versions, and the insert
    assert len(asked) == writes + (0 if in_memory else 4)  # claims, workspaces, consents and conversations
    assert [each for each in asked if "INSERT" in each] == asked[-1:]


async def test_a_hundred_texts_that_each_begin_a_conversation_cost_no_query_each_R44(database_url):
    async with opened(database_url) as store:
        world = await a_world(store)
        asked = await _asked(world, range(100, 200))

    assert len(asked) == 2 + 4  # consents of the writers, and what is known of all: phone books, consents, do-not-disturb


async def test_a_hundred_receipts_that_come_together_cost_one_query_and_one_transaction_R28(database_url):
    async with opened(database_url) as store:
        world = await a_world(store)
        messages = [await world.handed_over(await world.group(n, n + 200)) for n in range(100, 200)]
    async with opened(database_url) as store:  # an API process, which has not handed them over
        arrivals = Arrivals(store)
        with counted(store.database) as asked:
            await asyncio.gather(
                *(
                    CarrierInbox(arrivals, CARRIER).receipts(
                        [Receipt(message_id=message_id, recipient=number(n), status="delivered")]
                    )
                    for n, message_id in enumerate(messages, 100)
                )
            )
        updated = [each for each in await asyncio.to_thread(list, store.log.each()) if isinstance(each.event, Updated)]

    assert len(asked) == 2 + 1
    assert len(updated) == 100


async def _asked(world: World, people: Sequence[int]) -> list[str]:
    """Let each of these people write at the same time; return the statements that this takes."""
    with counted(world.store.database) as asked:
        outcomes = await posted(world, [text(n, "Hi", n + 200) for n in people])
    assert all(isinstance(each, Outcome) for each in outcomes)
    return asked
