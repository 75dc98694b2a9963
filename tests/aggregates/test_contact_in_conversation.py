"""The effects of a contact's changes on its participants: names and tags (R9, R11)."""

import pytest

from groupchat.aggregates.group_conversation import NoteContact, note_contact
from groupchat.aggregates.group_events import (
    ParticipantContactDeleted,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    ParticipantOptedOut,
)
from tests.support.builders import GROUP_DECIDER, a_contact, a_group, a_participant, number
from tests.support.given_when_then import given

GROUP = a_group(a_participant(1), a_participant(2, contact=True))
LOST = ParticipantContactNumberChanged(contact_id="ctc_2", number=number(2), numbers=(number(9),))
RENAMED = ParticipantContactRenamed(contact_id="ctc_2", name="Dr. Two")
DELETED = ParticipantContactDeleted(contact_id="ctc_2")


def noted(**changes):
    return NoteContact(contact=a_contact(2, **changes))


def tags(state):
    return [(member.updated, member.deleted) for member in state.members]


def test_an_unchanged_contact_adds_no_event_R9():
    given(GROUP_DECIDER, GROUP).when(noted()).nothing()


def test_a_contact_of_nobody_here_says_nothing_R9():
    given(GROUP_DECIDER, GROUP).when(NoteContact(contact=a_contact(7, name="x", deleted=True))).nothing()


def test_a_contact_with_an_unlinked_participants_number_adds_no_event_R9():
    given(GROUP_DECIDER, GROUP).when(NoteContact(contact=a_contact(7, number=number(2)))).nothing()


def test_a_participant_whose_contact_lost_the_frozen_number_is_tagged_updated_R9():
    state = given(GROUP_DECIDER, GROUP).when(noted(number=number(9))).then(LOST).state
    assert tags(state) == [(False, False), (True, False)]
    assert state.numbers == (number(1), number(2))


def test_a_number_that_became_a_secondary_one_is_still_the_contacts_R9():
    given(GROUP_DECIDER, GROUP).when(noted(number=number(9), secondary_numbers=(number(2),))).nothing()


@pytest.mark.parametrize("numbers", [{"number": number(2)}, {"number": number(9), "secondary_numbers": (number(8), number(2))}])
def test_the_tag_goes_away_when_the_contact_has_the_number_again_R9(numbers):
    contact = a_contact(2, **numbers)
    back = ParticipantContactNumberChanged(contact_id="ctc_2", number=number(2), numbers=contact.numbers)
    state = given(GROUP_DECIDER, GROUP, LOST).when(NoteContact(contact=contact)).then(back).state
    assert tags(state) == [(False, False), (False, False)]


def test_a_contact_that_goes_from_one_foreign_number_to_another_says_nothing_new_R9():
    given(GROUP_DECIDER, GROUP, LOST).when(noted(number=number(8))).nothing()


def test_a_participant_whose_contact_was_deleted_is_tagged_deleted_R9():
    after = given(GROUP_DECIDER, GROUP).when(noted(deleted=True)).then(DELETED)
    assert tags(after.when(noted(deleted=True)).nothing().state) == [(False, False), (False, True)]


def test_a_contact_changed_then_deleted_has_both_tags_R9():
    assert tags(given(GROUP_DECIDER, GROUP, LOST, DELETED).state) == [(False, False), (True, True)]


def test_a_participant_has_its_contacts_new_name_R11():
    state = given(GROUP_DECIDER, GROUP).when(noted(name="Dr. Two")).then(RENAMED).when(noted(name="Dr. Two")).nothing().state
    assert [member.shown_as for member in state.members] == [number(1), "Dr. Two"]


def test_all_that_a_contact_changed_is_noted_at_once_R9():
    everything = noted(name="Dr. Two", number=number(9), deleted=True)
    given(GROUP_DECIDER, GROUP).when(everything).then(RENAMED, LOST, DELETED).when(everything).nothing()


def test_each_number_of_one_contact_is_tagged_on_its_own_R9():
    group = a_group(a_participant(2, contact=True), a_participant(3, contact="ctc_2", name="Contact 2"))
    lost = ParticipantContactNumberChanged(contact_id="ctc_2", number=number(3), numbers=(number(2),))
    state = given(GROUP_DECIDER, group).when(noted()).then(lost).state
    assert tags(state) == [(False, False), (True, False)]


def test_a_blocked_group_still_follows_its_contacts_R9():
    blocked = ParticipantOptedOut(number=number(2), cause="user", evidence="usr_1")
    given(GROUP_DECIDER, GROUP, blocked).when(noted(number=number(9))).then(LOST)


def test_a_participant_taken_into_a_successor_is_tagged_from_its_beginning_R18():
    changed = a_contact(2, name="Dr. Two", number=number(9), deleted=True)
    members = given(GROUP_DECIDER, GROUP).state.members
    assert note_contact(changed, members) == [RENAMED, LOST, DELETED]
