"""Recording refusals: which ones, in whose name, and that it delays nobody (R15, R20 to R22)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from groupchat.aggregates import group_conversation, refusal
from groupchat.aggregates.access import ContactNotAssignedError, GroupChatNotPermittedError, HiddenError, NumberAccessDeniedError
from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.aggregates.refusal import DayLimits, Refusal, Subject
from groupchat.aggregates.roster import GroupExistsError
from groupchat.commands import conversations
from groupchat.commands.conversations import Draft
from groupchat.commands.refusals import RULES, Counted, record, to_record
from groupchat.store.event_store import Tries
from groupchat.values.errors import NotFoundError, NotPermittedError
from tests.support.builders import BUSINESS, moment, number
from tests.support.stores import store_on

NOON = datetime(2025, 1, 31, 12, tzinfo=UTC)
HIDDEN = Subject(conversation_id="cnv_hidden")
RECORDED = [
    (ConversationBlockedError("cnv_1", (number(1),)), "R15", Subject(conversation_id="cnv_1", numbers=(number(1),))),
    (GroupChatNotPermittedError("no"), "R20", Subject(conversation_id="cnv_1")),
    (NumberAccessDeniedError("no", number=BUSINESS), "R21", Subject(conversation_id="cnv_1", business_number=BUSINESS)),
    (ContactNotAssignedError("no", [1], Subject(contact_ids=("ctc_1",))), "R22", Subject(contact_ids=("ctc_1",))),
    (HiddenError(group_conversation.missing(), HIDDEN), "R22", HIDDEN),
]


def a_try(n=1, user="usr_1", about=None, **given):
    """Return the refusal of a message in the n-th conversation, or about something else."""
    what = Refusal(
        user_id=user,
        slug="conversation-blocked",
        rule="R15",
        operation="POST /v1/conversations/{conversation_id}/messages",
        about=about or Subject(conversation_id=f"cnv_{n}"),
    )
    fields = {"workspace_id": "wsp_1", "times": 1, "first_at": moment(0), "last_at": moment(1), "correlation_id": "req_9"}
    return Counted(refusal=what, **(fields | given))


def records(store, workspace_id="wsp_1"):
    return store.log.stream(refusal.stream(workspace_id, store.now().date()))


def at(database, now):
    """Return the store of another process, at a time."""
    return store_on(database, clock=lambda: now)


@pytest.mark.parametrize(("error", "rule", "about"), RECORDED, ids=lambda each: each if isinstance(each, str) else "")
async def test_a_refusal_is_recorded_with_its_rule_and_its_subject_R15_R20_R21_R22(world, error, rule, about):
    found = to_record(error, world.who, "POST /x", "cnv_1")
    assert found == Refusal(user_id=world.who.user.id, slug=error.slug, rule=rule, operation="POST /x", about=about)


async def test_every_kind_of_refusal_that_is_recorded_is_tried_here():
    assert {type(error) for error, *_ in RECORDED} == set(RULES)


@pytest.mark.parametrize("error", [NotFoundError("no"), NotPermittedError("no"), GroupExistsError(None)], ids=lambda e: e.slug)
async def test_missing_things_and_other_refusals_are_not_recorded_R22(world, error):
    assert to_record(error, world.who, "GET /x", "cnv_1") is None


async def record_in(store, counted, **given):
    return await store.run(counted.cause(), record, counted, **given)


async def test_a_record_names_the_user_and_their_request_R31(store):
    assert (await record_in(store, a_try())).value == "record"
    (found,) = records(store)
    assert (found.cause.workspace_id, found.cause.actor.id, found.cause.correlation_id) == ("wsp_1", "usr_1", "req_9")
    assert (found.event.times, found.event.first_at, found.event.last_at) == (1, moment(0), moment(1))


async def test_an_alike_one_is_to_be_counted_until_a_minute_is_over_even_by_another_process_R15(database):
    with at(database, NOON) as first, at(database, NOON) as elsewhere, at(database, NOON + timedelta(minutes=1)) as later:
        assert (await record_in(first, a_try())).value == "record"
        assert (await record_in(elsewhere, a_try(times=5))).value == "later"
        assert (await record_in(later, a_try(times=6))).value == "record"
        assert [each.event.times for each in records(first)] == [1, 6]


async def test_counting_starts_over_at_midnight_in_utc_R15(database):
    midnight = datetime(2025, 2, 1, tzinfo=UTC)
    with at(database, midnight - timedelta(microseconds=1)) as before, at(database, midnight) as after:
        for store in (before, after):
            assert (await record_in(store, a_try())).value == "record"
            assert len(records(store)) == 1


async def test_processes_that_record_at_once_store_no_more_than_a_day_takes_R15(database, store):
    ten = DayLimits(records=10)
    with store_on(database) as elsewhere:
        tries = [record_in(each, a_try(n, user=f"usr_{n % 3}"), limits=ten) for n in range(20) for each in (store, elsewhere)]
        verdicts = [outcome.value for outcome in await asyncio.gather(*tries)]
    found = records(store)
    assert len(found) == verdicts.count("record") == 10
    assert [each.event.no_more_of for each in found] == [None] * 9 + ["workspace"]
    assert len({each.event.about.conversation_id for each in found}) == 10, "alike ones from two processes are one"


async def test_recording_makes_no_other_command_decide_again_R15(database, world):
    group = await world.group(1, 2)
    with store_on(database) as elsewhere, store_on(database, tries=Tries(free=1, last_seconds=0.0)) as world.store:
        about = Subject(conversation_id=group)
        workspace_id, user = world.who.workspace_id, world.who.user.id
        tries = [a_try(user=user, about=replace(about, contact_ids=(f"ctc_{n}",)), workspace_id=workspace_id) for n in range(60)]

        async def refuse():
            for each in tries:
                await record_in(elsewhere, each)

        async def send():
            for n in range(60):
                await world.run(conversations.send_message, group, Draft(body=str(n)))

        await asyncio.gather(refuse(), send())
    assert len(records(world.store, workspace_id)) == 60
    assert (await world.types(group)).count("message_sent") == 60
