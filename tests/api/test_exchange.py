"""How a call becomes requests, without a network: which are repeated, when, and with which headers."""

from datetime import date

import httpx
import pytest

from groupchat.api import Fault, ProblemError, Retry
from groupchat.api.call import Call, given
from groupchat.api.exchange import Seen, exchange
from groupchat.api.types import MessageInput, RateShown
from tests.api.answers import RATE, problem, success

LOST = httpx.ReadError("the connection broke off")
NEVER_SENT = httpx.ConnectError("nobody listens")
RETRY = Retry(times=2, first_seconds=1.0, most_seconds=10.0)
POST = Call[RateShown](method="POST", path="/v1/rates", answer=RateShown, body={"currency": "USD"}, takes_key=True)
BARE_POST = Call[None](method="POST", path="/v1/contacts/import", body=b"name", media="text/csv")
PATCH = Call[None](method="PATCH", path="/v1/contacts/ctc_1", body={"name": "Bob"})
CONDITIONAL = Call[None](method="PATCH", path="/v1/contacts/ctc_1", body={"name": "Bob"}, if_match=7)
GET = Call[None](method="GET", path="/v1/users/me")


def run(call, *outcomes, seen=None):
    """Return the requests that lead to these outcomes, and the call's result."""
    steps = exchange(call, seen or Seen(), RETRY)
    requests = [next(steps)]
    try:
        for outcome in outcomes:
            requests += [steps.send(outcome)]
    except StopIteration as end:
        return requests, end.value
    except (ProblemError, httpx.TransportError) as error:
        return requests, error
    pytest.fail(f"it goes on after {len(outcomes)} outcomes")


def test_a_post_keeps_its_own_idempotency_key_over_all_repeats():
    requests, result = run(POST, LOST, problem(409, "idempotency-key-in-use", after=1), success(RATE, 201))
    other, _ = run(POST, success(RATE, 201))

    keys = {request.headers["Idempotency-Key"] for request in requests}
    assert len(keys) == 1
    assert keys != {other[0].headers["Idempotency-Key"]}
    assert result == RateShown(n=1, effective_from=date(2025, 1, 1), mms_segment="0.02", currency="USD")


def test_a_key_of_ones_own_is_sent():
    call = Call[None](method="POST", path="/v1/rates", takes_key=True, idempotency_key="order-4711")

    assert run(call, success())[0][0].headers["Idempotency-Key"] == "order-4711"


def test_a_wait_is_as_long_as_the_server_asks_up_to_the_limit():
    requests, _ = run(GET, problem(429, "too-many-requests", after=3), problem(503, "unavailable", after=60), success())

    assert [request.wait for request in requests] == [0.0, 3.0, 10.0]


def test_other_waits_are_random_and_double():
    requests, _ = run(GET, LOST, LOST, success())

    assert 0.5 <= requests[1].wait <= 1.0 <= requests[2].wait <= 2.0
    assert Retry(first_seconds=1.0, most_seconds=10.0).wait(10_000) <= 10.0


@pytest.mark.parametrize("call", [POST, PATCH, GET])
@pytest.mark.parametrize("failure", [LOST, problem(502, "x"), problem(504, "x"), problem(503, "unavailable", after=1)])
def test_a_repeatable_request_is_repeated_a_limited_number_of_times(call, failure):
    requests, error = run(call, failure, failure, failure)

    assert len(requests) == 3
    assert error is failure or error.status == failure.status_code


@pytest.mark.parametrize("call", [BARE_POST, CONDITIONAL])
@pytest.mark.parametrize("failure", [LOST, problem(502, "x")])
def test_a_request_that_may_have_taken_effect_is_not_repeated_without_a_key(call, failure):
    requests, _ = run(call, failure)

    assert len(requests) == 1


@pytest.mark.parametrize("call", [BARE_POST, CONDITIONAL])
@pytest.mark.parametrize("failure", [NEVER_SENT, problem(429, "too-many-requests", after=1), problem(503, "unavailable", after=1)])
def test_a_request_that_certainly_had_no_effect_is_repeated(call, failure):
    requests, result = run(call, failure, success())

    assert (len(requests), result) == (2, None)


@pytest.mark.parametrize(("status", "slug"), [(409, "conversation-blocked"), (404, "not-found"), (500, "internal-error")])
def test_a_refusal_is_not_repeated(status, slug):
    assert len(run(POST, problem(status, slug))[0]) == 1


def test_a_problem_is_an_exception_with_everything_that_it_says():
    errors = [{"loc": "body.number", "code": "missing", "detail": "Give it."}]
    _, invalid = run(POST, problem(422, "invalid-request", errors=errors))
    _, blocked = run(POST, problem(409, "conversation-blocked", opted_out=["+14155550101"]))

    assert (invalid.slug, invalid.status, invalid.title, invalid.detail) == ("invalid-request", 422, "A title", "A detail.")
    assert invalid.errors == (Fault("body.number", "missing", "Give it."),)
    assert (blocked.errors, blocked.members["opted_out"], blocked.correlation_id) == ((), ["+14155550101"], "req_1")
    assert str(blocked) == "conversation-blocked (409): A detail."


def test_a_response_that_explains_nothing_is_an_exception_too():
    for said in ({"html": "<h1>No</h1>"}, {"json": ["no"]}, {"json": {"errors": ["no"]}}):
        _, error = run(GET, httpx.Response(418, **said))
        assert (error.slug, error.status, error.detail, error.errors) == ("about:blank", 418, "", ())


def test_reads_include_the_writes_before_them():
    seen = Seen()
    run(PATCH, success(**{"Groupchat-Position": "42"}), seen=seen)
    run(PATCH, success(**{"Groupchat-Position": "41"}), seen=seen)
    ((read,), _) = run(GET, success(), seen=seen)
    ((write,), _) = run(PATCH, success(), seen=seen)

    assert read.headers["Groupchat-Min-Position"] == "42"
    assert "Groupchat-Min-Position" not in write.headers


def test_fields_that_are_not_given_are_not_sent_but_null_is():
    body = given(from_="+14155550100", name=None, at=date(2025, 1, 1), message=MessageInput(body="Hi"))
    ((request,), _) = run(Call[None](method="POST", path="/", body=body), success())

    assert request.content == b'{"from":"+14155550100","name":null,"at":"2025-01-01","message":{"body":"Hi"}}'


def test_a_condition_is_the_version_as_an_etag():
    assert run(CONDITIONAL, success())[0][0].headers["If-Match"] == '"7"'
