"""Responses add the next step in this API to a refusal."""

from typing import get_args

import pytest

from groupchat.aggregates.access import HiddenError
from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.aggregates.refusal import Subject
from groupchat.http.app import ENDPOINTS
from groupchat.http.documents.ways_on import way_on
from groupchat.values.errors import NotFoundError, Thing
from tests.support.builders import number


@pytest.mark.parametrize("thing", get_args(Thing))
def test_a_not_found_problem_names_an_existing_list(thing):
    further, members = way_on(NotFoundError("There is no such thing.", thing))

    method, path, *_ = further.split()
    assert (method, path) in {(each.operation.method, each.operation.path) for each in ENDPOINTS}
    assert members == {}


def test_a_hidden_thing_gets_the_same_response_as_a_missing_one_R22():
    absent = NotFoundError("There is no such contact.", "contact")
    hidden = HiddenError(absent, Subject(contact_ids=("ctc_1",)))

    assert (hidden.detail, way_on(hidden)) == (absent.detail, way_on(absent))


def test_a_blocked_conversation_is_continued_in_its_successor_R15_R18():
    further, members = way_on(ConversationBlockedError("cnv_1", (number(1),)))

    assert members == {"successor_url": "/v1/conversations/cnv_1/successor"}
    assert members["successor_url"] in further


def test_other_refusals_get_no_addition():
    assert way_on(NotFoundError("There is no such workspace.")) == ("", {})
