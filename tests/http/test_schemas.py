"""The contracts of the topics: a schema for each type, which the published records fulfill."""

import json
from datetime import datetime

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from msgspec.structs import replace

from groupchat.aggregates.delivery_events import Withheld
from groupchat.aggregates.sight import published
from groupchat.broker.envelope import ENTRY_TYPE
from groupchat.http.app import ENDPOINTS, document
from groupchat.http.documents.schemas import schemas
from groupchat.projections.ledger import line_of
from groupchat.values.event import EVENT_TYPES, Recorded
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION
from tests.http.site import client_of

SCHEMAS = schemas()
NULL_WHERE_IT_MAY_BE = {
    "groupchat.conversation.message_sent.v1": {"body": None},
    "groupchat.delivery.withheld.v1": {"rate": None},
    "groupchat.delivery.updated.v1": {"outcomes": [{"recipient": "+14155550101", "status": "sent", "code": None}]},
    "groupchat.workspace.key_issued.v1": {"expires_at": None},
}
FORMATS = FormatChecker(["date"])


@FORMATS.checks("date-time", raises=ValueError)
def is_a_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def validate(type_: str, data: object) -> None:
    Draft202012Validator(SCHEMAS[type_], format_checker=FORMATS).validate(data)


def on_the_wire(event: object) -> dict:
    return json.loads(msgspec.json.encode(published(event)))


def entries() -> list[dict]:
    recorded = (
        Recorded(event=event, stream=STREAM, version=VERSION, position=9, at=AT, cause=CAUSE) for event in EXAMPLES.values()
    )
    lines = [line for each in recorded if (line := line_of(each)) is not None]
    return [json.loads(msgspec.json.encode(entry)) for line in lines for entry in line.entries()]


def test_every_type_of_record_has_a_schema_of_the_newest_dialect_that_names_itself():
    assert SCHEMAS.keys() == EVENT_TYPES.keys() | {ENTRY_TYPE}
    for type_, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"urn:groupchat:schema:{type_}"
        assert schema["title"] == type_
        assert schema["description"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_published_event_matches_its_schema(name):
    event = EXAMPLES[name]
    validate(event.TOPIC, on_the_wire(event))
    validate(event.TOPIC, on_the_wire(msgspec.structs.replace(event, **NULL_WHERE_IT_MAY_BE.get(name, {}))))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_schema_knows_every_field_that_is_published_and_no_other(name):
    event = EXAMPLES[name]
    assert SCHEMAS[event.TOPIC]["properties"].keys() == on_the_wire(event).keys()


@pytest.mark.parametrize("name", [name for name, event in EXAMPLES.items() if msgspec.structs.fields(type(event))])
def test_data_that_lacks_a_field_or_has_it_in_another_form_is_refused(name):
    event = EXAMPLES[name]
    data = on_the_wire(event)
    for field in SCHEMAS[event.TOPIC]["required"]:
        with pytest.raises(ValidationError):
            validate(event.TOPIC, {name: value for name, value in data.items() if name != field})
    for field in data:
        with pytest.raises(ValidationError):
            validate(
                event.TOPIC,
                data | {field: {"neither": "text", "nor": "list"}} | ({field: 1} if isinstance(data[field], dict) else {}),
            )


def test_an_entry_of_the_ledger_fulfils_its_schema_credits_too_R25():
    shown = entries()
    assert {entry["segments"] for entry in shown} == {1, -1}
    for entry in shown:
        validate(ENTRY_TYPE, entry)


@pytest.mark.parametrize("amount", ["0.02e1", "1E-7", "", ".5", "1.", "0,02", 0.02])
def test_an_amount_that_is_not_a_plain_decimal_is_refused_R25(amount):
    with pytest.raises(ValidationError):
        validate(ENTRY_TYPE, entries()[0] | {"amount": amount})
    withheld = on_the_wire(EXAMPLES["groupchat.delivery.withheld.v1"])
    with pytest.raises(ValidationError):
        validate(Withheld.TOPIC, withheld | {"rate": withheld["rate"] | {"mms_segment": amount}})


@pytest.mark.parametrize("time", ["soon", "2026-02-30T00:00:00Z", "2026-02-03T00:00:00"])
def test_an_invalid_time_or_one_without_a_zone_is_refused(time):
    issued = on_the_wire(EXAMPLES["groupchat.workspace.key_issued.v1"])
    with pytest.raises(ValidationError):
        validate("groupchat.workspace.key_issued", issued | {"expires_at": time})


def test_every_time_of_an_event_says_that_it_has_a_zone():
    bare = [
        f"{name}.{field.name}"
        for name, kind in EVENT_TYPES.items()
        for field in msgspec.structs.fields(kind)
        if "datetime.datetime" in str(field.type) and "date-time" not in json.dumps(SCHEMAS[name]["properties"][field.name])
    ]
    assert bare == [], "a time's type is `Moment` (values/event.py): a schema can't have its format later, readers would break"


def test_a_keys_hash_is_in_no_schema():
    assert "key_hash" not in json.dumps(SCHEMAS)


async def test_schemas_are_served_without_a_key(site):
    for type_, schema in SCHEMAS.items():
        answer = await site.client.get(f"/schemas/{type_}.json")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/schema+json")
        assert answer.json() == schema


async def test_schemas_name_themselves_by_their_public_address_where_it_is_known(site):
    async with client_of(replace(site.services, public_url="https://chat.example.com/")) as client:
        address = "https://chat.example.com/schemas/groupchat.contact.created.json"
        assert (await client.get(address)).json()["$id"] == address


@pytest.mark.parametrize("path", ["/schemas/groupchat.nothing.json", "/schemas/groupchat.contact.renamed", "/schemas/.json"])
async def test_an_unknown_type_is_not_found(site, path):
    answer = await site.client.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_schemas_are_in_the_documentation_of_the_api():
    operation = document(ENDPOINTS)["paths"]["/schemas/{type}.json"]["get"]
    assert operation["security"] == []
    assert "application/schema+json" in operation["responses"]["200"]["content"]
