"""A message that its carrier takes in parts: they go in order, and what arrived of it is known (R28)."""

from itertools import permutations, product

import pytest
from msgspec.structs import replace

from groupchat.aggregates.delivery import Begin, GoOn, NotUnconfirmedError, RecordOutcomes, Settle
from groupchat.aggregates.delivery_events import PartOutcome, PartsUpdated, RecipientOutcome, Settled, Started, Updated
from groupchat.aggregates.delivery_parts import joined
from tests.support.builders import BUSINESS, DELIVERY_DECIDER, number
from tests.support.given_when_then import given

MESSAGE = {"message_id": "msg_1", "conversation_id": "cnv_1"}
ANN, BOB = number(1), number(2)
TO = (ANN, BOB)
STARTED = Started(**MESSAGE, business_number=BUSINESS, recipients=TO, carrier="twilio", parts=3)
SECOND, THIRD = replace(STARTED, part=1), replace(STARTED, part=2)
NEXT = Begin(**MESSAGE, business_number=BUSINESS, recipients=TO, carrier="twilio", rate=None, withhold=False, parts=3)
LATE = replace(NEXT, withhold=True)


def of(part, status, code=None, to=TO):
    return tuple(PartOutcome(part=part, recipient=each, status=status, code=code) for each in to)


def parts(*outcomes):
    return PartsUpdated(**MESSAGE, outcomes=sum(outcomes, ()))


def whole(status, code=None, to=TO):
    return Updated(**MESSAGE, outcomes=tuple(RecipientOutcome(recipient=each, status=status, code=code) for each in to))


def report(part, status, code=None, to=TO):
    return RecordOutcomes(part=part, outcomes=whole(status, code, to).outcomes)


def test_the_parts_of_a_message_go_in_order_each_after_the_one_before_was_taken_R28():
    (
        given(DELIVERY_DECIDER)
        .when(NEXT)
        .then(STARTED)
        .when(NEXT)
        .nothing()
        .when(report(0, "sent"))
        .then(parts(of(0, "sent")))
        .when(NEXT)
        .then(SECOND)
        .when(report(1, "sent"))
        .then(parts(of(1, "sent")))
        .when(NEXT)
        .then(THIRD)
        .when(report(2, "sent"))
        .then(parts(of(2, "sent")), whole("sent"))
        .when(NEXT)
        .nothing()
    )


def test_a_part_that_is_refused_withholds_the_rest_and_the_message_is_partial_R28():
    failed = [STARTED, parts(of(0, "sent")), SECOND, parts(of(1, "failed", "50512"))]
    after = given(DELIVERY_DECIDER, *failed).when(NEXT).then(parts(of(2, "withheld")), whole("partial", "50512"))
    after.when(NEXT).nothing()
    assert not after.state.unanswered


def test_if_the_first_part_is_refused_the_message_failed_R28():
    failed = [STARTED, parts(of(0, "failed", "50407"))]
    given(DELIVERY_DECIDER, *failed).when(NEXT).then(parts(of(1, "withheld"), of(2, "withheld")), whole("failed", "50407"))


def test_the_rest_is_withheld_if_nobody_knows_about_a_part_R28():
    unknown = [STARTED, parts(of(0, "sent")), SECOND, parts(of(1, "unconfirmed"))]
    given(DELIVERY_DECIDER, *unknown).when(NEXT).then(parts(of(2, "withheld")), whole("unconfirmed"))


@pytest.mark.parametrize("taken", [True, False])
def test_an_opt_out_between_two_parts_withholds_the_rest_and_credits_nothing_R16(*, taken):
    sent = [STARTED, parts(of(0, "delivered"))]
    rest = parts(of(1, "withheld"), of(2, "withheld")), whole("partial")
    if taken:
        given(DELIVERY_DECIDER, *sent).when(LATE).then(*rest)
    else:  # the call of the second part certainly never arrived
        given(DELIVERY_DECIDER, *sent, SECOND).when(GoOn(rate=None, withhold=True, call=3, renew=True)).then(*rest)


def test_a_part_that_never_arrived_is_called_again_R28():
    sent = [STARTED, parts(of(0, "sent")), SECOND]
    again = given(DELIVERY_DECIDER, *sent).when(GoOn(rate=None, withhold=False, call=3, renew=True)).then(SECOND)
    assert again.state.parts[0] == dict.fromkeys(TO, "sent")


def test_a_report_about_a_part_that_never_began_says_nothing_R28():
    given(DELIVERY_DECIDER, STARTED).when(report(1, "delivered")).nothing()
    given(DELIVERY_DECIDER, STARTED).when(report(-1, "delivered")).nothing()
    given(DELIVERY_DECIDER, replace(STARTED, parts=1)).when(report(1, "delivered")).nothing()


def test_a_person_settles_the_parts_that_nobody_knows_about_R28():
    unknown = [STARTED, parts(of(0, "sent")), SECOND, parts(of(1, "unconfirmed")), parts(of(2, "withheld")), whole("unconfirmed")]
    settled = Settled(**MESSAGE, recipients=(BOB,), status="failed", reason="He asked")
    after = given(DELIVERY_DECIDER, *unknown).when(Settle(recipients=(BOB,), status="failed", reason="He asked"))
    after = after.then(settled, parts(of(1, "failed", to=(BOB,))), whole("partial", to=(BOB,)))
    after.when(Settle(recipients=(BOB,), status="failed", reason="Again")).refused(NotUnconfirmedError)


def test_the_status_of_a_message_moves_forward_with_its_parts_R28():
    rank = {None: 0, "unconfirmed": 1, "sent": 2, "partial": 3, "delivered": 4, "failed": 4}
    forward = {"queued": ["unconfirmed", "sent", "delivered", "failed", "withheld"], "unconfirmed": ["sent", "delivered", "failed"]}
    forward |= {"sent": ["delivered", "failed"]}
    words = ["queued", "unconfirmed", "sent", "delivered", "failed", "withheld"]
    for before in product(words, repeat=3):
        for n, status in enumerate(before):
            for later in forward.get(status, ()):
                after = [*before[:n], later, *before[n + 1 :]]
                assert rank[joined(after)] > rank[joined(before)] or joined(after) == joined(before), (before, after)
    assert all(joined(each) == "partial" for each in permutations(["sent", "failed", "withheld"]))
