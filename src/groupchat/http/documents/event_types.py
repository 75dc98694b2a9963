"""Stored events as types of the OpenAPI document: one for each type of event, with the `data` that `/schemas` describes.

Generators of clients make one union of them, in which `type` names the event.
"""

from collections.abc import Iterable
from typing import Any

from groupchat.broker.envelope import ENTRY_TYPE
from groupchat.http.documents.schemas import schemas
from groupchat.http.web.operation import Json

_OWN, _SHARED = "#/$defs/", "#/components/schemas/"
_JSON_SCHEMA = ("$schema", "$id", "$defs", "title")
"""Keywords of a schema on its own, and so not of one in a document."""


def typed(document: Json, name: str) -> Json:
    """Return a document in which the schema with this name is the union of all types of events."""
    known = document["components"]["schemas"]
    types = {type_: schema for type_, schema in schemas().items() if type_ != ENTRY_TYPE}
    variants = {_named(type_): _variant(known[name], type_, schema) for type_, schema in types.items()}
    mapping = {type_: _SHARED + _named(type_) for type_ in types}
    union = {
        "description": known[name]["description"],
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    whole = dict(sorted((known | _parts(types.values()) | variants | {name: union}).items()))
    return document | {"components": document["components"] | {"schemas": whole}}


def _named(type_: str) -> str:
    """Return the name of a type of event in the document: a `groupchat.contact.dnd_turned_on` is a `ContactDndTurnedOn`."""
    return "".join(word.capitalize() for word in type_.removeprefix("groupchat.").replace(".", "_").split("_"))


def _part(name: str) -> str:
    return f"Event{name}"


def _parts(types: Iterable[Json]) -> Json:
    """Return the schemas that types of events refer to."""
    defined = {name: schema for each in types for name, schema in each.get("$defs", {}).items()}
    return {_part(name): _shared(_complete(schema)) | {"title": _part(name)} for name, schema in defined.items()}


def _variant(envelope: Json, type_: str, schema: Json) -> Json:
    """Return the schema of an event of one type. Its `data` has all fields, because old events are read in today's shape (R34)."""
    data = {keyword: value for keyword, value in _complete(schema).items() if keyword not in _JSON_SCHEMA}
    own = {"type": {"type": "string", "enum": [type_]}, "data": _shared(data)}
    return envelope | {"title": _named(type_), "description": schema["description"], "properties": envelope["properties"] | own}


def _complete(schema: Json) -> Json:
    return schema | {"required": list(schema["properties"])} if "properties" in schema else schema


def _shared(node: Any) -> Any:
    """Return a schema that refers to parts of the document instead of to its own."""
    if isinstance(node, list | tuple):
        return [_shared(each) for each in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        return node | {"$ref": _SHARED + _part(reference.removeprefix(_OWN))}
    return {key: _shared(value) for key, value in node.items()}
