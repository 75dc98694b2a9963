from typing import get_args

import pytest
from msgspec import UNSET

from groupchat.aggregates import roster
from groupchat.aggregates.consent import Consent
from groupchat.aggregates.do_not_disturb import DoNotDisturb
from groupchat.aggregates.roster import GroupExistsError, InvalidGroupError, RequestedParticipant, Sender
from groupchat.values.carriers import CarrierLimits
from groupchat.values.lasting import LastingMap
from tests.support.builders import (
    BUSINESS,
    a_candidate,
    a_contact,
    a_participant,
    a_policy,
    a_sender,
    canadian_number,
    candidates,
    moment,
    number,
)

POLICY = a_policy()
DND = a_contact(1, dnd=True)
UK = "+442079460958"


def found(people, sender=None, policy=POLICY):
    """Return the faults, as (rule, code, number, index)."""
    violations = roster.violations(people, sender or a_sender(), policy)
    return [tuple(None if x is UNSET else x for x in (v.rule, v.code, v.number, v.index)) for v in violations]


def with_last(**given):
    """Return two valid candidates, and one with these differences."""
    return [*candidates(2), a_candidate(2, **given)]


def asked(contact=None, **given):
    """Return the candidate of a contact asked for at index 2."""
    return roster.of_contact(2, RequestedParticipant(**given), contact)


# --- R1: how many


@pytest.mark.parametrize("count", [2, 3, 10])
def test_a_group_of_two_to_ten_is_right_R1(count):
    assert found(candidates(count)) == []
    roster.check(candidates(count), a_sender(), POLICY)


@pytest.mark.parametrize(
    ("count", "code"), [(0, "too-few-participants"), (1, "too-few-participants"), (11, "too-many-participants")]
)
def test_a_group_that_is_too_small_or_too_large_is_refused_R1(count, code):
    assert found(candidates(count)) == [("R1", code, None, None)]


def test_the_highlevel_preset_takes_nine_R1():
    highlevel = a_policy(preset="highlevel", max_participants=9)
    assert found(candidates(9), policy=highlevel) == []
    assert found(candidates(10), policy=highlevel) == [("R1", "too-many-participants", None, None)]


def test_the_policy_says_how_many_are_enough_R1():
    assert found(candidates(2), policy=a_policy(min_participants=3)) == [("R1", "too-few-participants", None, None)]


# --- R2: who


def test_a_contact_takes_part_with_its_primary_number_R2():
    contact = a_contact(5, secondary_numbers=(number(6),))
    candidate = asked(contact, contact_id="ctc_5")
    assert (candidate.number, candidate.contact, candidate.violation) == (number(5), contact, None)


def test_a_contact_takes_part_with_a_secondary_number_in_any_written_form_R2():
    candidate = asked(a_contact(5, secondary_numbers=(number(6),)), contact_id="ctc_5", number="(415) 555-0006")
    assert (candidate.number, candidate.violation) == (number(6), None)


def test_a_bare_number_takes_part_with_its_optional_name_R2():
    candidate = roster.bare(2, RequestedParticipant(number="415.555.0007", name="Grandma"))
    assert (candidate.index, candidate.number, candidate.name, candidate.violation) == (2, number(7), "Grandma", None)
    assert found([*candidates(2), candidate]) == []


def test_a_bare_number_that_is_a_contacts_is_linked_to_it_and_has_its_name_R2():
    bare = roster.bare(2, RequestedParticipant(number=number(5), name="Mum"))
    assert roster.participant(roster.linked(bare, a_contact(5))) == a_participant(5, contact=True)
    assert roster.participant(roster.linked(bare, None)) == a_participant(5, name="Mum")
    assert roster.participant(bare) == a_participant(5, name="Mum")


def test_the_numbers_opt_out_from_the_business_number_is_added_R5():
    for known, out in ((None, False), (Consent(), False), (Consent(theirs=True), True), (Consent(recorded=True), True)):
        assert roster.with_consent(a_candidate(2), known, None) == a_candidate(2, opted_out=out)


def test_the_numbers_do_not_disturb_is_added_R36():
    one = LastingMap().with_("ctc_1", moment(1))
    held, left = DoNotDisturb(held=one), DoNotDisturb(left=one)
    for dnd, no in ((None, False), (DoNotDisturb(), False), (held, True), (left, True)):
        assert roster.with_consent(a_candidate(2), None, dnd) == a_candidate(2, do_not_disturb=no)


def test_a_number_with_dnd_is_refused_with_any_linked_contact_R5_R36():
    assert found(with_last(do_not_disturb=True)) == [("R5", "contact-dnd", number(2), 2)]
    assert found(with_last(do_not_disturb=True, contact=a_contact(3, number=number(2)))) == [("R5", "contact-dnd", number(2), 2)]
    assert found(with_last(do_not_disturb=True, contact=DND)) == [("R5", "contact-dnd", number(2), 2)]


# --- every violation code, with its rule and its participant

WRONG = {
    "too-few-participants": (candidates(1), None, ("R1", None, None)),
    "too-many-participants": (candidates(11), None, ("R1", None, None)),
    "contact-unknown": ([*candidates(2), asked(None, contact_id="ctc_9")], None, ("R2", None, 2)),
    "contact-deleted": ([*candidates(2), asked(a_contact(5, deleted=True), contact_id="ctc_5")], None, ("R2", None, 2)),
    "number-not-of-contact": (
        [*candidates(2), asked(a_contact(5), contact_id="ctc_5", number=number(6))],
        None,
        ("R2", number(6), 2),
    ),
    "invalid-number": ([*candidates(2), roster.bare(2, RequestedParticipant(number="12"))], None, ("R3", "12", 2)),
    "business-number-as-participant": (with_last(number=BUSINESS), None, ("R3", BUSINESS, 2)),
    "number-not-textable": (with_last(number="+18005550199"), None, ("R4", "+18005550199", 2)),
    "region-not-allowed": (with_last(number=UK), None, ("R4", UK, 2)),
    "contact-dnd": (with_last(contact=DND), None, ("R5", number(2), 2)),
    "opted-out": (with_last(opted_out=True), None, ("R5", number(2), 2)),
    "toll-free-number": (candidates(2), a_sender("+18005550199"), ("R4", "+18005550199", None)),
    "business-number-unknown": (candidates(2), a_sender(owned=False), ("R1", BUSINESS, None)),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_refusal_says_the_rule_and_the_participant_R6(code):
    people, sender, (rule, wrong, index) = WRONG[code]
    assert found(people, sender) == [(rule, code, wrong, index)]


def test_every_code_of_the_contract_has_its_example_here_R6():
    assert set(get_args(roster.Code)) == {*WRONG, "duplicate-number", "carrier-limit"}


def test_a_carrier_may_take_fewer_than_the_policy_allows_R43():
    limits = CarrierLimits(recipients=2)
    roster.check(candidates(2), a_sender(), POLICY, limits)
    with pytest.raises(roster.InvalidGroupError) as caught:
        roster.check(candidates(3), a_sender(), POLICY, limits)

    assert [(each.rule, each.code) for each in caught.value.violations] == [("R43", "carrier-limit")]


def test_a_number_asked_for_twice_is_refused_at_both_places_R3():
    twice = [a_candidate(0), a_candidate(1), a_candidate(2, number=number(0))]
    assert found(twice) == [("R3", "duplicate-number", number(0), 0), ("R3", "duplicate-number", number(0), 2)]


def test_a_number_is_the_same_in_every_written_form_R3():
    forms = [
        roster.bare(i, RequestedParticipant(number=written)) for i, written in enumerate(("415-555-0001", "+1 (415) 555 0001"))
    ]
    assert [code for _, code, _, _ in found(forms)] == ["duplicate-number", "duplicate-number"]


def test_two_unreadable_numbers_do_not_count_as_the_same_R3():
    unreadable = [roster.bare(i, RequestedParticipant(number=written)) for i, written in enumerate(("12", "hello"))]
    assert found(unreadable) == [("R3", "invalid-number", "12", 0), ("R3", "invalid-number", "hello", 1)]


def test_a_participant_without_a_number_is_refused_R3():
    assert found([*candidates(2), roster.bare(2, RequestedParticipant(name="Ann"))]) == [("R3", "invalid-number", "", 2)]


def test_a_contacts_number_that_cannot_be_read_is_refused_R3():
    unreadable = asked(a_contact(5), contact_id="ctc_5", number="12")
    assert found([*candidates(2), unreadable]) == [("R3", "invalid-number", "12", 2)]


# --- R4: which numbers


@pytest.mark.parametrize("untextable", ["+18005550199", "+19005551234", "+15005551234"])
def test_toll_free_premium_rate_and_personal_participants_are_not_textable_R4(untextable):
    assert found(with_last(number=untextable)) == [("R4", "number-not-textable", untextable, 2)]


@pytest.mark.parametrize(
    "service", ["+14155551212", "+12125551212", "+14159761234", "+14159501234", "911", "4-1-1", "555-1212", "976-1234"]
)
def test_service_numbers_are_not_textable_R48(service):
    asked_for = roster.bare(2, RequestedParticipant(number=service))
    assert found([*candidates(2), asked_for]) == [("R4", "number-not-textable", service, 2)]


@pytest.mark.parametrize("new", ["+18615550123", "+14365550123"])
def test_a_number_of_an_area_code_that_the_data_lacks_is_one_of_the_us_or_canada_R48(new):
    assert found(with_last(number=new), a_sender("+18615550199")) == []
    canada = [canadian_number(1), canadian_number(2), new]
    candidates_there = [a_candidate(n, number=each) for n, each in enumerate(canada)]
    assert found(candidates_there, a_sender(canadian_number(3)), a_policy(allowed_regions=("CA",))) == []
    assert found(with_last(number=new), policy=a_policy(allowed_regions=("US",))) == []


def test_a_number_with_a_name_behind_it_is_refused_with_advice_R48():
    (violation,) = roster.violations(
        [*candidates(2), roster.bare(2, RequestedParticipant(number="304-5550 Mom"))], a_sender(), POLICY
    )
    assert (violation.code, violation.index) == ("invalid-number", 2)
    assert "enter only the number" in violation.detail


@pytest.mark.parametrize("foreign", [UK, "+18765551234", "+17875551234"])
def test_numbers_outside_the_us_and_canada_are_not_allowed_even_with_their_country_code_R4(foreign):
    assert found(with_last(number=foreign)) == [("R4", "region-not-allowed", foreign, 2)]
    assert found(candidates(2), a_sender(foreign)) == [("R4", "region-not-allowed", foreign, None)]


def test_numbers_of_canada_are_allowed_R4():
    assert found(with_last(number=canadian_number(1)), a_sender(canadian_number(2))) == []


def test_the_policy_says_which_regions_are_allowed_R4():
    policy = a_policy(allowed_regions=("US", "GB"))
    assert found(with_last(number=UK), policy=policy) == []
    assert found(with_last(number=canadian_number(1)), policy=policy) == [("R4", "region-not-allowed", canadian_number(1), 2)]


def test_a_business_number_is_found_in_any_written_form_among_those_owned_R3():
    assert roster.sender("(628) 555-0100", {BUSINESS}) == a_sender()
    assert roster.sender("(628) 555-0100", set()) == a_sender(owned=False)
    assert roster.sender("12", {BUSINESS}) == Sender(number="12")


def test_a_business_number_that_cannot_be_read_is_refused_R3():
    assert found(candidates(2), Sender(number="12")) == [("R3", "invalid-number", "12", None)]


# --- R5: consent


def test_a_bare_number_linked_to_a_contact_with_do_not_disturb_is_refused_R5():
    violation = roster.violations(with_last(contact=DND), a_sender(), POLICY)[0]
    assert (violation.code, violation.contact_id, violation.number) == ("contact-dnd", "ctc_1", number(2))


def test_a_participant_with_an_opt_out_and_do_not_disturb_is_refused_for_both_R5():
    assert [code for _, code, _, _ in found(with_last(contact=DND, opted_out=True))] == ["contact-dnd", "opted-out"]


# --- R6: all at once, in order


def test_all_faults_are_reported_at_once_in_the_order_of_the_participants_R6():
    people = [
        a_candidate(0, opted_out=True),
        roster.bare(1, RequestedParticipant(number="12")),
        a_candidate(2, number=UK, contact=DND),
        a_candidate(3),
        roster.of_contact(4, RequestedParticipant(contact_id="ctc_9"), None),
        a_candidate(5, number=BUSINESS),
    ]
    with pytest.raises(InvalidGroupError) as caught:
        roster.check(people, a_sender(owned=False), a_policy(max_participants=5))
    assert [(v.code, None if v.index is UNSET else v.index) for v in caught.value.violations] == [
        ("business-number-unknown", None),
        ("too-many-participants", None),
        ("opted-out", 0),
        ("invalid-number", 1),
        ("region-not-allowed", 2),
        ("contact-dnd", 2),
        ("contact-unknown", 4),
        ("business-number-as-participant", 5),
    ]
    assert caught.value.members["violations"] == list(caught.value.violations)
    assert all(violation.detail in caught.value.detail for violation in caught.value.violations)


# --- R35, R18


def test_an_unblocked_group_with_the_same_set_is_named_R35():
    with pytest.raises(GroupExistsError) as caught:
        roster.check_no_same(["cnv_open"])
    assert caught.value.members == {"conversation_id": "cnv_open"}
    assert "cnv_open" in caught.value.detail


def test_an_unblocked_group_that_is_hidden_is_not_named_R22_R35():
    with pytest.raises(GroupExistsError) as caught:
        roster.check_no_same([None])
    assert caught.value.members == {"conversation_id": None}


def test_without_an_unblocked_group_one_may_be_created_R35():
    roster.check_no_same([])


def test_only_a_successors_size_is_checked_R18():
    roster.check_size(2, POLICY)
    roster.check_size(10, POLICY)
    for count, code in ((1, "too-few-participants"), (11, "too-many-participants")):
        with pytest.raises(InvalidGroupError) as caught:
            roster.check_size(count, POLICY)
        assert [violation.code for violation in caught.value.violations] == [code]
