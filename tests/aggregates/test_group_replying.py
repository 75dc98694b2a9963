"""Automatic replies to one participant: when an opt-out is confirmed, and when HELP is answered (R41)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from groupchat.aggregates.auto_replies import HELP_AGAIN, SEND_WITHIN
from groupchat.aggregates.group_events import AutoReplied, ParticipantOptedOut
from groupchat.aggregates.group_replying import AutoReply
from tests.support.builders import GROUP_DECIDER, a_group, a_rate, moment, number
from tests.support.given_when_then import given

OPTED_OUT = ParticipantOptedOut(number=number(1), cause="keyword", evidence="msg_stop")
ASKED_AT = moment(2)
REPLY = AutoReply(
    message_id="msg_2",
    number=number(1),
    purpose="opt-out",
    evidence="msg_stop",
    language="en",
    body="Harbour Dental: You are opted out.",
    rate=a_rate(),
    asked_at=ASKED_AT,
    at=ASKED_AT,
)
HELP = replace(REPLY, purpose="help")


def replied(to: AutoReply) -> AutoReplied:
    return AutoReplied(
        message_id=to.message_id,
        number=to.number,
        purpose=to.purpose,
        evidence=to.evidence,
        language=to.language,
        body=to.body,
        send_by=to.asked_at + SEND_WITHIN,
        rate=to.rate,
    )


def test_an_opt_out_is_confirmed_to_that_person_and_may_go_for_five_minutes_R41():
    given(GROUP_DECIDER, a_group(), OPTED_OUT).when(REPLY).then(replied(REPLY))
    assert replied(REPLY).send_by - ASKED_AT == timedelta(minutes=5)


@pytest.mark.parametrize(("after", "goes"), [(SEND_WITHIN - timedelta(microseconds=1), True), (SEND_WITHIN, False)])
def test_five_minutes_after_the_text_nothing_is_answered_any_more_R41(after, goes):
    late = replace(REPLY, at=ASKED_AT + after)
    given(GROUP_DECIDER, a_group(), OPTED_OUT).when(late).then(*([replied(late)] if goes else []))


def test_help_is_answered_only_to_somebody_who_is_not_opted_out_R41():
    given(GROUP_DECIDER, a_group()).when(HELP).then(replied(HELP))
    given(GROUP_DECIDER, a_group(), OPTED_OUT).when(HELP).nothing()
    given(GROUP_DECIDER, a_group(), replace(OPTED_OUT, number=number(2))).when(HELP).then(replied(HELP))


def test_a_person_gets_help_once_an_hour_so_that_two_machines_cannot_answer_each_other_forever_R41():
    helped = given(GROUP_DECIDER, a_group()).when(HELP).then(replied(HELP))
    answered_at = moment(2)
    soon, later = answered_at + HELP_AGAIN - timedelta(seconds=1), answered_at + HELP_AGAIN
    helped.when(replace(HELP, asked_at=soon, at=soon)).nothing()
    helped.when(replace(HELP, number=number(2), asked_at=soon, at=soon)).then(
        replied(replace(HELP, number=number(2), asked_at=soon, at=soon))
    )
    helped.when(replace(HELP, asked_at=later, at=later)).then(replied(replace(HELP, asked_at=later, at=later)))


def test_somebody_who_is_not_a_participant_gets_nothing_R41():
    given(GROUP_DECIDER, a_group()).when(replace(REPLY, number=number(9))).nothing()
