"""docs/asyncapi.yaml is up to date, the official parser accepts it, and it describes the records that the relay really writes."""

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from asyncapi import parser
from docs import asyncapi, generate
from groupchat.broker.envelope import ENTRY_TYPE, headers_of
from groupchat.broker.topics import EVENT_TOPICS, NoTopicError, topic_of
from groupchat.http.documents.schemas import schemas
from groupchat.processes.relay.records import records_of
from groupchat.values.event import EVENT_TYPES, Recorded
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION
from tests.support.tools import install

TYPES = {*EVENT_TYPES, ENTRY_TYPE}


FAULTS = {
    "an unknown action": (("operations", "receiveLedger", "action"), "read"),
    "a reference to nothing": (("components", "messages", ENTRY_TYPE, "payload", "$ref"), "#/components/schemas/nothing"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory) -> dict[str, Any]:
    """The verdicts of the official parser, fetched if it is not there, on the document and on a copy with each of the faults."""
    install(parser.install, parser.BUILD, "AsyncAPI parser")
    paths = [broken(tmp_path_factory.mktemp("broken") / "asyncapi.yaml", *fault) for fault in FAULTS.values()]
    return dict(zip(["ours", *FAULTS], parser.parse(generate.ASYNCAPI, *paths), strict=True))


def broken(path, place, value):
    """Write the document with another value at one place."""
    document = yaml.safe_load(generate.ASYNCAPI.read_text())
    part = document
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_document_is_fresh():
    assert generate.ASYNCAPI.read_text() == asyncapi.page(schemas()), "run `python docs/generate.py`"


def test_the_document_is_valid_for_the_official_parser(verdicts):
    parsed = verdicts["ours"]

    assert {each["code"] for each in parsed["diagnostics"]} <= {"asyncapi-latest-version"}, parsed["diagnostics"]
    assert set(parsed["channels"]) == set(EVENT_TOPICS)
    for topic, messages in parsed["channels"].items():
        assert {each["name"] for each in messages} == {type_ for type_ in TYPES if topic_of(type_) == topic}
        for each in messages:
            assert set(each["fields"]) == schemas()[each["name"]]["properties"].keys()
            assert {"ce_id", "ce_type", "ce_stream", "ce_version"} <= set(each["headers"])
            assert ("ce_entry" in each["headers"]) == (each["name"] == ENTRY_TYPE)


@pytest.mark.parametrize("fault", FAULTS)
def test_the_parser_finds_faults(verdicts, fault):
    assert 0 in {each["severity"] for each in verdicts[fault]["diagnostics"]}


def recorded(event):
    return Recorded(event=event, stream=STREAM, version=VERSION, position=9, at=AT, cause=CAUSE)


@pytest.mark.parametrize(
    ("public_url", "expected"),
    [
        (None, "urn:groupchat:schema:"),
        ("https://chat.example.com", "https://chat.example.com/schemas/"),
        ("http://localhost:8000/texting/", "http://localhost:8000/texting/schemas/"),
    ],
)
def test_a_records_schema_is_named_by_an_absolute_uri_that_is_documented(public_url, expected):
    documented = asyncapi.document(schemas())["components"]["messages"]
    for event in EXAMPLES.values():
        record = next(records_of(recorded(event), public_url))
        headers = {key: value.decode() for key, value in record.headers}
        assert headers["ce_dataschema"].startswith(expected + headers["ce_type"])
        own = documented[headers["ce_type"]]["headers"]
        Draft202012Validator(own).validate(headers)
        assert not Draft202012Validator(own).is_valid(headers | {"ce_dataschema": "/schemas/" + headers["ce_type"] + ".json"})


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_headers_of_a_record_are_as_documented(name):
    documented = asyncapi.document(schemas())["components"]["messageTraits"]
    event = headers_of(recorded(EXAMPLES[name]), "the key")
    entry = headers_of(recorded(EXAMPLES[name]), "the key", kind=ENTRY_TYPE, entry=2)
    for headers, trait in ((event, "event"), (entry, "entry")):
        texts = {key: value.decode() for key, value in headers}
        assert texts.keys() == documented[trait]["headers"]["properties"].keys()
        Draft202012Validator(documented[trait]["headers"]).validate(texts)


def test_every_type_is_on_a_topic():
    assert {topic_of(type_) for type_ in TYPES} == {*EVENT_TOPICS} == {channel.topic for channel in asyncapi.CHANNELS}
    with pytest.raises(NoTopicError):
        topic_of("groupchat.weather.changed")
