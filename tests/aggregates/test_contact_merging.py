"""Two contacts of one person become one (R54): the fields that the survivor takes from the other."""

from msgspec.structs import replace

from groupchat.aggregates import contact, contact_merging
from groupchat.aggregates.contact import (
    MAX_SECONDARY,
    Assigned,
    Contact,
    ContactDeleted,
    ContactMerged,
    DndTurnedOn,
    ExternalIdGiven,
    MetadataChanged,
    NumbersChanged,
)
from groupchat.aggregates.contact_merging import Absorb
from groupchat.aggregates.group_conversation import Relink
from groupchat.aggregates.group_events import ParticipantContactDeleted, ParticipantContactMerged
from groupchat.store.decision import StreamKind
from groupchat.values.errors import InvalidRequestError, NotFoundError
from tests.support.builders import GROUP_DECIDER, a_contact, a_contact_created, a_group, a_participant, number
from tests.support.given_when_then import given

MERGING = StreamKind("ctc_", contact.evolve, contact_merging.decide)
ANN = a_contact_created(1, secondary_numbers=(number(2),))


def other(**fields: object) -> Contact:
    return replace(a_contact(3), **fields)


def merged(*numbers_ever: str) -> ContactMerged:
    return ContactMerged(contact_id="ctc_1", merged_id="ctc_3", numbers_ever=numbers_ever)


def test_the_one_that_stays_has_both_ones_numbers_and_the_ways_to_their_groups_R8_R54():
    second = other(secondary_numbers=(number(2), number(4)), numbers_ever=(number(3), number(2), number(4), number(9)))
    now = NumbersChanged(contact_id="ctc_1", number=number(1), secondary_numbers=(number(2), number(3), number(4)))
    after = given(MERGING, ANN).when(Absorb(second)).then(merged(number(3), number(2), number(4), number(9)), now)
    assert after.state.numbers == (number(1), number(2), number(3), number(4))
    assert after.state.numbers_ever == (number(1), number(2), number(3), number(4), number(9))


def test_the_surviving_contact_keeps_its_fields_and_takes_those_that_it_lacks_R54():
    second = other(number=number(2), assigned_to="usr_1", external_id="crm-3", metadata={"segment": "vip", "town": "Bath"})
    history = (
        ANN,
        Assigned(contact_id="ctc_1", user_id="usr_2"),
        ExternalIdGiven(contact_id="ctc_1", external_id="crm-1"),
        MetadataChanged(contact_id="ctc_1", metadata={"segment": "new"}),
    )
    both = MetadataChanged(contact_id="ctc_1", metadata={"segment": "new", "town": "Bath"})
    given(MERGING, *history).when(Absorb(second)).then(merged(number(3)), both)
    given(MERGING, ANN).when(Absorb(second)).then(
        merged(number(3)),
        Assigned(contact_id="ctc_1", user_id="usr_1"),
        ExternalIdGiven(contact_id="ctc_1", external_id="crm-3"),
        MetadataChanged(contact_id="ctc_1", metadata={"segment": "vip", "town": "Bath"}),
    )


def test_do_not_disturb_of_either_is_the_persons_R36():
    on = DndTurnedOn(contact_id="ctc_1")
    given(MERGING, ANN).when(Absorb(other(number=number(2), dnd=True))).then(merged(number(3)), on)
    assert given(MERGING, ANN, on).when(Absorb(other(number=number(2)))).then(merged(number(3))).state.dnd


def test_merging_the_same_again_says_nothing_R54():
    second = other(number=number(2))
    after = given(MERGING, ANN).when(Absorb(second)).then(merged(number(3)))
    after.when(Absorb(second)).nothing()
    assert after.state.merged == ("ctc_3",)


def test_a_contact_is_not_merged_into_itself_nor_into_one_that_is_gone_R54():
    given(MERGING, ANN).when(Absorb(a_contact(1))).refused(InvalidRequestError)
    given(MERGING, ANN, ContactDeleted(contact_id="ctc_1")).when(Absorb(other())).refused(NotFoundError)
    given(MERGING).when(Absorb(other())).refused(NotFoundError)


def test_nobody_gets_more_numbers_or_metadata_than_a_contact_can_have_R54():
    full = a_contact_created(1, secondary_numbers=tuple(number(n) for n in range(100, 100 + MAX_SECONDARY)))
    given(MERGING, full).when(Absorb(other())).refused(InvalidRequestError)
    given(MERGING, full).when(Absorb(other(number=number(100)))).then(merged(number(3)))
    history = (ANN, MetadataChanged(contact_id="ctc_1", metadata={f"a{n}": "x" for n in range(30)}))
    given(MERGING, *history).when(Absorb(other(metadata={f"b{n}": "x" for n in range(30)}))).refused(InvalidRequestError)


# --- in conversations

GROUP = a_group(a_participant(1), a_participant(2, contact=True), a_participant(3, contact="ctc_2"), a_participant(4, contact=True))


def test_all_participants_of_the_contact_that_goes_are_linked_to_the_one_that_stays_R54():
    kept = a_contact(7, name="Gran")
    events = [ParticipantContactMerged(contact_id="ctc_7", merged_id="ctc_2", number=number(n), name="Gran") for n in (2, 3)]
    after = given(GROUP_DECIDER, GROUP).when(Relink(merged_id="ctc_2", contact=kept)).then(*events)
    assert [member.contact_id for member in after.state.members] == [None, "ctc_7", "ctc_7", "ctc_4"]
    assert [member.shown_as for member in after.state.members][1:3] == ["Gran", "Gran"]
    after.when(Relink(merged_id="ctc_2", contact=kept)).nothing()


def test_the_tag_of_a_deleted_contact_goes_away_with_it_R9_R54():
    event = ParticipantContactMerged(contact_id="ctc_7", merged_id="ctc_2", number=number(2), name="Gran")
    assert not given(GROUP_DECIDER, GROUP, ParticipantContactDeleted(contact_id="ctc_2"), event).state.member(number(2)).deleted
