"""Reading the event stream, without a network: where events end, and where it resumes."""

import json

import httpx
import pytest

from groupchat.api import ProblemError, Retry, UnknownEvent
from groupchat.api.events import ConversationRenamed
from groupchat.api.stream import Following
from tests.api.answers import problem

EVENT = {
    "type": "groupchat.conversation.renamed",
    "stream": "cnv_1",
    "version": 2,
    "position": 7,
    "at": "2025-02-01T00:00:00Z",
    "actor": {"kind": "user", "id": "usr_1"},
    "correlation_id": "req_1",
    "data": {"name": "One\u2028two\u0085three"},
}


def following(after=None):
    return Following(after, (), None, Retry(first_seconds=1.0))


def frame(position=7, **changed):
    text = json.dumps(EVENT | {"position": position} | changed, ensure_ascii=False)
    return f"id: {position}\nevent: x\ndata: {text}\n\n".encode()


def test_an_event_is_read_from_any_pieces():
    stream, whole = following(), b"id: 3\n\n" + frame() + b": still here\n\n" + frame(9)
    events = [event for byte in whole for event in stream.feed(bytes([byte]))]

    assert [type(event) for event in events] == [ConversationRenamed] * 2
    assert (events[0].id, events[0].type, events[0].data.name) == ("cnv_1/2", EVENT["type"], EVENT["data"]["name"])
    assert [event.position for event in events] == [7, 9]


def test_a_stream_resumes_after_the_last_whole_event():
    stream = following(after=2)
    first = stream.request().headers
    list(stream.feed(b"id: 3\n\n"))
    before = stream.request().headers
    list(stream.feed(frame() + frame(9)[:-1]))
    then = stream.request().headers
    again = [event.position for event in stream.feed(frame(9))]

    assert [headers["Last-Event-ID"] for headers in (first, before, then)] == ["2", "3", "7"]
    assert again == [9]


def test_a_new_stream_begins_where_the_server_says():
    assert "Last-Event-ID" not in following().request().headers


def test_an_event_counts_only_when_the_next_one_is_asked_for():
    stream = following(after=2)
    events = stream.feed(frame())
    next(events)

    assert stream.after == 2
    assert next(events, None) is None
    assert stream.after == 7


@pytest.mark.parametrize("changed", [{"type": "groupchat.weather.changed"}, {"data": {"title": "Another shape"}}])
def test_an_event_that_a_newer_server_writes_differently_is_given_as_it_is(changed):
    (event,) = following().feed(frame(**changed))

    assert isinstance(event, UnknownEvent)
    assert (event.type, event.data, event.position) == ((EVENT | changed)["type"], (EVENT | changed)["data"], 7)


def test_the_wait_before_the_next_request_doubles_until_something_arrives():
    stream = following()
    waits = [stream.ended(httpx.ReadError("")), stream.ended(problem_error(503, "unavailable")), stream.ended()]
    list(stream.feed(b": still here\n\n"))

    assert 0.5 <= waits[0] <= 1.0 <= waits[1] <= 2.0 <= waits[2] <= 4.0
    assert stream.ended() <= 1.0
    assert stream.ended(problem_error(429, "too-many-requests", after=3)) == 3.0


@pytest.mark.parametrize(("status", "slug"), [(401, "unauthenticated"), (409, "position-ahead"), (422, "invalid-request")])
def test_a_refusal_ends_the_stream(status, slug):
    with pytest.raises(ProblemError, match=slug):
        following().ended(problem_error(status, slug))


def problem_error(*given, **more):
    return ProblemError(problem(*given, **more))
