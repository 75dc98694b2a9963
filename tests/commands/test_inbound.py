"""Inbound: authors, conversations, keywords, repeated webhooks, receipts (R11, R14, R15, R28, R35)."""

from decimal import Decimal

import pytest

from groupchat.aggregates import consent, delivery, delivery_events
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.policy import ChangePolicy, ChooseKeywords
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.carriers.port import Cost, Inbound, Receipt
from groupchat.commands import workspaces
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.inbound import receive
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.streams import CONSENT, DELIVERY
from groupchat.processes.contact_changes import ContactChanges
from groupchat.values.errors import NotFoundError
from tests.support.builders import BUSINESS, number
from tests.support.checks import broken
from tests.support.world import CARRIER, MESSAGES, a_world


async def consent_of(world, n):
    return await world.store.load_fresh(CONSENT, consent.stream(BUSINESS, number(n)))


async def statuses(world, message_id):
    return (await world.store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses


def receipt(message_id, n, status, **given):
    return Receipt(message_id=message_id, recipient=number(n), status=status, **given)


# --- who wrote it (R11)


async def test_the_author_is_shown_by_the_contacts_name_else_the_name_at_creation_else_the_number_R11(world):
    bob = await world.contact(1, "Bob")
    await world.group(bob, RequestedParticipant(number=number(2), name="Cid"), 3)
    for n in (1, 2, 3):
        await world.writes(n, "Hi")

    assert [r.event.name for r in await world.log() if hasattr(r.event, "carrier_message_id")] == ["Bob", "Cid", number(3)]


async def test_the_author_is_shown_by_the_contacts_name_of_that_moment_R11_R32(world):
    bob = await world.contact(1, "Bob")
    group = await world.group(bob, 2)
    await world.writes(1, "Hi")
    renamed = (await world.change(bob, name="Robert")).events[0]
    await ContactChanges(world.store).react(renamed)
    await world.writes(1, "Hi again")

    assert [event.name for event in await world.events(group) if hasattr(event, "carrier_message_id")] == ["Bob", "Robert"]


async def test_the_cause_is_the_participant_and_the_webhook_R31(world):
    await world.group(1, 2)
    (received,) = (await world.writes(1, "Hi", id_="SM77")).events

    assert (received.cause.actor.kind, received.cause.actor.id) == ("participant", number(1))
    assert received.cause.causation_id == "fake/SM77"
    assert received.cause.correlation_id.startswith("req_")


# --- where it goes


async def test_an_inbound_message_with_numbers_goes_to_the_group_with_that_set_R35(world):
    three, two = await world.group(1, 2, 3), await world.group(1, 2)

    assert (await world.writes(1, "Hi", group=(2, 3))).value.conversation_id == three
    outcome = await world.writes(1, "Hi", group=(2,))
    assert (outcome.value.conversation_id, outcome.value.others) == (two, (number(2),))


async def test_an_inbound_message_without_numbers_goes_to_the_writers_most_recently_active_group(world):
    first, second = await world.group(1, 2), await world.group(1, 3)
    assert (await world.writes(1, "Hi")).value.conversation_id == second
    await world.send(first)
    assert (await world.writes(1, "Hi")).value.conversation_id == first


async def test_a_message_that_belongs_nowhere_is_refused_and_not_stored(world):
    await world.group(1, 2)
    before = len(await world.log())
    for attempt in (world.writes(3, "Hi"), world.writes(1, "Hi", to=number(800))):
        with pytest.raises(NotFoundError):
            await attempt
    assert len(await world.log()) == before


async def test_a_message_without_text_and_media_is_kept_R44(world):
    group = await world.group(1, 2)
    await world.writes(1, None)
    await world.writes(2, "")

    kept = [event for event in await world.events(group) if hasattr(event, "carrier_message_id")]
    assert [(event.number, event.body, event.media) for event in kept] == [(number(1), None, ()), (number(2), None, ())]


async def test_characters_that_no_database_stores_are_replaced_in_inbound_messages_R44_R47(world):
    group = await world.group(1, 2)
    inbox = CarrierInbox(Arrivals(world.store), CARRIER, "req_of-the-webhook")
    picture = Media(url="https://carrier.example/\0", content_type="image/\udc00")
    await inbox.inbound(
        Inbound(from_=number(1), to=BUSINESS, group=None, body="a\0b\ud83dc", media=(picture,), carrier_message_id="SM\0")
    )

    (kept,) = [recorded for recorded in world.store.log.stream(group) if hasattr(recorded.event, "carrier_message_id")]
    assert (kept.event.body, kept.event.carrier_message_id) == ("a\ufffdb\ufffdc", "SM\ufffd")
    (media,) = kept.event.media
    assert (media.url, media.content_type) == ("https://carrier.example/\ufffd", "image/\ufffd")
    assert kept.cause.correlation_id == "req_of-the-webhook"


async def test_characters_that_no_database_stores_are_replaced_in_a_receipt_R49(world):
    message_id = await world.handed_over(await world.group(1, 2))
    await CarrierInbox(Arrivals(world.store), CARRIER).receipts(
        [receipt(message_id, 1, "failed", code="no\0\udfff"), receipt("msg_\0", 1, "failed")]
    )

    updated = [recorded.event for recorded in world.store.log.stream(delivery.stream(message_id))][-1]
    assert [outcome.code for outcome in updated.outcomes] == ["no\ufffd\ufffd"]


async def test_an_inbound_message_goes_only_to_the_workspace_that_has_the_business_number(world):
    other = await a_world(world.store, number(901))
    ours, theirs = await world.group(1, 2), await other.group(1, 2)

    assert (await world.writes(1, "Hi")).value.conversation_id == ours
    (received,) = (await other.writes(1, "Hi")).events
    assert (received.stream, received.cause.workspace_id) == (theirs, other.who.workspace_id)
    with pytest.raises(NotFoundError):
        await world.store.run(world.who.cause(), receive, _inbound_to(number(901)))


def _inbound_to(business_number):
    return Inbound(from_=number(1), to=business_number, group=None, body="Hi", media=(), carrier_message_id="SM1")


async def test_a_blocked_group_still_records_its_participants_messages_R15(world):
    group = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "Sorry!")
    await world.writes(2, "Who is this?")

    assert (await world.types(group)).count("inbound_received") == 3


# --- reactions


async def test_a_reaction_is_stored_with_the_message_that_it_quotes_and_is_not_a_message_R42(world):
    group = await world.group(1, 2)
    message_id = await world.send(group, "See you at 7")
    before = await world.state(group)
    outcome = await world.writes(1, "Liked \u201cSee you at 7\u201d")

    (event,) = [recorded.event for recorded in outcome.events]
    assert (event.message_id, event.number, event.emoji, event.removed) == (message_id, number(1), "\U0001f44d", False)
    assert (outcome.value.conversation_id, outcome.value.message_id) == (group, message_id)
    assert (await world.state(group)).last_activity == before.last_activity


async def test_a_reaction_to_another_persons_message_is_stored_with_it_R42(world):
    group = await world.group(1, 2)
    theirs = (await world.writes(2, "Running late")).value.message_id

    assert (await world.writes(1, "Removed a heart from \u201cRunning late\u201d")).value.message_id == theirs
    assert (await world.types(group))[-1] == "reaction_received"


@pytest.mark.parametrize("body", ["Liked \u201cSomething else\u201d", "Liked \u201cOK\u201d", "Liked an image"])
async def test_a_reaction_to_no_message_or_to_several_stays_a_text_R42(world, body):
    group = await world.group(1, 2)
    for _ in range(2):
        await world.send(group, "OK")
    await world.writes(1, body)

    assert (await world.types(group))[-1] == "inbound_received"


async def test_a_reaction_that_the_carrier_repeats_adds_nothing_R42_R45(world):
    group = await world.group(1, 2)
    await world.send(group, "See you at 7")
    for _ in range(2):
        await world.writes(1, "Loved \u201cSee you at 7\u201d", id_="sms_1")

    assert (await world.types(group)).count("reaction_received") == 1


async def test_a_reaction_to_a_keyword_opts_nobody_out_R42(world):
    group = await world.group(1, 2)
    await world.send(group, "STOP")
    await world.writes(1, "Liked \u201cSTOP\u201d")

    assert not (await world.state(group)).blocked


# --- keywords


@pytest.mark.parametrize("body", ["STOP", " stop! ", "Stop all", "opt-out.", "UNSUBSCRIBE", "arrêt", "\u200bquit"])
async def test_a_keyword_opts_out_in_the_append_that_records_it_R14_R16(world, body):
    group, other = await world.group(1, 2), await world.group(1, 3)
    outcome = await world.writes(1, body, group=(2,))

    assert [recorded.type.rpartition(".")[2] for recorded in outcome.events] == [
        "inbound_received",
        "opted_out",
        "participant_opted_out",
        "participant_opted_out",
        "auto_replied",
    ]
    assert {recorded.stream for recorded in outcome.events[2:]} == {group, other}
    assert {r.event.evidence for r in outcome.events[1:]} == {outcome.value.message_id}
    assert (await consent_of(world, 1)).opted_out


@pytest.mark.parametrize("body", ["please stop", "STOP IT", "stopp", "end of story", "S T O P"])
async def test_a_keyword_within_a_message_is_just_a_message_R14(world, body):
    group = await world.group(1, 2)
    await world.writes(1, body)

    assert not (await world.state(group)).blocked


async def test_a_strangers_keyword_counts_as_one_that_they_wrote_to_the_business_alone_R15_R44(world):
    outcome = await world.writes(7, "STOP")

    begun = await world.state(outcome.value.conversation_id)
    assert (begun.direct, begun.blocked_by) == (True, (number(7),))
    assert (await consent_of(world, 7)).opted_out
    await world.writes(7, "unstop")
    assert not (await consent_of(world, 7)).opted_out


async def test_a_members_keyword_from_an_unknown_set_applies_in_all_groups_R14_R15(world):
    group = await world.group(1, 2)
    begun = (await world.writes(1, "STOP", group=(5, 6))).value.conversation_id

    assert begun != group
    assert [(await world.state(each)).blocked_by for each in (group, begun)] == [(number(1),)] * 2


# --- webhooks that come twice


async def test_a_yes_opts_in_only_when_it_is_written_to_the_business_alone_R38(world):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "Yes", group=(2,))
    await world.writes(1, "Yes")
    assert (await consent_of(world, 1)).opted_out, "in a group it answers somebody else"
    assert [r.event.keyword for r in await world.log() if r.type == MESSAGES[1]] == ["opt-out", None, None]
    await world.writes(1, "Yes", group=())

    assert not (await consent_of(world, 1)).opted_out
    assert not (await world.state(group)).blocked


async def test_a_workspaces_own_keywords_opt_out_and_in_R38(world):
    words = ChooseKeywords(opt_out=("genug",), opt_in=("weiter",))
    await world.run(workspaces.change_policy, ChangePolicy(), words)
    group = await world.group(1, 2)
    await world.writes(1, "Genug!")
    assert (await world.state(group)).blocked_by == (number(1),)
    assert (await world.log())[-4].event.keyword == "opt-out"
    await world.writes(1, "weiter")
    assert not (await consent_of(world, 1)).opted_out

    other = await a_world(world.store, number(901))
    theirs = await other.group(1, 2)
    await other.writes(1, "Genug!")
    assert not (await other.state(theirs)).blocked


async def test_a_webhook_that_comes_again_adds_nothing(world):
    group = await world.group(1, 2)
    await world.writes(1, "Hi", id_="SM1")
    again = await world.writes(1, "Hi", id_="SM1")

    assert again.events == ()
    assert await world.types(group) == ["created", "inbound_received"]


async def test_a_stop_whose_webhook_comes_again_after_a_start_does_not_opt_out_again_R14(world):
    await world.group(1, 2)
    await world.writes(1, "STOP", id_="SM1")
    await world.writes(1, "START", id_="SM2")
    again = await world.writes(1, "STOP", id_="SM1")

    assert again.events == ()
    assert not (await consent_of(world, 1)).opted_out


async def test_a_webhook_that_comes_again_adds_nothing_when_another_group_is_newer_by_then(world):
    await world.group(1, 2)
    await world.writes(1, "Hi", id_="SM1")
    newer = await world.group(1, 3)
    await world.writes(1, "Hi", id_="SM1")

    assert await world.types(newer) == ["created"]


# --- receipts: R28


async def test_receipts_of_several_messages_are_one_append_each_with_its_own_cause_R28_R31(world):
    first, second = [await world.handed_over(await world.group(1, 2, n)) for n in (3, 4)]
    batches: list[int] = []
    world.store.observe(lambda appends, _: batches.append(appends))

    await record_all(
        world.store, [Reported(CARRIER, [receipt(first, 1, "sent"), receipt(second, 2, "sent"), receipt(first, 2, "sent")])]
    )

    assert batches == [1]
    assert {r.cause.causation_id for r in (await world.log())[-2:]} == {f"{delivery.stream(id_)}/1" for id_ in (first, second)}


async def test_receipts_move_each_recipient_forward_only_R28(world):
    message_id = await world.handed_over(await world.group(1, 2))
    late_and_twice = [
        receipt(message_id, 1, "delivered"),
        receipt(message_id, 1, "sent"),
        receipt(message_id, 1, "delivered"),
        receipt(message_id, 2, "unconfirmed"),
        receipt(message_id, 2, "sent"),
    ]
    await record_all(world.store, [Reported(CARRIER, late_and_twice)])
    await record_all(world.store, [Reported(CARRIER, late_and_twice)])

    assert await statuses(world, message_id) == {number(1): "delivered", number(2): "sent"}
    assert await world.types(delivery.stream(message_id)) == ["started", "updated"]


async def test_what_a_carrier_charges_is_stored_with_its_report_and_a_repeat_adds_nothing_R26(world):
    message_id = await world.handed_over(await world.group(1, 2))
    report = [
        receipt(message_id, 1, "delivered", cost=Cost(amount=Decimal("0.0080"), currency="USD")),
        receipt(message_id, 2, "sent", cost=Cost(amount=Decimal("0.01"), currency="CAD")),
    ]
    await record_all(world.store, [Reported(CARRIER, report)])
    await record_all(world.store, [Reported(CARRIER, report)])

    costs = [each for each in await world.events(delivery.stream(message_id)) if isinstance(each, delivery_events.CostReported)]
    assert [(each.currency, [(one.recipient, one.amount) for one in each.costs]) for each in costs] == [
        ("USD", [(number(1), Decimal("0.0080"))]),
        ("CAD", [(number(2), Decimal("0.01"))]),
    ]


async def test_receipts_of_several_messages_come_in_one_batch_R28(world):
    group = await world.group(1, 2)
    first, second = await world.handed_over(group), await world.handed_over(group)
    batch = [receipt(second, 1, "sent"), receipt(first, 1, "failed", code="30003"), receipt(second, 2, "delivered")]
    await record_all(world.store, [Reported(CARRIER, batch)])

    assert await statuses(world, first) == {number(1): "failed", number(2): "queued"}
    assert await statuses(world, second) == {number(1): "sent", number(2): "delivered"}


async def test_receipts_of_unknown_messages_and_recipients_add_nothing_and_hinder_no_others_R28(world):
    message_id = await world.handed_over(await world.group(1, 2))
    receipts = [receipt("msg_nobody", 1, "sent"), receipt(message_id, 9, "sent"), receipt(message_id, 1, "sent")]
    await record_all(world.store, [Reported(CARRIER, receipts)])

    assert await statuses(world, message_id) == {number(1): "sent", number(2): "queued"}


async def test_receipts_leave_the_conversations_version_alone_R28(world):
    group = await world.group(1, 2)
    message_id = await world.handed_over(group)
    before = (await world.state(group)).version
    await record_all(world.store, [Reported(CARRIER, [receipt(message_id, 1, "sent")])])

    assert (await world.state(group)).version == before


async def test_a_withheld_message_stays_withheld_after_any_receipt_R16(world):
    group = await world.group(1, 2)
    message_id = await world.send(group)
    await world.writes(1, "STOP")
    await world.begin(await world.message(message_id))
    await record_all(world.store, [Reported(CARRIER, [receipt(message_id, 2, "delivered")])])

    assert await statuses(world, message_id) == {number(1): "withheld", number(2): "withheld"}
    assert broken(await world.log()) == []
