import itertools
from decimal import Decimal

import pytest

from groupchat.aggregates.delivery import Begin, RecordCosts, RecordOutcomes
from groupchat.aggregates.delivery_events import CostReported, RecipientCost, RecipientOutcome, Started, Updated, Withheld
from tests.support.builders import BUSINESS, DELIVERY_DECIDER, a_rate, number
from tests.support.given_when_then import given

MESSAGE = {"message_id": "msg_1", "conversation_id": "cnv_1"}
RECIPIENTS = (number(1), number(2))
STARTED = Started(**MESSAGE, business_number=BUSINESS, recipients=RECIPIENTS, carrier="simulator")
WITHHELD = Withheld(**MESSAGE, recipients=RECIPIENTS, rate=a_rate())


def begin(*, withhold=False, rate=None):
    return Begin(
        **MESSAGE,
        business_number=BUSINESS,
        recipients=RECIPIENTS,
        carrier="simulator",
        rate=rate,
        withhold=withhold,
    )


def updated(status, code=None, recipient=RECIPIENTS[0]):
    return Updated(**MESSAGE, outcomes=(outcome(status, code, recipient),))


def outcome(status, code=None, recipient=RECIPIENTS[0]):
    return RecipientOutcome(recipient=recipient, status=status, code=code)


def receipt(status, code=None, recipient=RECIPIENTS[0]):
    return RecordOutcomes(outcomes=(outcome(status, code, recipient),))


def test_a_hand_over_begins_with_every_recipient_queued_R28():
    after = given(DELIVERY_DECIDER).when(begin(rate=a_rate())).then(STARTED)
    assert after.state.statuses == dict.fromkeys(RECIPIENTS, "queued")
    assert after.state.unanswered


def test_a_hand_over_begins_once_R16():
    given(DELIVERY_DECIDER, STARTED).when(begin()).nothing()


def test_a_message_is_withheld_when_somebody_opted_out_after_it_was_accepted_R16():
    after = given(DELIVERY_DECIDER).when(begin(withhold=True, rate=a_rate())).then(WITHHELD)
    assert after.state.statuses == dict.fromkeys(RECIPIENTS, "withheld")


def test_a_withheld_relay_has_no_rate_because_it_was_never_charged_R12():
    relay = begin(withhold=True, rate=None)
    given(DELIVERY_DECIDER).when(relay).then(Withheld(**MESSAGE, recipients=RECIPIENTS, rate=None))


def test_a_withheld_message_is_never_handed_over_R16():
    given(DELIVERY_DECIDER, WITHHELD).when(begin(withhold=False, rate=a_rate())).nothing()


def test_a_message_on_its_way_is_not_withheld_R16():
    given(DELIVERY_DECIDER, STARTED).when(begin(withhold=True, rate=a_rate())).nothing()


@pytest.mark.parametrize("status", ["unconfirmed", "sent", "delivered", "failed"])
def test_a_withheld_message_takes_no_status_R16(status):
    given(DELIVERY_DECIDER, WITHHELD).when(receipt(status)).nothing()


def test_a_status_belongs_to_its_recipient_alone_R28():
    state = given(DELIVERY_DECIDER, STARTED).when(receipt("delivered", "0")).then(updated("delivered", "0")).state
    assert state.statuses == {RECIPIENTS[0]: "delivered", RECIPIENTS[1]: "queued"}
    assert not state.unanswered


FORWARD = {
    ("queued", "unconfirmed"), ("queued", "sent"), ("queued", "delivered"), ("queued", "failed"),
    ("unconfirmed", "sent"), ("unconfirmed", "delivered"), ("unconfirmed", "failed"),
    ("sent", "delivered"), ("sent", "failed"),
}  # fmt: skip
STATUSES = ("queued", "unconfirmed", "sent", "delivered", "failed")


@pytest.mark.parametrize(("now", "reported"), list(itertools.product(STATUSES, STATUSES[1:])))
def test_a_status_only_moves_forward_duplicates_and_late_ones_say_nothing_R28(now, reported):
    history = [STARTED] if now == "queued" else [STARTED, updated(now)]
    expected = [updated(reported, "30003")] if (now, reported) in FORWARD else []
    given(DELIVERY_DECIDER, *history).when(receipt(reported, "30003")).then(*expected)


def test_one_report_for_several_recipients_is_one_event_with_its_news_only_R28():
    sent, delivered = (tuple(outcome(status, recipient=each) for each in RECIPIENTS) for status in ("sent", "delivered"))
    stranger, late = outcome("delivered", recipient=number(9)), outcome("unconfirmed")
    report = RecordOutcomes(outcomes=(*sent, stranger, late, *delivered))
    state = given(DELIVERY_DECIDER, STARTED).when(report).then(Updated(**MESSAGE, outcomes=(*sent, *delivered))).state
    assert state.statuses == dict.fromkeys(RECIPIENTS, "delivered")


def test_a_status_for_a_stranger_changes_nothing_R28():
    given(DELIVERY_DECIDER, STARTED).when(receipt("delivered", recipient=number(9))).nothing()


def test_a_status_of_a_message_that_was_never_handed_over_says_nothing_R28():
    given(DELIVERY_DECIDER).when(receipt("delivered")).nothing()


def test_a_recipient_that_failed_keeps_the_others_going_R28():
    state = (
        given(DELIVERY_DECIDER, STARTED)
        .when(receipt("failed", "30006"))
        .then(updated("failed", "30006"))
        .when(receipt("sent", recipient=RECIPIENTS[1]))
        .then(updated("sent", recipient=RECIPIENTS[1]))
        .state
    )
    assert state.statuses == {RECIPIENTS[0]: "failed", RECIPIENTS[1]: "sent"}


def cost(recipient, amount="0.0080"):
    return RecipientCost(recipient=recipient, amount=Decimal(amount))


def test_what_a_carrier_charges_is_recorded_once_for_each_recipient_R26():
    first, second = RECIPIENTS
    twice = RecordCosts(currency="USD", costs=(cost(first), cost(first, "0.0090")))
    after = given(DELIVERY_DECIDER, STARTED).when(twice).then(CostReported(**MESSAGE, currency="USD", costs=(cost(first),)))
    both = RecordCosts(currency="USD", costs=(cost(first, "0.5"), cost(second)))
    after.when(both).then(CostReported(**MESSAGE, currency="USD", costs=(cost(second),)))


def test_a_cost_of_a_stranger_or_of_an_unknown_message_adds_nothing_R26():
    report = RecordCosts(currency="USD", costs=(cost(number(9)),))
    given(DELIVERY_DECIDER, STARTED).when(report).nothing()
    given(DELIVERY_DECIDER).when(report).nothing()
