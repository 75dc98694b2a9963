"""Bandwidth's webhooks: which login is accepted, and the meaning of each shape of an event."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.carriers.bandwidth.passwords import WebhookLogin, require_login
from groupchat.carriers.bandwidth.webhooks import news
from groupchat.carriers.incoming import News
from groupchat.carriers.port import Inbound, NotTheCarrierError, Posted, Receipt
from groupchat.values.errors import InvalidRequestError
from tests.carriers.bandwidth.fake import PATH, posted
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY

OURS = [WebhookLogin("groupchat", "päss:word"), WebhookLogin("groupchat", "the next one")]


def with_header(header: str) -> Posted:
    return Posted(path=PATH, headers={"authorization": header}, body=b"[]")


def brought(*events: object, confirms_delivery: bool = True) -> News:
    return news(posted(list(events)), confirms_delivery=confirms_delivery)


def test_the_worked_example_of_a_login_is_accepted_R45():
    require_login(with_header("Basic Z3JvdXBjaGF0OnDDpHNzOndvcmQ="), OURS)
    require_login(with_header("basic  Z3JvdXBjaGF0OnDDpHNzOndvcmQ= "), OURS)


def test_while_a_password_changes_both_are_accepted_R45():
    require_login(posted([], ("groupchat", "the next one")), OURS)


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic é", "Basic !", "Bearer Z3JvdXBjaGF0OnDDpHNzOndvcmQ=", "Basic Z3JvdXBjaGF0Og=="]
)
def test_any_other_login_is_refused_R45(header: str):
    with pytest.raises(NotTheCarrierError):
        require_login(with_header(header), OURS)


# --- receipts


def event(kind: str, **changes: object) -> dict[str, object]:
    message = {"id": "M", "owner": BOB, "direction": "out", "to": [ANN, BOB], "from": BUSINESS, "text": "", "tag": "msg_1"}
    return {"type": kind, "time": "2026-11-21T12:00:00.123456Z", "to": ANN, "description": "ok", "message": message} | changes


@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("message-sending", None, Receipt(message_id="msg_1", recipient=ANN, status="sent")),
        ("message-sent", None, Receipt(message_id="msg_1", recipient=ANN, status="sent")),
        ("message-delivered", None, Receipt(message_id="msg_1", recipient=ANN, status="delivered")),
        ("message-failed", None, Receipt(message_id="msg_1", recipient=ANN, status="failed")),
        ("message-failed", 4720, Receipt(message_id="msg_1", recipient=ANN, status="failed", code="4720")),
        ("message-failed", 4475, Receipt(message_id="msg_1", recipient=ANN, status="failed", code="4475", opted_out=True)),
        ("message-failed", "4775", Receipt(message_id="msg_1", recipient=ANN, status="failed", code="4775", opted_out=True)),
        ("message-failed", 9902, Receipt(message_id="msg_1", recipient=ANN, status="unconfirmed", code="9902")),
        ("message-failed", 9999, Receipt(message_id="msg_1", recipient=ANN, status="unconfirmed", code="9999")),
    ],
)
def test_an_event_means_a_status_R28_R14(kind: str, code: object, expected: Receipt):
    changes = {} if code is None else {"errorCode": code}

    assert brought(event(kind, **changes)) == News(receipts=[expected], inbound=[], unknown=[])


def test_without_receipts_from_handsets_delivered_only_means_passed_on_R28():
    assert [each.status for each in brought(event("message-delivered"), confirms_delivery=False).receipts] == ["sent"]


def test_one_event_comes_in_a_list_or_alone_R45():
    alone = Posted(path=PATH, headers={}, body=json.dumps(event("message-sent")).encode())

    assert news(alone, confirms_delivery=True) == brought(event("message-sent"))


# --- what people write


def received(**changes: object) -> dict[str, object]:
    message = {"id": "M", "owner": BUSINESS, "direction": "in", "to": [BUSINESS, CY, BOB[1:]], "from": ANN, "text": "Hi"}
    return event("message-received", to=BUSINESS, message=message | changes)


def test_the_set_is_everybody_but_the_writer_and_our_number_in_any_form_R44():
    written = Inbound(from_=ANN, to=BUSINESS, group=(BOB, CY), body="Hi", media=(), carrier_message_id="M")

    assert brought(received()) == News(receipts=[], inbound=[written], unknown=[])
    assert brought(received(to=[BUSINESS])).inbound[0].group == ()


def test_a_set_may_be_larger_than_one_that_can_be_answered_R44():
    many = [f"+1415555{n:04d}" for n in range(200, 230)]

    assert brought(received(to=[BUSINESS, *many])).inbound[0].group == tuple(many)


def test_parts_that_only_lay_out_a_picture_message_are_left_out_R46():
    of_message = "https://messaging.bandwidth.com/api/v2/users/1/media/M"
    media = [f"{of_message}/0/bw.smil", f"{of_message}/1/bw.png", f"{of_message}/2/a.XML", f"{of_message}/3/x", 7, "ftp://x/y"]
    (found,) = brought(received(media=media, text=None)).inbound

    assert found.body is None
    assert [(each.url, each.content_type) for each in found.media] == [
        (f"{of_message}/1/bw.png", "image/png"),
        (f"{of_message}/3/x", "application/octet-stream"),
    ]


def test_an_unknown_event_does_not_hold_back_the_others_R45():
    found = brought(
        event("message-read"), None, received(**{"from": "no number"}), received(direction="out"), event("message-sent")
    )

    assert found.unknown == ["message-read", "", *["message-received that can't be read"] * 2]
    assert len(found.receipts) == 1


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 100_000])
def test_a_body_that_is_not_json_is_rejected_R45(body: bytes):
    with pytest.raises(InvalidRequestError):
        news(Posted(path=PATH, headers={}, body=body), confirms_delivery=True)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ANN, BUSINESS, "in"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["id", "x"]), each),
    max_leaves=6,
)
KINDS = st.sampled_from(["message-received", "message-failed", "message-sent"])
MESSAGES = st.dictionaries(st.sampled_from(["id", "owner", "direction", "to", "from", "text", "media", "tag"]), ANYTHING)


@given(
    events=st.lists(
        st.fixed_dictionaries({}, optional={"type": KINDS | ANYTHING, "to": ANYTHING, "errorCode": ANYTHING, "message": MESSAGES})
        | ANYTHING,
        max_size=4,
    )
)
def test_no_shape_of_an_event_is_an_error_R45(events: list[object]):
    found = brought(*events)

    assert len(found.receipts) + len(found.inbound) + len(found.unknown) == len(events)
