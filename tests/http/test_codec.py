"""Reading a request: any input fits, or is refused with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from groupchat.http.inputs.bodies import ConversationInput, MessageInput
from groupchat.http.inputs.parameters import InboxQuery
from groupchat.http.web.codec import decode_body, decode_query, read_body
from groupchat.http.web.refusals import MAX_BODY_BYTES, ClientGoneError, PayloadTooLargeError
from groupchat.http.web.request import Incoming
from groupchat.values.errors import InvalidRequestError
from tests.http.site import assert_problem, locs

JSON = {b"content-type": b"application/json"}
PATH = "/v1/contacts"


def incoming(*chunks, headers=JSON, gone=False):
    """Return a request whose body comes in these chunks; `gone`: the client leaves after them."""
    messages = [{"type": "http.request", "body": chunk, "more_body": gone or n < len(chunks)} for n, chunk in enumerate(chunks, 1)]
    messages += [{"type": "http.disconnect"}] * gone

    async def receive():
        return messages.pop(0)

    return Incoming({"path": "/"}, receive, headers, "req_1")


def refused(body, body_type=ConversationInput, headers=JSON):
    """Return the place of a body's fault."""
    with pytest.raises(InvalidRequestError) as caught:
        decode_body(json.Decoder(body_type), incoming(headers=headers), body)
    return caught.value.members["errors"][0]["loc"]


# --- bodies


def test_a_body_that_does_not_fit_is_refused_with_its_place():
    assert refused(b"") == "body"
    assert refused(b"{") == "body"
    assert refused(b"[]") == "body"
    assert refused(b"nonsense") == "body"
    assert refused(b"[" * 100_000) == "body"
    assert refused(b'{"from": "x", "participants": []} x') == "body"
    assert refused(b"\xef\xbb\xbf{}") == "body"
    assert refused(b'{"from": "\xff", "participants": []}') == "body"
    assert refused(b"{}") == "from"
    assert refused(b'{"from": 1}') == "from"
    assert refused(b'{"from": "x", "participants": [{"number": "y"}, {"number": 5}]}') == "participants.1.number"
    assert refused(b'{"from": "x", "participants": [{"number": "y", "nick": 5}]}') == "participants.0.nick"
    assert refused(b'{"from": "x", "participants": [], "message": {"media": [{"url": 1}]}}') == "message.media.0.url"


def test_a_refusal_speaks_of_the_fault_not_of_the_machine():
    with pytest.raises(InvalidRequestError, match="bytes that are not UTF-8"):
        decode_body(json.Decoder(MessageInput), incoming(), b'{"body": "\xff"}')
    with pytest.raises(InvalidRequestError, match=r"^This takes text of up to 1,600 characters"):
        decode_body(json.Decoder(MessageInput), incoming(), b'{"body": "' + b"x" * 1_601 + b'"}')
    with pytest.raises(InvalidRequestError, match=r"^This contains NUL"):
        decode_body(json.Decoder(MessageInput), incoming(), b'{"body": "\\u0000"}')


def test_a_body_is_json_and_says_so():
    for content_type in (
        b"",
        b"text/plain",
        b"application/x-www-form-urlencoded",
        b"application/jsonx",
        b"application/problem+json",
    ):
        assert refused(b"{}", MessageInput, {b"content-type": content_type}) == "content-type"
    assert refused(b"{}", MessageInput, {}) == "content-type"
    for content_type in (b"application/json", b"application/json; charset=utf-8", b"Application/JSON ;charset=UTF-8"):
        assert decode_body(json.Decoder(MessageInput), incoming(headers={b"content-type": content_type}), b"{}") == MessageInput()


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading_of_a_body(body):
    with pytest.raises(InvalidRequestError):
        decode_body(json.Decoder(ConversationInput), incoming(), body)


async def test_a_body_comes_in_any_chunks_up_to_a_mebibyte():
    assert await read_body(incoming(b"ab", b"", b"cd")) == b"abcd"
    half = b"x" * (MAX_BODY_BYTES // 2)
    assert len(await read_body(incoming(half, half))) == MAX_BODY_BYTES
    for request in (incoming(half, half, b"x"), incoming(headers={b"content-length": b"%d" % (MAX_BODY_BYTES + 1)})):
        with pytest.raises(PayloadTooLargeError):
            await read_body(request)


async def test_a_body_that_is_too_large_is_not_read_to_its_end():
    with pytest.raises(PayloadTooLargeError):
        await read_body(incoming(b"x" * (MAX_BODY_BYTES + 1), gone=True))


async def test_a_client_that_disconnects_early_does_not_count_as_a_request():
    with pytest.raises(ClientGoneError):
        await read_body(incoming(b"{", gone=True))


async def test_a_body_is_refused_over_http_in_the_same_way(idle_site):
    assert_problem(
        await idle_site.request("POST", PATH, content=b"x" * (MAX_BODY_BYTES + 1), headers=_json()), "payload-too-large", 413
    )

    async def chunks():
        for _ in range(20):
            yield b"x" * (MAX_BODY_BYTES // 16)

    assert_problem(await idle_site.request("POST", PATH, content=chunks(), headers=_json()), "payload-too-large", 413)
    for content, headers, loc in ((b"{", _json(), "body"), (b"{}", {}, "content-type"), (b"", _json(), "body")):
        response = await idle_site.request("POST", PATH, content=content, headers=headers)
        assert locs(assert_problem(response, "invalid-request", 422)) == [loc]
    response = await idle_site.request("POST", PATH + "?x=1", json={"name": "Ann", "number": "+14155550001"})
    assert locs(assert_problem(response, "invalid-request", 422)) == ["query.x"]


def _json():
    return {"Content-Type": "application/json"}


# --- queries


def test_a_query_is_read_by_its_types():
    query = decode_query(InboxQuery, b"q=%F0%9F%9A%B2+x&unread=true&limit=7&from=%2B14155550100")
    assert (query.q, query.unread, query.limit, query.from_) == ("\U0001f6b2 x", True, 7, "+14155550100")
    assert decode_query(InboxQuery, b"") == InboxQuery()


def test_a_query_that_does_not_fit_is_refused_with_its_place():
    for query, loc in (
        (b"q=%ff", "query"),
        (b"q=%ed%a0%80", "query"),
        (b"q=\xff", "query"),
        (b"&".join(b"a%d=1" % n for n in range(60)), "query"),
        (b"q=a&q=b", "query.q"),
        (b"q=%00", "query.q"),
        (b"limit=", "query.limit"),
        (b"cursor=", "query.cursor"),
        (b"nonsense=1", "query.nonsense"),
    ):
        with pytest.raises(InvalidRequestError) as caught:
            decode_query(InboxQuery, query)
        assert caught.value.members["errors"][0]["loc"] == loc, query


@given(st.binary(max_size=80))
def test_no_bytes_break_the_reading_of_a_query(query):
    try:
        decode_query(InboxQuery, query)
    except InvalidRequestError as refusal:
        assert refusal.members["errors"][0]["loc"].startswith("query")  # noqa: PT017 - most queries are refused, some are not
