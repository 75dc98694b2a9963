from typing import get_args

import pytest
from msgspec.structs import replace

from groupchat.aggregates import consent, group_conversation
from groupchat.aggregates.group_conversation import (
    ConversationBlockedError,
    CreateGroup,
    Link,
    NoteContact,
    RenameGroup,
    Succeed,
    left,
)
from groupchat.aggregates.group_events import (
    GroupRenamed,
    InboundReceived,
    MessageSent,
    ParticipantContactDeleted,
    ParticipantContactLinked,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    SucceededBy,
    Unblocked,
)
from groupchat.aggregates.group_opting import OptInParticipant, OptOutParticipant, TakeBackParticipantOptOut
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import (
    ANN,
    BUSINESS,
    CAUSE,
    GROUP_DECIDER,
    TRICKY,
    a_contact,
    a_group,
    a_participant,
    a_picture,
    a_policy,
    a_rate,
    a_receive,
    a_send,
    moment,
    number,
)
from tests.support.given_when_then import given

THREE = a_group(a_participant(1), a_participant(2, contact=True), a_participant(3, name="Grandma"))
REOPENING = replace(THREE, policy=a_policy(reopen_on_opt_in=True))
ALL = (number(1), number(2), number(3))
CAUSES = get_args(consent.Cause)


def opt_out(n, cause="keyword"):
    return OptOutParticipant(number=number(n), cause=cause, evidence="msg_1")


def take_back(n, *, same_set_is_open=False):
    return TakeBackParticipantOptOut(number=number(n), reason="The wrong person", same_set_is_open=same_set_is_open)


def taken_back(n):
    return ParticipantOptOutTakenBack(number=number(n), reason="The wrong person")


def opted_out(n, cause="keyword"):
    return ParticipantOptedOut(number=number(n), cause=cause, evidence="msg_1")


def opt_in(n, cause="keyword", *, same_set_is_open=False):
    return OptInParticipant(number=number(n), cause=cause, evidence="msg_2", same_set_is_open=same_set_is_open)


def opted_in(n, cause="keyword"):
    return ParticipantOptedIn(number=number(n), cause=cause, evidence="msg_2")


def message(message_id="msg_1", *, body="Hello all", media=(), rate=None, recipients=ALL):
    return MessageSent(message_id=message_id, author=ANN, body=body, media=media, recipients=recipients, rate=rate or a_rate())


def inbound(n, name, *, body="Hi", media=(), carrier_message_id="SM1", keyword=None):
    return InboundReceived(
        message_id="msg_in",
        number=number(n),
        name=name,
        body=body,
        media=media,
        carrier_message_id=carrier_message_id,
        keyword=keyword,
    )


# --- creating, frozen


def test_a_group_begins_with_the_roster_and_the_policy_that_it_was_judged_by_R1():
    create = CreateGroup(business_number=BUSINESS, name="Team", roster=THREE.roster, policy=a_policy(max_participants=3))
    state = given(GROUP_DECIDER).when(create).then(
        replace(THREE, name="Team", policy=a_policy(max_participants=3))
    ).state  # fmt: skip
    assert (state.business_number, state.numbers, state.name) == (BUSINESS, ALL, "Team")
    assert (state.workspace_id, state.version, state.last_activity) == (CAUSE.workspace_id, 1, moment(1))
    assert not state.blocked


def test_no_command_but_create_names_participants_or_the_business_number_R7():
    others = set(get_args(group_conversation.Command)) - {CreateGroup}
    assert not [each for each in others if {"roster", "participants", "business_number"} & set(each.__struct_fields__)]


NOT_CREATE = (
    a_send(),
    a_receive(),
    opt_out(1),
    opt_in(1),
    RenameGroup(name="x"),
    NoteContact(contact=a_contact(1)),
    Succeed(conversation_id="cnv_2"),
)


@pytest.mark.parametrize("command", NOT_CREATE)
def test_a_missing_group_is_not_found(command):
    given(GROUP_DECIDER).when(command).refused(NotFoundError)


# --- talking


def test_a_message_goes_to_every_participant_in_one_conversation_R10():
    given(GROUP_DECIDER, THREE).when(a_send()).then(message())


@pytest.mark.parametrize(
    ("body", "media"), [("Hello", ()), (None, (a_picture(),)), ("", (a_picture(),)), ("Look", (a_picture(), a_picture("map.png")))],
)  # fmt: skip
def test_a_message_has_a_body_media_or_both_R10(body, media):
    given(GROUP_DECIDER, THREE).when(a_send(body=body, media=media)).then(message(body=body, media=media))


@pytest.mark.parametrize("body", [None, ""])
def test_a_message_with_neither_body_nor_media_is_refused_R10(body):
    given(GROUP_DECIDER, THREE).when(a_send(body=body)).refused(InvalidRequestError)


@pytest.mark.parametrize("body", TRICKY)
def test_a_text_is_kept_to_the_last_code_point_R10(body):
    given(GROUP_DECIDER, THREE).when(a_send(body=body)).then(message(body=body))
    given(GROUP_DECIDER, THREE).when(a_receive(1, body=body)).then(inbound(1, number(1), body=body))


def test_a_message_goes_to_the_frozen_numbers_even_after_its_contact_changed_or_was_deleted_R8():
    changed = ParticipantContactNumberChanged(contact_id="ctc_2", number=number(2), numbers=(number(9),))
    given(GROUP_DECIDER, THREE, changed).when(a_send()).then(message())
    given(GROUP_DECIDER, THREE, changed, ParticipantContactDeleted(contact_id="ctc_2")).when(a_send()).then(message())


@pytest.mark.parametrize(("n", "name"), [(1, number(1)), (2, "Contact 2"), (3, "Grandma")])
def test_an_inbound_message_shows_the_contacts_name_else_the_one_given_else_the_number_R11(n, name):
    given(GROUP_DECIDER, THREE).when(a_receive(n)).then(inbound(n, name))


@pytest.mark.parametrize(("body", "keyword"), [(" Stop! ", "opt-out"), ("Genug!", "opt-out"), ("start", "opt-in"), (None, None)])
def test_an_inbound_message_has_its_recognized_keyword_R14_R38(body, keyword):
    received = a_receive(1, body=body, media=(a_picture(),), keyword=keyword)
    given(GROUP_DECIDER, THREE).when(received).then(inbound(1, number(1), body=body, media=(a_picture(),), keyword=keyword))


def test_an_inbound_message_shows_the_contacts_name_of_its_moment_R11():
    renamed = ParticipantContactRenamed(contact_id="ctc_2", name="Dr. Two")
    given(GROUP_DECIDER, THREE, inbound(2, "Contact 2"), renamed).when(a_receive(2, carrier_message_id="SM2")).then(
        inbound(2, "Dr. Two", carrier_message_id="SM2")
    )


def test_a_repeated_webhook_is_recorded_once_R31():
    once = given(GROUP_DECIDER, THREE).when(a_receive(1)).then(inbound(1, number(1)))
    once.when(a_receive(1, message_id="msg_other")).nothing()
    once.when(a_receive(1, carrier_message_id="SM2")).then(inbound(1, number(1), carrier_message_id="SM2"))


def test_an_outsiders_message_does_not_belong_to_the_group_R11():
    given(GROUP_DECIDER, THREE).when(a_receive(9)).refused(NotFoundError)


def test_a_group_is_renamed_and_has_its_participants_names_again_R13():
    named = given(GROUP_DECIDER, THREE).when(RenameGroup(name="Team")).then(GroupRenamed(name="Team"))
    assert named.when(RenameGroup(name="Team")).nothing().state.name == "Team"
    assert (
        named.when(RenameGroup(name=None)).then(GroupRenamed(name=None)).when(RenameGroup(name=None)).nothing().state.name is None
    )


def test_a_blocked_group_can_still_be_renamed_R13():
    given(GROUP_DECIDER, THREE, opted_out(1)).when(RenameGroup(name="Over")).then(GroupRenamed(name="Over"))


def test_messages_are_activity_and_nothing_else_is_R27():
    history = [THREE, message(), inbound(1, number(1)), GroupRenamed(name="x"), opted_out(1), opted_in(1)]
    moments = [given(GROUP_DECIDER, *history[:count]).state.last_activity for count in range(1, len(history) + 1)]
    assert moments == [moment(1), moment(2), moment(3), moment(3), moment(3), moment(3)]


# --- opting out


@pytest.mark.parametrize("cause", CAUSES)
def test_a_participant_opts_out_by_each_cause_and_the_group_is_blocked_R14(cause):
    state = given(GROUP_DECIDER, THREE).when(opt_out(2, cause)).then(opted_out(2, cause)).state
    assert (state.blocked, state.blocked_by) == (True, (number(2),))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_participants_repeated_opt_out_adds_nothing_R14(cause):
    given(GROUP_DECIDER, THREE, opted_out(2, cause)).when(opt_out(2, cause)).nothing()


def test_an_opt_out_by_keyword_or_carrier_is_the_same_and_a_user_adds_nothing_to_it_R14():
    for first, second in (("keyword", "user"), ("keyword", "carrier"), ("carrier", "keyword"), ("carrier", "user")):
        given(GROUP_DECIDER, THREE, opted_out(2, first)).when(opt_out(2, second)).nothing()


@pytest.mark.parametrize("cause", ["keyword", "carrier"])
def test_an_opt_out_repeated_by_the_person_becomes_their_own_R39(cause):
    theirs = given(GROUP_DECIDER, THREE, opted_out(2, "user")).when(opt_out(2, cause)).then(opted_out(2, cause))
    assert theirs.when(take_back(2)).then(taken_back(2)).state.blocked_by == (number(2),)


def test_dnd_names_its_contact_R36():
    command = OptOutParticipant(number=number(1), cause="dnd", evidence="usr_ann", contact_id="ctc_9")
    out = ParticipantOptedOut(number=number(1), cause="dnd", evidence="usr_ann", contact_id="ctc_9")
    given(GROUP_DECIDER, THREE).when(command).then(out)


def test_a_stranger_does_not_block_a_group_R15():
    given(GROUP_DECIDER, THREE).when(opt_out(9)).nothing()
    given(GROUP_DECIDER, THREE).when(opt_in(9)).nothing()


def test_a_blocked_group_refuses_a_message_and_names_the_people_who_opted_out_R15():
    given(GROUP_DECIDER, THREE, opted_out(3), opted_out(1, "dnd")).when(a_send()).refused(
        ConversationBlockedError, opted_out=[number(1), number(3)]
    )


def test_participants_messages_in_a_blocked_group_are_recorded_R15():
    given(GROUP_DECIDER, THREE, opted_out(1)).when(a_receive(1)).then(inbound(1, number(1)))
    given(GROUP_DECIDER, THREE, opted_out(1)).when(a_receive(3)).then(inbound(3, "Grandma"))


def test_a_message_accepted_before_an_opt_out_is_known_to_be_so_R16():
    state = given(GROUP_DECIDER, THREE, message("msg_1"), opted_out(1)).state
    assert state.opted_out_since(2)
    assert not given(GROUP_DECIDER, THREE, opted_out(1)).state.opted_out_since(2)


def test_a_message_accepted_before_an_opt_out_stays_withheld_after_a_reopening_and_a_later_one_goes_R16():
    history = (REOPENING, message("msg_1"), opted_out(1), opted_in(1), Unblocked(), message("msg_2"), inbound(1, number(1)))
    state = given(GROUP_DECIDER, *history).state
    assert state.opted_out_since(2)
    assert not state.opted_out_since(6)


@pytest.mark.parametrize("cause", CAUSES)
def test_a_blocked_group_stays_blocked_when_the_person_opts_in_again_R17(cause):
    back = given(GROUP_DECIDER, THREE, opted_out(2, cause)).when(opt_in(2, cause)).then(opted_in(2, cause))
    assert back.state.blocked_by == (number(2),)
    back.when(a_send()).refused(ConversationBlockedError, opted_out=[number(2)])


@pytest.mark.parametrize("cause", CAUSES)
def test_an_opt_in_without_an_opt_out_adds_nothing_R17(cause):
    given(GROUP_DECIDER, REOPENING).when(opt_in(2, cause)).nothing()
    given(GROUP_DECIDER, REOPENING, opted_out(2, cause), opted_in(2, cause), Unblocked()).when(opt_in(2, cause)).nothing()


def test_under_the_reopening_policy_the_last_opt_in_lifts_the_block_R17():
    two_out = given(GROUP_DECIDER, REOPENING, opted_out(1), opted_out(2))
    one_back = two_out.when(opt_in(1)).then(opted_in(1))
    one_back.when(a_send()).refused(ConversationBlockedError, opted_out=[number(1), number(2)])
    both_back = one_back.when(opt_in(2)).then(opted_in(2), Unblocked())
    assert both_back.state.blocked_by == ()
    both_back.when(a_send()).then(message())


def test_an_opt_out_and_do_not_disturb_are_taken_back_separately_R17():
    out_twice = given(GROUP_DECIDER, REOPENING).when(opt_out(2)).then(opted_out(2)).when(opt_out(2, "dnd")).then(
        opted_out(2, "dnd")
    )  # fmt: skip
    out_twice.when(opt_in(2)).then(opted_in(2)).when(opt_in(2, "dnd")).then(opted_in(2, "dnd"), Unblocked())
    out_twice.when(opt_in(2, "dnd")).then(opted_in(2, "dnd")).when(opt_in(2)).then(opted_in(2), Unblocked())


def test_do_not_disturb_does_not_answer_a_stop_R17():
    given(GROUP_DECIDER, REOPENING, opted_out(2)).when(opt_in(2, "dnd")).nothing()


def test_a_group_does_not_reopen_while_another_has_the_same_set_R17_R35():
    beside = given(GROUP_DECIDER, REOPENING, opted_out(2)).when(opt_in(2, same_set_is_open=True)).then(opted_in(2))
    assert beside.state.blocked


def test_a_group_that_stayed_blocked_because_of_another_reopens_with_the_next_last_opt_in_R17():
    history = (REOPENING, opted_out(2), opted_in(2), opted_out(1))
    state = given(GROUP_DECIDER, *history).when(opt_in(1)).then(opted_in(1), Unblocked()).state
    assert not state.blocked


def test_a_reopened_group_is_blocked_by_the_next_opt_out_alone_R17():
    history = (REOPENING, opted_out(2), opted_in(2), Unblocked())
    assert given(GROUP_DECIDER, *history).when(opt_out(3)).then(opted_out(3)).state.blocked_by == (number(3),)


# --- taking back a mistake


def test_the_block_that_a_mistake_alone_caused_ends_with_it_R39():
    back = given(GROUP_DECIDER, THREE, opted_out(2, "user")).when(take_back(2)).then(taken_back(2), Unblocked())
    assert (back.state.blocked, back.state.member(number(2)).out) == (False, ())
    back.when(a_send()).then(message())
    back.when(take_back(2)).nothing()


def test_a_group_that_others_block_too_stays_blocked_by_them_alone_R39():
    state = given(GROUP_DECIDER, THREE, opted_out(2, "user"), opted_out(3)).when(take_back(2)).then(taken_back(2)).state
    assert state.blocked_by == (number(3),)


@pytest.mark.parametrize("cause", ["keyword", "carrier", "dnd"])
def test_a_participant_who_is_out_for_another_reason_too_still_blocks_R39(cause):
    both = given(GROUP_DECIDER, THREE, opted_out(2, "user"), opted_out(2, cause))
    assert both.when(take_back(2)).then(taken_back(2)).state.blocked_by == (number(2),)


def test_a_mistakes_block_stays_while_another_group_has_the_same_set_R35_R39():
    beside = given(GROUP_DECIDER, THREE, opted_out(2, "user")).when(take_back(2, same_set_is_open=True)).then(taken_back(2))
    assert (beside.state.blocked_by, beside.state.member(number(2)).out) == ((number(2),), ())
    beside.when(take_back(2)).nothing()


def test_a_mistake_is_taken_back_after_the_person_opted_in_too_R17_R39():
    started = given(GROUP_DECIDER, THREE, opted_out(2, "user"), opted_in(2))
    assert started.state.blocked
    assert not started.when(take_back(2)).then(taken_back(2), Unblocked()).state.blocked


@pytest.mark.parametrize("history", [(), (opted_out(2),), (opted_out(2, "dnd"),), (opted_out(3, "user"),)])
def test_nothing_is_taken_back_that_no_user_recorded_R39(history):
    given(GROUP_DECIDER, THREE, *history).when(take_back(2)).nothing()
    given(GROUP_DECIDER, THREE, *history).when(take_back(9)).nothing()


# --- a contact that came later


def test_a_participant_without_a_contact_is_linked_to_one_that_comes_to_have_its_number_R37():
    linked = ParticipantContactLinked(contact_id="ctc_7", number=number(3), name="Gran Three")
    after = given(GROUP_DECIDER, THREE).when(Link(number=number(3), contact=a_contact(7, name="Gran Three"))).then(linked)
    assert (after.state.member(number(3)).contact_id, after.state.member(number(3)).shown_as) == ("ctc_7", "Gran Three")
    after.when(a_receive(3)).then(inbound(3, "Gran Three"))


def test_a_link_once_made_stays_R37():
    linked = ParticipantContactLinked(contact_id="ctc_7", number=number(3), name="Gran Three")
    history = (THREE, linked, ParticipantContactDeleted(contact_id="ctc_7"))
    given(GROUP_DECIDER, *history).when(Link(number=number(3), contact=a_contact(8))).nothing()
    given(GROUP_DECIDER, THREE).when(Link(number=number(2), contact=a_contact(8))).nothing()
    assert given(GROUP_DECIDER, *history).state.member(number(3)).deleted


def test_nobody_is_linked_unless_they_participate_R37():
    given(GROUP_DECIDER, THREE).when(Link(number=number(9), contact=a_contact(9))).nothing()


# --- successor


def test_a_successor_has_the_participants_who_have_not_opted_out_unchanged_R18():
    history = (
        THREE,
        ParticipantContactRenamed(contact_id="ctc_2", name="Dr. Two"),
        ParticipantContactNumberChanged(contact_id="ctc_2", number=number(2), numbers=(number(9),)),
        ParticipantContactDeleted(contact_id="ctc_2"),
        opted_out(1),
    )
    come_along = left(given(GROUP_DECIDER, *history).state, {number(1)})
    assert come_along == (a_participant(2, contact=True, name="Dr. Two"), a_participant(3, name="Grandma"))


def test_a_participant_who_opted_in_again_is_taken_into_the_successor_R18():
    state = given(GROUP_DECIDER, THREE, opted_out(1), opted_in(1)).state
    assert left(state, set()) == THREE.roster


def test_a_participant_with_do_not_disturb_is_left_out_of_the_successor_R18():
    state = given(GROUP_DECIDER, THREE, opted_out(2, "dnd")).state
    assert [p.number for p in left(state, {number(2)})] == [number(1), number(3)]


def test_a_group_and_its_successor_are_linked_both_ways_R18():
    create = CreateGroup(business_number=BUSINESS, name=None, roster=THREE.roster, policy=a_policy(), predecessor_id="cnv_1")
    successor = given(GROUP_DECIDER).when(create).then(replace(THREE, predecessor_id="cnv_1")).state
    succeed = Succeed(conversation_id="cnv_2")
    linked = given(GROUP_DECIDER, THREE, opted_out(1)).when(succeed).then(SucceededBy(conversation_id="cnv_2")).state
    assert (successor.predecessor_id, linked.successor_id) == ("cnv_1", "cnv_2")


def test_a_successor_that_is_noted_already_is_not_noted_again_R18():
    succeeded = (THREE, opted_out(1), SucceededBy(conversation_id="cnv_2"))
    given(GROUP_DECIDER, *succeeded).when(Succeed(conversation_id="cnv_2")).nothing()
    given(GROUP_DECIDER, *succeeded).when(Succeed(conversation_id="cnv_3")).then(SucceededBy(conversation_id="cnv_3"))


def test_participants_who_opted_out_are_listed_by_number_R19():
    state = given(GROUP_DECIDER, THREE, opted_out(2, "dnd"), opted_out(3), opted_in(3)).state
    assert [(m.number, bool(m.out), m.blocks) for m in state.members] == [
        (number(1), False, False),
        (number(2), True, True),
        (number(3), False, True),
    ]


# --- billing


def test_each_message_names_every_recipient_one_segment_each_R24():
    five = a_group(*(a_participant(n) for n in range(5)))
    sent = message(recipients=tuple(number(n) for n in range(5)))
    given(GROUP_DECIDER, five).when(a_send()).then(sent)


def test_the_rate_in_effect_goes_into_the_event_and_a_later_one_changes_no_old_message_R25():
    first = given(GROUP_DECIDER, THREE).when(a_send("msg_1", rate=a_rate("0.0123"))).then(message(rate=a_rate("0.0123")))
    later = first.when(a_send("msg_2", rate=a_rate("0.05", "CAD"))).then(message("msg_2", rate=a_rate("0.05", "CAD")))
    assert [recorded.event.rate for recorded in later.events[1:]] == [a_rate("0.0123"), a_rate("0.05", "CAD")]
