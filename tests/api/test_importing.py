"""Reading what becomes of an import, without a network: where it goes on, and when it ends."""

import json

import httpx
import pytest

from groupchat.api import ProblemError, Retry
from groupchat.api.exchange import Seen
from groupchat.api.importing import Importing
from tests.api.answers import problem

FILE = b"name,number\n"
LOST = httpx.ReadError("the connection broke off")


def importing(after=None):
    return Importing(FILE, after, Retry(times=2, first_seconds=0.0), Seen())


def line(n, outcome="created"):
    return (
        json.dumps({"line": n, "outcome": outcome, "contact_id": "ctc_1", "problem": None, "same_number_as": []}).encode() + b"\n"
    )


def end(position=43):
    return (
        json.dumps({"done": True, "created": 1, "updated": 0, "unchanged": 0, "refused": 0, "position": position}).encode() + b"\n"
    )


def test_the_outcomes_come_in_whatever_pieces_they_arrive():
    flow, whole = importing(), line(2) + line(3, "refused") + end()
    results = [result for byte in whole for result in flow.feed(bytes([byte]))]

    assert [(result.line, result.outcome) for result in results] == [(2, "created"), (3, "refused")]
    assert flow.done


def test_an_import_that_breaks_off_goes_on_after_its_last_whole_line():
    flow = importing()
    first = flow.request()
    list(flow.feed(line(2) + line(3) + line(4)[:-1]))
    flow.ended(LOST)
    again = flow.request()

    assert (first.params, again.params) == ({}, {"after_line": 3})
    assert first.content == again.content == FILE
    assert not flow.done
    assert [result.line for result in flow.feed(line(4))] == [4]


def test_an_import_goes_on_where_a_program_stopped():
    assert importing(after=41).request().params == {"after_line": 41}


def test_reads_after_an_import_include_it():
    flow = importing()
    list(flow.feed(end(43)))

    assert flow._seen.position == 43


def test_an_import_that_never_gets_further_fails():
    flow = importing()
    for _ in range(2):
        flow.ended(LOST)
        list(flow.feed(line(2)))
    flow.ended(LOST)
    flow.ended()

    with pytest.raises(httpx.RemoteProtocolError, match="before its last line"):
        flow.ended()


def test_a_refusal_ends_an_import():
    with pytest.raises(ProblemError, match="payload-too-large"):
        importing().ended(ProblemError(problem(413, "payload-too-large")))
