"""A phone in very many groups: its opt-out is taken as a whole, and asks the database as often as that of a phone in a few."""

import sys
from collections import Counter
from contextlib import contextmanager

import pytest

from groupchat.aggregates import consent
from groupchat.aggregates.group_events import Created, ParticipantOptedOut, Unblocked
from groupchat.carriers.port import Inbound
from groupchat.commands import consents
from groupchat.commands.inbound import by_participant, receive
from groupchat.store.event_store import Tries
from groupchat.values.policy import Policy
from tests.projections.histories import log_of, store_log
from tests.store.following import opened
from tests.support.builders import a_participant, number
from tests.support.statements import counted
from tests.support.world import CARRIER, World

MANY = 2_000


def put_into(world, phone, groups):
    """Store groups of a phone with one other each, as their creation would, and return their ids."""
    story = []
    ids = [f"cnv_{phone}_{n}" for n in range(groups)]
    for other, id_ in enumerate(ids, start=phone + 1):
        roster = (a_participant(phone), a_participant(other))
        story.append((id_, Created(business_number=world.business, name=None, roster=roster, policy=Policy(reopen_on_opt_in=True))))
        for each in roster:
            joined = consent.GroupJoined(business_number=world.business, number=each.number, conversation_id=id_)
            story.append((consent.stream(world.business, each.number), joined))
    store_log(world.store.database, log_of(story, cause=world.who.cause(), first=world.store.log.head() + 1))
    return ids


async def write(world, phone, body):
    """Let a phone write to the business alone, and return the events."""
    message = Inbound(
        from_=number(phone), to=world.business, group=None, body=body, media=(), carrier_message_id=f"sms_{phone}_{body}"
    )
    return (await world.store.run(by_participant(world.who.workspace_id, CARRIER, message, "req_1"), receive, message)).events


def of_type(events, kind):
    return [each for each in events if isinstance(each.event, kind)]


async def test_a_stop_and_a_start_of_a_phone_in_thousands_of_groups_are_taken_while_others_wait_R16_R17(world, database_url):
    put_into(world, 1, MANY)
    async with opened(database_url, tries=Tries(free=0)) as store:
        at_once = World(store=store, who=world.who, key=world.key)
        assert len(of_type(await write(at_once, 1, "STOP"), ParticipantOptedOut)) == MANY
        assert len(of_type(await write(at_once, 1, "START"), Unblocked)) == MANY


@contextmanager
def calls_counted():
    """Count the calls of functions in this thread."""
    calls = Counter()
    sys.setprofile(lambda _frame, event, _arg: calls.update((event,)))
    try:
        yield calls
    finally:
        sys.setprofile(None)


async def by_hand(world, phone, group):
    await world.run(consents.opt_out_by_hand, group, number(phone))


async def taken_back(world, phone, group):
    await world.run(consents.take_back_opt_out, group, number(phone), "a mistake")


async def stop(world, phone, _group):
    await write(world, phone, "STOP")


async def start(world, phone, _group):
    await write(world, phone, "START")


@pytest.mark.parametrize(("before", "message"), [(None, stop), (stop, start), (None, by_hand), (by_hand, taken_back)])
async def test_a_phone_in_many_groups_costs_as_many_queries_as_one_in_a_few_R14_R17_R39(world, database_url, before, message):
    costs = []
    for phone, groups in ((1, 3), (100, 60)):
        (group, *_) = put_into(world, phone, groups)
        if before is not None:
            await before(world, phone, group)
        async with opened(database_url) as store:
            with counted(store.database) as asked:
                await message(World(store=store, who=world.who, key=world.key), phone, group)
        costs.append(len(asked))
    assert costs[0] == costs[1] < 30


@pytest.mark.parametrize("others", [None, (1_001,), (1_001, 1_002)], ids=["unknown set", "a group", "another set"])
async def test_a_persons_text_costs_as_much_however_many_conversations_the_workspace_has_R44(world, database_url, others):
    """In a process that has read nothing yet, as after a restart."""
    costs = []
    await world.group(1_000, 1_001)
    for elsewhere in (3, MANY):
        put_into(world, 5_000 + 10 * elsewhere, elsewhere)
        group = None if others is None else tuple(map(number, others))
        message = Inbound(
            from_=number(1_000), to=world.business, group=group, body="Hi", media=(), carrier_message_id=f"sms_{elsewhere}"
        )
        cause = by_participant(world.who.workspace_id, CARRIER, message, "req_1")
        async with opened(database_url) as store:
            with counted(store.database) as asked, calls_counted() as calls:
                await store.run(cause, receive, message)
        costs.append((len(asked), calls["call"]))
    (few, calls_of_few), (many, calls_of_many) = costs
    assert many <= few < 30
    assert calls_of_many < 1.5 * calls_of_few


async def test_a_contact_and_their_dnd_ask_the_database_as_often_as_with_a_few_groups_R36_R37(world, database_url):
    costs = []
    for phone, groups in ((1, 3), (100, 60)):
        put_into(world, phone, groups)
        async with opened(database_url) as store:
            other = World(store=store, who=world.who, key=world.key)
            asked = []
            with counted(store.database) as linking:
                contact = await other.contact(phone)
            for dnd in (True, False):
                with counted(store.database) as changing:
                    await other.change(contact, dnd=dnd)
                asked.append(len(changing))
        costs.append([len(linking), *asked])
    assert costs[0] == costs[1]


async def test_a_new_group_costs_as_much_whatever_other_groups_one_of_its_people_is_in_R35(world):
    costs = []
    for phone, groups in ((1, 20), (100, 200)):
        put_into(world, phone, groups)
        await world.create(phone, 1_000 + phone)
        with calls_counted() as calls:
            await world.create(phone, 2_000 + phone)
        costs.append(calls["call"])
    assert costs[1] < 1.5 * costs[0]


async def test_its_work_grows_with_its_groups_and_not_with_their_square_R17(world):
    """The phone has the lowest number in each of its groups, so its own consent is where other groups of the same set are found."""
    costs = []
    for phone, groups in ((1, 50), (100, 200)):
        put_into(world, phone, groups)
        with calls_counted() as calls:
            await write(world, phone, "STOP")
            await write(world, phone, "START")
        costs.append(calls["call"])
    assert costs[1] < 6 * costs[0]
