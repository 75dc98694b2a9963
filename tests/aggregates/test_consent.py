import pytest

from groupchat.aggregates import consent
from groupchat.aggregates.consent import (
    GroupJoined,
    Join,
    OptedIn,
    OptedOut,
    OptIn,
    OptOut,
    OptOutIsTheirsError,
    OptOutTakenBack,
    TakeBack,
)
from tests.support.builders import BUSINESS, number
from tests.support.given_when_then import fold, given

# --- what one number has said to one business number

SAID = {"business_number": BUSINESS, "number": number(1)}
CAUSES = ("keyword", "dnd", "user", "carrier")
OPTED_OUT = OptedOut(**SAID, cause="keyword", evidence="msg_1")
OPTED_IN = OptedIn(**SAID, cause="keyword", evidence="msg_2")


@pytest.mark.parametrize("cause", CAUSES)
def test_an_opt_out_is_kept_with_its_cause_and_evidence_R14(cause):
    after = given(consent).when(OptOut(**SAID, cause=cause, evidence="e")).then(OptedOut(**SAID, cause=cause, evidence="e"))
    assert after.state.opted_out


@pytest.mark.parametrize("cause", CAUSES)
def test_a_repeated_opt_out_adds_nothing_R14(cause):
    given(consent, OPTED_OUT).when(OptOut(**SAID, cause=cause, evidence="msg_9")).nothing()


def test_a_number_that_opted_out_opts_in_again_R14():
    after = given(consent, OPTED_OUT).when(OptIn(**SAID, cause="keyword", evidence="msg_2")).then(OPTED_IN)
    assert not after.state.opted_out


def test_an_opt_in_without_an_opt_out_adds_nothing_R14():
    command = OptIn(**SAID, cause="keyword", evidence="msg_2")
    given(consent).when(command).nothing()
    given(consent, OPTED_OUT, OPTED_IN).when(command).nothing()


def test_a_number_that_opted_in_again_can_opt_out_again_R14():
    again = OptOut(**SAID, cause="user", evidence="usr_1")
    given(consent, OPTED_OUT, OPTED_IN).when(again).then(OptedOut(**SAID, cause="user", evidence="usr_1"))


# --- taking back a mistake


RECORDED = OptedOut(**SAID, cause="user", evidence="usr_1")
TAKE_BACK = TakeBack(**SAID, reason="The wrong person")
TAKEN_BACK = OptOutTakenBack(**SAID, reason="The wrong person")


def test_a_users_record_is_taken_back_with_a_reason_R39():
    after = given(consent, RECORDED).when(TAKE_BACK).then(TAKEN_BACK)
    assert not after.state.opted_out
    after.when(TAKE_BACK).nothing()


@pytest.mark.parametrize("cause", ["keyword", "carrier"])
def test_only_the_person_takes_back_their_own_opt_out_R39(cause):
    opted_out = OptedOut(**SAID, cause=cause, evidence="msg_1")
    given(consent, opted_out).when(TAKE_BACK).refused(OptOutIsTheirsError, number=number(1))


@pytest.mark.parametrize("cause", ["keyword", "carrier"])
def test_an_opt_out_repeated_by_the_person_becomes_their_own_R39(cause):
    theirs = OptedOut(**SAID, cause=cause, evidence="msg_1")
    after = given(consent, RECORDED).when(OptOut(**SAID, cause=cause, evidence="msg_1")).then(theirs)
    after.when(TAKE_BACK).refused(OptOutIsTheirsError)
    assert not after.when(OptIn(**SAID, cause="keyword", evidence="msg_2")).then(OPTED_IN).state.opted_out


def test_a_users_opt_out_adds_nothing_to_the_persons_own_R14():
    given(consent, OPTED_OUT).when(OptOut(**SAID, cause="user", evidence="usr_1")).nothing()


def test_nothing_is_taken_back_if_nobody_has_opted_out_R39():
    given(consent).when(TAKE_BACK).nothing()
    given(consent, RECORDED, OPTED_IN).when(TAKE_BACK).nothing()


# --- the conversations of a number


def test_a_consent_knows_every_conversation_that_an_opt_out_covers_oldest_first_R16():
    first = given(consent).when(Join(**SAID, conversation_id="cnv_1")).then(GroupJoined(**SAID, conversation_id="cnv_1"))
    second = first.when(Join(**SAID, conversation_id="cnv_2")).then(GroupJoined(**SAID, conversation_id="cnv_2"))
    assert second.state.conversations == ("cnv_1", "cnv_2")


def test_a_conversation_is_joined_once_R16():
    given(consent, GroupJoined(**SAID, conversation_id="cnv_1")).when(Join(**SAID, conversation_id="cnv_1")).nothing()


def test_an_opt_out_forgets_no_conversation_R16():
    history = (GroupJoined(**SAID, conversation_id="cnv_1"), OPTED_OUT, OPTED_IN)
    assert fold(consent.evolve, history).conversations == ("cnv_1",)


def test_consent_is_per_business_number_and_phone_number_R5():
    streams = {consent.stream(ours, theirs) for ours in (BUSINESS, number(9)) for theirs in (number(1), number(2))}
    assert len(streams) == 4
