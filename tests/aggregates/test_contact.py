import pytest

from groupchat.aggregates import contact
from groupchat.aggregates.contact import (
    Assigned,
    Change,
    ContactDeleted,
    CreateContact,
    Delete,
    DndTurnedOff,
    DndTurnedOn,
    NumbersChanged,
    Renamed,
)
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.metadata import MAX_KEYS
from tests.support.builders import a_contact_created, moment, number, recorded
from tests.support.given_when_then import fold, given

ANN = a_contact_created(1)
WITH_SECOND = a_contact_created(1, secondary_numbers=(number(2), number(3)))
MOVED = NumbersChanged(contact_id="ctc_1", number=number(5), secondary_numbers=())


def test_a_contact_is_created_with_a_primary_and_secondary_numbers_R2():
    command = CreateContact(contact_id="ctc_1", name="Contact 1", number=number(1), secondary_numbers=(number(2), number(3)))
    after = given(contact).when(command).then(WITH_SECOND)
    assert after.state.numbers == (number(1), number(2), number(3))
    assert after.state.since == moment(1)


def test_a_contact_may_have_numbers_of_any_region_R4():
    command = CreateContact(contact_id="ctc_1", name="Contact 1", number="+442079460958", secondary_numbers=("+18765551234",))
    given(contact).when(command).then(a_contact_created(1, number="+442079460958", secondary_numbers=("+18765551234",)))


@pytest.mark.parametrize(
    ("secondary", "loc"),
    [((number(1),), "secondary_numbers.0"), ((number(2), number(2)), "secondary_numbers.1")],
)
def test_a_contact_with_a_number_given_twice_is_refused_with_its_place_R3(secondary, loc):
    for decider, command in (
        (given(contact), CreateContact(contact_id="ctc_1", name="Ann", number=number(1), secondary_numbers=secondary)),
        (given(contact, ANN), Change(name="Ann", secondary_numbers=secondary)),
    ):
        refusal = decider.when(command).refused(InvalidRequestError)
        assert [error["loc"] for error in refusal.members["errors"]] == [loc]


def test_a_contact_is_renamed_R11():
    given(contact, ANN).when(Change(name="Ann B")).then(Renamed(contact_id="ctc_1", name="Ann B"))


def test_a_contact_has_another_number_and_its_former_one_is_remembered_R9():
    state = given(contact, ANN).when(Change(number=number(5))).then(MOVED).state
    assert state.numbers == (number(5),)
    assert state.numbers_ever == (number(1), number(5))


def test_a_contact_has_its_former_number_again_R9():
    back = NumbersChanged(contact_id="ctc_1", number=number(1), secondary_numbers=())
    state = given(contact, ANN, MOVED).when(Change(number=number(1))).then(back).state
    assert state.numbers == (number(1),)
    assert state.numbers_ever == (number(1), number(5))


def test_a_secondary_number_that_becomes_the_primary_one_is_moved_not_repeated_R3():
    moved = NumbersChanged(contact_id="ctc_1", number=number(3), secondary_numbers=(number(2),))
    given(contact, WITH_SECOND).when(Change(number=number(3))).then(moved)


def test_primary_and_secondary_numbers_are_exchanged_R2():
    exchanged = NumbersChanged(contact_id="ctc_1", number=number(2), secondary_numbers=(number(1),))
    given(contact, WITH_SECOND).when(Change(number=number(2), secondary_numbers=(number(1),))).then(exchanged)


def test_secondary_numbers_are_removed_R2():
    without = NumbersChanged(contact_id="ctc_1", number=number(1), secondary_numbers=())
    given(contact, WITH_SECOND).when(Change(secondary_numbers=())).then(without)


def test_a_contact_is_assigned_to_a_user_and_to_nobody_R22():
    assigned = given(contact, ANN).when(Change(assigned_to="usr_1")).then(Assigned(contact_id="ctc_1", user_id="usr_1"))
    assigned.when(Change(assigned_to=None)).then(Assigned(contact_id="ctc_1", user_id=None))


def test_do_not_disturb_is_turned_on_and_off_once_each_R14():
    on = given(contact, ANN).when(Change(dnd=True)).then(DndTurnedOn(contact_id="ctc_1"))
    assert on.when(Change(dnd=True)).nothing().state.dnd
    off = on.when(Change(dnd=False)).then(DndTurnedOff(contact_id="ctc_1"))
    assert not off.when(Change(dnd=False)).nothing().state.dnd


def test_a_change_of_everything_says_each_fact_R31():
    change = Change(name="Eve", number=number(5), secondary_numbers=(), assigned_to="usr_1", dnd=True)
    given(contact, WITH_SECOND).when(change).then(
        Renamed(contact_id="ctc_1", name="Eve"),
        MOVED,
        Assigned(contact_id="ctc_1", user_id="usr_1"),
        DndTurnedOn(contact_id="ctc_1"),
    )


def test_a_change_to_the_present_value_adds_no_event():
    same = Change(name="Contact 1", number=number(1), secondary_numbers=(number(2), number(3)), assigned_to=None, dnd=False)
    given(contact, WITH_SECOND).when(same).nothing()
    given(contact, WITH_SECOND).when(Change()).nothing()


def test_a_contact_is_deleted_R9():
    state = given(contact, ANN).when(Delete()).then(ContactDeleted(contact_id="ctc_1")).state
    assert state.deleted
    assert state.numbers == (number(1),)


@pytest.mark.parametrize("command", [Change(name="Eve"), Change(dnd=True), Delete()])
def test_a_contact_that_is_unknown_or_deleted_is_not_found(command):
    given(contact).when(command).refused(NotFoundError)
    given(contact, ANN, ContactDeleted(contact_id="ctc_1")).when(command).refused(NotFoundError)


def test_a_former_number_that_no_group_has_of_the_contact_is_released_R36():
    change = Change(number=number(5), secondary_numbers=(), in_groups=(number(2),))
    released = NumbersChanged(contact_id="ctc_1", number=number(5), secondary_numbers=(), released=(number(1), number(3)))
    state = given(contact, WITH_SECOND).when(change).then(released).state
    assert state.numbers_ever == (number(2), number(5))


def test_dnd_opts_out_a_participant_by_a_former_number_of_its_contact_R15_R36():
    state = given(contact, ANN, MOVED, DndTurnedOn(contact_id="ctc_1")).state
    assert state.refuses(number(1))
    assert not state.refuses(number(5)), "the number's own stream says so"
    assert not given(contact, ANN, MOVED).state.refuses(number(1))


def test_the_oldest_contact_counts_from_its_creation_not_from_a_later_change_R2():
    history = [recorded(ANN, version=1), recorded(MOVED, version=9)]
    assert fold(contact.evolve, history).since == moment(1)


def test_metadata_are_changed_key_by_key_and_removed_by_null_R54():
    first = contact.MetadataChanged(contact_id="ctc_1", metadata={"a": "1", "b": "2"})
    changed = given(contact, a_contact_created(), first).when(Change(metadata={"b": "3", "a": None, "c": "4"})).then(
        contact.MetadataChanged(contact_id="ctc_1", metadata={"b": "3", "c": "4"})
    )  # fmt: skip
    changed.when(Change(metadata={"b": "3", "x": None})).nothing()
    many = {f"k{n}": "v" for n in range(MAX_KEYS)}
    refusal = changed.when(Change(metadata=many)).refused(InvalidRequestError)
    assert refusal.members["errors"][0]["code"] == "out-of-range"


def test_a_contact_has_an_external_id_or_none_R54():
    given_ = contact.ExternalIdGiven(contact_id="ctc_1", external_id="crm-1")
    has = given(contact, a_contact_created()).when(Change(external_id="crm-1")).then(given_)
    has.when(Change(external_id="crm-1")).nothing()
    has.when(Change(external_id=None)).then(contact.ExternalIdGiven(contact_id="ctc_1", external_id=None))
