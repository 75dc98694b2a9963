"""The valid values of a field in words: no refusal quotes the parser."""

import pytest
from msgspec import ValidationError, convert, json

from groupchat.http.inputs import bodies, workspace_bodies
from groupchat.http.inputs.bodies import ContactInput, ConversationInput
from groupchat.http.inputs.parameters import InboxQuery, LedgerQuery, StatementQuery
from groupchat.http.inputs.taken import Taken
from groupchat.http.inputs.webhook_bodies import WebhookInput
from groupchat.http.inputs.workspace_bodies import KeyInput, RateInput, UserInput
from groupchat.http.web.codec import decode_query, misfit
from groupchat.http.web.takes import fields, takes
from groupchat.values.errors import InvalidRequestError

KINDS = vars(bodies) | vars(workspace_bodies)
PARSERS = ("`int`", "`str`", "Expected", "Object", "regex", "Struct")

QUERIES = [
    (InboxQuery, b"limit=500", "out-of-range", "This takes an integer from 1 to 200."),
    (InboxQuery, b"limit=many", "wrong-type", "This takes an integer from 1 to 200."),
    (InboxQuery, b"unread=maybe", "wrong-type", "This takes true or false."),
    (LedgerQuery, b"order=up", "wrong-type", "This takes one of `asc`, `desc`."),
    (StatementQuery, b"month=2026-13", "bad-format", "This takes text, such as `2025-01` (A year and a month)."),
    (StatementQuery, b"", "missing", "This field is required."),
    (StatementQuery, b"month=2026-01&sort=x", "unknown-field", "This is not known here. Use one of month, format."),
]


@pytest.mark.parametrize(("shape", "query", "code", "detail"), QUERIES)
def test_a_query_that_does_not_fit_is_refused_with_the_values_that_the_parameter_takes(shape, query, code, detail):
    with pytest.raises(InvalidRequestError) as caught:
        decode_query(shape, query)
    (fault,) = caught.value.members["errors"]
    assert (fault["code"], fault["detail"]) == (code, detail)


BODIES = [
    (ConversationInput, {"from": "x", "participants": {}}, "wrong-type", "This takes a list of up to 200 items."),
    (ConversationInput, {"from": "x", "participants": [{"number": 5}]}, "wrong-type", "or null."),
    (ConversationInput, {"from": "x", "participants": [{"nick": 5}]}, "unknown-field", "This is not known here."),
    (ConversationInput, [], "wrong-type", "This takes an object."),
    (ConversationInput, {"from": "x", "participants": [{}]}, "not-allowed", "Use a contact_id or a number."),
    (
        ContactInput,
        {"name": "", "number": "1"},
        "out-of-range",
        "This takes text of 1 to 120 characters (At least one",
    ),
    (KeyInput, {"expires_at": "soon"}, "bad-format", "This takes a time with its offset, such as 2026-01-31T23:59:30Z or null."),
    (RateInput, {"effective_from": "soon", "mms_segment": "1", "currency": "USD"}, "bad-format", "This takes a date, such as"),
    (UserInput, {"name": "A", "email": "a b@c", "role": "member"}, "bad-format", "This takes text"),
    (UserInput, {"name": "A", "email": "a@b.c", "role": "Member"}, "bad-format", "such as `member` (A lower-case letter, then"),
    (
        WebhookInput,
        {"url": "https://example.com/", "types": []},
        "out-of-range",
        'such as `["groupchat.conversation.message_sent",',
    ),
]


@pytest.mark.parametrize(("shape", "body", "code", "detail"), BODIES, ids=str)
def test_a_body_that_does_not_fit_is_refused_with_the_values_that_the_field_takes(shape, body, code, detail):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which of the parser's errors it is does not matter
        json.decode(json.encode(body), type=shape)
    (fault,) = misfit(caught.value, shape).members["errors"]
    assert fault["code"] == code
    assert detail in fault["detail"]
    assert not any(word in fault["detail"] for word in PARSERS)


def test_an_unknown_field_takes_nothing():
    assert takes(InboxQuery, "nonsense") is None
    assert takes(ConversationInput, "participants.0.number.x") is None
    assert fields(StatementQuery) == ["month", "format"]


NAMED = {
    "ContactChange": {"name": "Ann"},
    "ContactInput": {"name": "Ann", "number": "1"},
    "ContactPut": {"name": "Ann", "number": "1"},
    "ConversationChange": {"name": "Crew"},
    "ConversationInput": {"name": "Crew", "from": "1", "participants": []},
    "KeyInput": {"label": "CRM"},
    "MessageOutcome": {"reason": "Bob told us", "status": "delivered"},
    "NumberChange": {"label": "Desk"},
    "NumberInput": {"label": "Desk", "number": "1"},
    "ParticipantInput": {"name": "Ann", "number": "1"},
    "Reasoned": {"reason": "A mistake"},
    "SuccessorInput": {"name": "Crew"},
    "UserChange": {"name": "Ann"},
    "UserInput": {"name": "Ann", "email": "ann@example.com", "role": "member"},
    "UserPut": {"name": "Ann", "email": "ann@example.com", "role": "member"},
}
"""A body with each name, label or reason that a caller can write. The name is the first field."""


def test_every_name_that_a_caller_can_write_is_known_here():
    kinds = {name: kind for name, kind in KINDS.items() if isinstance(kind, type) and issubclass(kind, Taken)}
    assert {name for name, kind in kinds.items() if {"name", "label", "reason"} & set(kind.__struct_fields__)} == NAMED.keys()


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize("name", ["", " ", "\u2060", "\u2800", "Ann\r\nBob: hi", "Ann\tBob", "Ann\u2028Bob", "\x1b[2J"])
def test_every_name_shows_something_and_has_no_control_characters_R47(kind, name):
    body = NAMED[kind]
    assert convert(body, KINDS[kind])
    with pytest.raises(ValidationError, match=rf"`\$?\.?{next(iter(body))}`"):
        convert(body | {next(iter(body)): name}, KINDS[kind])
