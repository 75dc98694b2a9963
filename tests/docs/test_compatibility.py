"""Within `v1` only types and optional fields are added: each other change is found, and CI fails by it."""

import copy
import json

import pytest

from docs import generate
from docs.compatibility import breaks
from docs.generate import RELEASED, released
from groupchat.http.documents.schemas import schemas

OLD = {
    "sent": {
        "$id": "/schemas/sent.json",
        "title": "sent",
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "body": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "count": {"type": "integer", "minimum": 1},
            "at": {"type": "string", "format": "date-time"},
            "cause": {"enum": ["carrier", "user"]},
            "media": {"type": "array", "items": {"$ref": "#/$defs/Media"}},
            "rate": {"anyOf": [{"$ref": "#/$defs/Rate"}, {"type": "null"}]},
            "note": {"type": "string", "default": "none"},
        },
        "required": ["id", "body", "count", "at", "cause", "media", "rate"],
        "$defs": {
            "Media": {"type": "object", "properties": {"url": {"type": "string"}}, "required": ["url"]},
            "Rate": {"type": "object", "properties": {"price": {"type": "string", "pattern": "^[0-9]+$"}}, "required": ["price"]},
        },
    },
    "renamed": {"type": "object", "properties": {}},
}
SENT = ("sent", "properties")
MEDIA = ("sent", "$defs", "Media")
RATE = ("sent", "$defs", "Rate", "properties", "price")


def changed(*path_and_value):
    """Return the old schemas with the value at a path replaced, or removed if the new value is `...`."""
    *path, last, value = path_and_value
    new = copy.deepcopy(OLD)
    part = new
    for name in path:
        part = part[name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return new


BREAKING = {
    "a type is removed": (("renamed", ...), "renamed is gone"),
    "a field is removed": ((*SENT, "note", ...), "sent.note is gone"),
    "a required field may be missing": (("sent", "required", OLD["sent"]["required"][1:]), "sent.id may be missing now"),
    "an optional field is required": (("sent", "required", [*OLD["sent"]["required"], "note"]), "sent.note is required now"),
    "a field may be null": ((*SENT, "id", {"anyOf": [{"type": "string"}, {"type": "null"}]}), "sent.id may be null now"),
    "a field is null no more": ((*SENT, "body", {"type": "string"}), "sent.body is never null now"),
    "a field's type changes": ((*SENT, "count", {"type": "string"}), "sent.count may be string now"),
    "a whole number may be a fraction": ((*SENT, "count", {"type": "number", "minimum": 1}), "sent.count may be number now"),
    "a field may be of a further type": ((*SENT, "id", {"anyOf": [{"type": "string"}, {"type": "integer"}]}), "may be integer now"),
    "a field may be anything": ((*SENT, "id", {}), "sent.id may be anything now"),
    "a format changes": ((*SENT, "at", "format", "date"), "sent.at has another format"),
    "a format is dropped": ((*SENT, "at", "format", ...), "sent.at has another format"),
    "a bound changes": ((*SENT, "count", "minimum", 0), "sent.count has another minimum"),
    "a bound is added": ((*SENT, "id", {"type": "string", "maxLength": 9}), "sent.id has another maxLength"),
    "a default changes": ((*SENT, "note", "default", "some"), "sent.note has another default"),
    "a list of values is longer": ((*SENT, "cause", {"enum": ["carrier", "keyword", "user"]}), "sent.cause may be 'keyword' now"),
    "a list of values is shorter": ((*SENT, "cause", {"enum": ["user"]}), "sent.cause is never 'carrier' now"),
    "a list of values becomes any text": ((*SENT, "cause", {"type": "string"}), "sent.cause may be string now"),
    "any text becomes a list of values": ((*SENT, "id", {"enum": ["a"]}), "sent.id is never string now"),
    "a list becomes one": ((*SENT, "media", {"$ref": "#/$defs/Media"}), "sent.media is never array now"),
    "what a list holds changes": ((*SENT, "media", "items", {"type": "string"}), "sent.media[] may be string now"),
    "a shape in a list loses a field": ((*MEDIA, "properties", {}), "sent.media[].url is gone"),
    "a shape's field may be missing": ((*MEDIA, "required", ...), "sent.media[].url may be missing now"),
    "a shape that may be null changes": ((*RATE, "pattern", "^.+$"), "sent.rate.price has another pattern"),
    "further fields are forbidden": ((*MEDIA, "additionalProperties", False), "sent.media[] has another additionalProperties"),
    "an unheard-of keyword": (("sent", "dependentRequired", {"id": ["note"]}), "sent has another dependentRequired"),
}
ALLOWED = {
    "nothing": ("renamed", OLD["renamed"]),
    "a type is added": ("unnamed", {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}),
    "an optional field is added": (*SENT, "more", {"type": "integer", "default": 0}),
    "an optional field is added to a shape": (*MEDIA, "properties", {"url": {"type": "string"}, "size": {"type": "integer"}}),
    "words are changed": (*SENT, "id", {"type": "string", "title": "Id", "description": "Which", "examples": ["a"]}),
    "alternatives in another order": (*SENT, "body", {"anyOf": [{"type": "null"}, {"type": "string"}]}),
    "values in another order": (*SENT, "cause", {"enum": ["user", "carrier"]}),
    "required in another order": ("sent", "required", OLD["sent"]["required"][::-1]),
    "a shape is written where it is used": (*SENT, "media", "items", OLD["sent"]["$defs"]["Media"]),
}


@pytest.mark.parametrize(("change", "reason"), BREAKING.values(), ids=BREAKING)
def test_changes_that_break_a_reader_are_found(change, reason):
    assert [each for each in breaks(OLD, changed(*change)) if reason in each] != []


@pytest.mark.parametrize("change", ALLOWED.values(), ids=ALLOWED)
def test_changes_that_break_no_reader_are_allowed(change):
    assert breaks(OLD, changed(*change)) == []


def test_a_field_that_is_added_is_optional():
    new = changed(*SENT, "more", {"type": "integer"})
    new["sent"]["required"].append("more")

    assert breaks(OLD, new) == ["sent.more is new and required: records published before lack it"]


def test_all_violations_are_reported_at_once():
    new = changed(*SENT, "id", ...)
    del new["renamed"]

    assert breaks(OLD, new) == ["renamed is gone", "sent.id is gone"]


def test_every_single_field_of_the_released_schemas_is_guarded():
    for type_, schema in released().items():
        for shape in (schema, *schema.get("$defs", {}).values()):
            for field in shape["properties"]:
                new = copy.deepcopy(schema)
                shapes = [new, *new.get("$defs", {}).values()]
                del next(each for each in shapes if each["title"] == shape["title"])["properties"][field]
                assert any(f".{field} is gone" in each for each in breaks({type_: schema}, {type_: new})), (type_, field)


def test_the_code_breaks_no_reader_of_the_released_schemas():
    assert breaks(released(), schemas()) == [], "within v1 only types and optional fields are added (docs/topics.md)"


def test_released_schemas_are_those_of_the_code():
    assert released() == schemas(), "run `python docs/generate.py`"
    for path in RELEASED.glob("*"):
        assert json.loads(path.read_text())["$id"] == f"urn:groupchat:schema:{path.stem}"


def test_a_released_schema_is_never_written_over_by_one_that_breaks_its_readers(tmp_path, monkeypatch, capsys):
    for name in ("PAGE", "ASYNCAPI", "RELEASED"):
        monkeypatch.setattr(generate, name, tmp_path / name)
    assert generate.main() == 0
    path = tmp_path / "RELEASED" / "groupchat.contact.renamed.json"
    schema = json.loads(path.read_text())
    schema["properties"]["nickname"] = {"type": "string"}
    path.write_text(json.dumps(schema))
    (tmp_path / "PAGE").write_text("as it was")

    assert generate.main() == 1
    assert "groupchat.contact.renamed.nickname is gone" in capsys.readouterr().err
    assert json.loads(path.read_text()) == schema
    assert (tmp_path / "PAGE").read_text() == "as it was"
