"""Telnyx's webhooks: which signature is accepted, and the meaning of each shape of an event."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.carriers.incoming import News
from groupchat.carriers.port import Cost, Inbound, NotTheCarrierError, Posted, Receipt
from groupchat.carriers.telnyx.signature import is_public_key, require_signed
from groupchat.carriers.telnyx.webhooks import news
from groupchat.values.errors import InvalidRequestError
from tests.carriers.doubles import ANN, BOB, BUSINESS, CY
from tests.carriers.telnyx.bench import WEBHOOK_URL
from tests.carriers.telnyx.fake import PATH, PUBLIC_KEY, event

WORKED = '{"data":{"event_type":"message.received","id":"0d7c4fbe-d075-435f-b71b-694391743967","payload":{"text":"café 👍"}}}'
WORKED_SIGNATURE = "1GOhMgXbaSyPajGU+gx/m1551CDWyARHVDM9cKGgoJBfeaf6e8oWVB6tOjNISaUVvhItYODaScIV8c8WK6L7BQ=="
WORKED_AT = datetime.fromtimestamp(1_795_700_000, UTC)
"""An example that Telnyx's own library has signed, with the key of bytes 0 to 31."""


def posted(body: bytes, path: str = PATH, **headers: str) -> Posted:
    return Posted(path=path, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body)


def worked(**changes: str) -> Posted:
    headers = {"telnyx_timestamp": "1795700000", "telnyx_signature_ed25519": WORKED_SIGNATURE} | changes
    return posted(WORKED.encode(), **headers)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
@pytest.mark.parametrize("keys", [[PUBLIC_KEY], ["A" * 43 + "=", PUBLIC_KEY]])
def test_a_signature_of_telnyx_is_accepted_for_five_minutes_R45(keys: list[str], seconds: int):
    require_signed(worked(), keys, WORKED_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "changes",
    [
        {"telnyx_timestamp": "1795700001"},
        {"telnyx_timestamp": ""},
        {"telnyx_timestamp": "٣"},
        {"telnyx_signature_ed25519": WORKED_SIGNATURE.replace("1G", "1H", 1)},
        {"telnyx_signature_ed25519": "not base64"},
        {"telnyx_signature_ed25519": ""},
        {"telnyx_signature_ed25519": "é"},
    ],
)
def test_any_other_signature_is_refused_R45(changes: dict[str, str]):
    with pytest.raises(NotTheCarrierError):
        require_signed(worked(**changes), [PUBLIC_KEY], WORKED_AT)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_signature_is_refused_R45(seconds: int):
    with pytest.raises(NotTheCarrierError, match="five minutes"):
        require_signed(worked(), [PUBLIC_KEY], WORKED_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize(("key", "good"), [(PUBLIC_KEY, True), ("A6EH", False), ("not base64", False), ("", False)])
def test_a_public_key_is_checked_at_the_start_R45(key: str, *, good: bool):
    assert is_public_key(key) == good


# --- receipts


def receipt(word: str, **changes: object) -> bytes:
    payload = {
        "id": "M",
        "from": {"phone_number": BUSINESS},
        "to": [{"phone_number": ANN, "status": word}],
        "webhook_url": f"{WEBHOOK_URL}/msg_1",
    }
    return event("message.finalized", payload | changes)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("queued", "sent"),
        ("sending", "sent"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("delivery_failed", "failed"),
        ("sending_failed", "failed"),
        ("expired", "failed"),
        ("delivery_unconfirmed", "unconfirmed"),
        ("unknown", "unconfirmed"),
        ("a word of next year", "unconfirmed"),
    ],
)
def test_a_word_means_a_status_R28(word: str, status: str):
    (found,) = news(posted(receipt(word))).receipts

    assert found == Receipt(message_id="msg_1", recipient=ANN, status=status)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        ({"amount": "0.0080", "currency": "USD"}, Cost(amount=Decimal("0.0080"), currency="USD")),
        ({"amount": 0.008, "currency": "usd"}, Cost(amount=Decimal("0.008"), currency="USD")),
        ({"amount": "-1", "currency": "USD"}, None),
        ({"amount": "NaN", "currency": "USD"}, None),
        ({"amount": "0.0080"}, None),
        ({"amount": True, "currency": "USD"}, None),
        (None, None),
    ],
)
def test_a_final_report_says_what_telnyx_charges_R26(cost: object, expected: Cost | None):
    (found,) = news(posted(receipt("delivered", cost=cost))).receipts
    assert found.cost == expected


def test_a_charge_that_may_be_for_several_recipients_or_an_estimate_is_not_taken_R26():
    cost = {"amount": "0.0160", "currency": "USD"}
    to = [{"phone_number": each, "status": "delivered"} for each in (ANN, BOB)]
    assert [each.cost for each in news(posted(receipt("delivered", cost=cost, to=to))).receipts] == [None, None]
    estimate = json.loads(receipt("sent", cost=cost))
    estimate["data"]["event_type"] = "message.sent"
    assert [each.cost for each in news(posted(json.dumps(estimate).encode())).receipts] == [None]


def test_an_event_may_report_several_recipients_but_no_copies_R28():
    to = [{"phone_number": ANN, "status": "delivered"}, {"phone_number": BOB, "status": "unknown"}, {"phone_number": CY}]
    found = news(posted(receipt("", to=to, cc=[{"phone_number": CY, "status": "delivered"}])))

    assert [(each.recipient, each.status) for each in found.receipts] == [(ANN, "delivered"), (BOB, "unconfirmed")]


def test_a_message_is_named_by_its_address_in_the_signed_body_before_the_called_one_R45():
    path = f"{PATH}/msg_2?x=1"

    assert news(posted(receipt("sent"), path)).receipts[0].message_id == "msg_1"
    assert news(posted(receipt("sent", webhook_url=""), path)).receipts[0].message_id == "msg_2"
    assert news(posted(receipt("sent", webhook_url=""))).receipts[0].message_id == ""


@pytest.mark.parametrize(
    ("title", "opted_out"), [("Blocked due to STOP message", True), ("Destination unreachable", False), ("Nonstop", False)]
)
def test_an_opt_out_is_known_by_its_code_and_its_words_R14(title: str, *, opted_out: bool):
    (found,) = news(posted(receipt("delivery_failed", errors=[{"code": "40300", "title": title}]))).receipts

    assert (found.code, found.opted_out) == ("40300", opted_out)


# --- what people write


def received(**changes: object) -> Posted:
    payload = {"id": "M", "from": {"phone_number": ANN}, "to": [{"phone_number": BUSINESS}], "text": "Hi", "media": []}
    return posted(event("message.received", payload | changes))


@pytest.mark.parametrize("cc", [[BUSINESS, BOB, CY], [{"phone_number": CY}, {"phone_number": BOB, "status": "x"}], [BOB[1:], CY]])
def test_the_set_is_everybody_but_the_writer_and_our_number_in_any_form_R44(cc: list[object]):
    (found,) = news(received(cc=cc, **{"from": ANN})).inbound

    assert found == Inbound(from_=ANN, to=BUSINESS, group=(BOB, CY), body="Hi", media=(), carrier_message_id="M")


def test_a_message_to_the_business_alone_has_an_empty_set_R44():
    assert [news(received(**each)).inbound[0].group for each in ({}, {"cc": []}, {"cc": None}, {"cc": [BUSINESS]})] == [()] * 4


@pytest.mark.parametrize(("said", "answers"), [("STOP", True), ("HELP", True), (None, False), ("", False)])
def test_a_keyword_that_telnyx_has_answered_itself_is_marked_R41(said: str | None, *, answers: bool):
    (inbound,) = news(received(text="stop", autoresponse_type=said)).inbound
    assert inbound.carrier_answers == answers


def test_files_are_kept_with_their_type_if_the_carrier_gives_it_R46():
    media = [
        {"url": "https://media.telnyx.com/a", "content_type": "image/jpeg; x=1"},
        {"url": "https://media.telnyx.com/b.png", "content_type": None},
        {"url": "https://media.telnyx.com/c"},
        {"url": "file:///etc/passwd", "content_type": "image/png"},
        "nonsense",
    ]
    (found,) = news(received(text="", media=media)).inbound

    assert found.body is None
    assert [(each.url, each.content_type) for each in found.media] == [
        ("https://media.telnyx.com/a", "image/jpeg"),
        ("https://media.telnyx.com/b.png", "image/png"),
        ("https://media.telnyx.com/c", "application/octet-stream"),
    ]


@pytest.mark.parametrize(
    "body",
    [event("message.read", {}), event("message.received", None), event("message.received", {"from": ANN}), b"{}", b"[1]", b"null"],
)
def test_an_unknown_event_is_acknowledged_R45(body: bytes):
    found = news(posted(body))

    assert (found.receipts, found.inbound, len(found.unknown)) == ((), (), 1)


@pytest.mark.parametrize("sender", ["12345", "ann@example.com"])
def test_a_message_from_something_else_than_a_phone_number_is_named_in_the_log_R45(sender: str):
    body = event("message.received", {"id": "M", "from": {"phone_number": sender}, "to": [{"phone_number": BUSINESS}]})

    assert news(posted(body)) == News(unknown=["message.received that can't be read"])


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 100_000])
def test_a_body_that_is_not_json_is_rejected_R45(body: bytes):
    with pytest.raises(InvalidRequestError):
        news(posted(body))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([ANN, BUSINESS, "failed", "sent"]),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(["phone_number", "url", "code", "x"]), each),
    max_leaves=6,
)
FIELDS = ("id", "from", "to", "cc", "text", "media", "errors", "webhook_url")


@given(
    kind=st.sampled_from(["message.received", "message.sent", "message.finalized"]) | ANYTHING,
    payload=st.dictionaries(st.sampled_from(FIELDS), ANYTHING) | ANYTHING,
)
def test_no_shape_of_an_event_is_an_error_R45(kind: object, payload: object):
    body = json.dumps({"data": {"event_type": kind, "payload": payload}}).encode()
    found = news(posted(body))

    assert [each.from_ for each in found.inbound if not each.from_.startswith("+")] == []
