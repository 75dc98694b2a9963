"""Claims of business numbers: each belongs to one workspace (R4)."""

from groupchat.aggregates import number_claim
from groupchat.aggregates.number_claim import Claim, NumberTakenError
from groupchat.aggregates.workspace_events import NumberClaimed
from tests.support.builders import BUSINESS, number
from tests.support.given_when_then import fold, given

CLAIMED = NumberClaimed(number=BUSINESS, workspace_id="wsp_1")


def test_a_free_number_is_claimed_R4():
    given(number_claim).when(Claim(number=BUSINESS, workspace_id="wsp_1")).then(CLAIMED)


def test_a_number_that_belongs_to_another_workspace_is_refused_R4():
    given(number_claim, CLAIMED).when(Claim(number=BUSINESS, workspace_id="wsp_2")).refused(NumberTakenError)


def test_a_workspace_keeps_the_claim_of_a_number_that_it_adds_again_R4_R56():
    given(number_claim, CLAIMED).when(Claim(number=BUSINESS, workspace_id="wsp_1")).nothing()


def test_a_claim_says_which_workspace_a_number_belongs_to_R4():
    assert fold(number_claim.evolve, []) is None
    assert fold(number_claim.evolve, [CLAIMED]) == "wsp_1"
    assert number_claim.stream(BUSINESS) != number_claim.stream(number(1))
