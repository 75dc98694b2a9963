"""Comparing two states leaves out nothing that only an event of the conversation itself can change."""

from groupchat.audit.compare import OF_CONVERSATION, OF_PERSON
from groupchat.projections.inbox import Shown
from groupchat.projections.pane import Person

NEVER_CHANGES = {"id", "from_", "kind", "participant_count", "created_at", "created_by", "predecessor_id"}
FOLLOWS_FROM_MESSAGES = {"version", "last_activity_at", "last_message"}


def test_every_field_of_the_inbox_that_can_change_is_compared_R32():
    assert {*Shown.__struct_fields__} == {*OF_CONVERSATION} | NEVER_CHANGES | FOLLOWS_FROM_MESSAGES


def test_every_field_of_a_participant_that_can_change_is_compared_R32_R37():
    assert {*Person.__struct_fields__} == {*OF_PERSON} | {"number"}
