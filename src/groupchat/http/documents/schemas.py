"""The contracts of the topics: a JSON Schema (2020-12) per type of record, made from the classes of published data.

A field is required if its class has no default for it, because records from before a field was added lack it.
"""

from typing import Any

import msgspec

from groupchat.aggregates.sight import UNPUBLISHED
from groupchat.broker.envelope import ENTRY_TYPE, schema_uri
from groupchat.commands import streams  # noqa: F401 - imports every aggregate, and so every event
from groupchat.projections.ledger import Entry
from groupchat.values.event import EVENT_TYPES
from groupchat.values.money import DECIMAL
from groupchat.values.patterns import published

Json = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SHAPE = "#/$defs/{name}"
_SPELLED: dict[str, Json] = {"decimal": {"pattern": f"^{DECIMAL}$"}}
"""Formats that JSON Schema does not know, with equivalent patterns."""


def schemas(public_url: str | None = None) -> dict[str, Json]:
    """Return the schema of every type of record, by the type. Each has the id that records name it by (`schema_uri`)."""
    events = {name: _schema(name, kind, UNPUBLISHED.get(kind, frozenset())) for name, kind in EVENT_TYPES.items()}
    whole = dict(sorted(events.items())) | {ENTRY_TYPE: _schema(ENTRY_TYPE, Entry, frozenset())}
    return {name: {"$schema": DIALECT, "$id": schema_uri(name, public_url)} | schema for name, schema in whole.items()}


def _schema(name: str, kind: type[msgspec.Struct], hidden: frozenset[str]) -> Json:
    ((root,), shapes) = msgspec.json.schema_components([kind], ref_template=_SHAPE)
    whole = shapes.pop(root["$ref"].removeprefix(_SHAPE.format(name="")))
    schema = _without(whole, hidden) | {"title": name}
    spelled: Json = published(_spelled(schema | ({"$defs": dict(sorted(shapes.items()))} if shapes else {})))
    return spelled


def _without(shape: Json, hidden: frozenset[str]) -> Json:
    properties = {name: schema for name, schema in shape["properties"].items() if name not in hidden}
    return shape | {"properties": properties, "required": [name for name in shape["required"] if name not in hidden]}


def _spelled(schema: Any) -> Any:
    """Return a schema with every format of our own replaced by its pattern, as it applies to JSON."""
    if isinstance(schema, list | tuple):
        return [_spelled(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    spelled = _SPELLED.get(schema["format"]) if isinstance(schema.get("format"), str) else None
    kept = schema if spelled is None else {name: value for name, value in schema.items() if name != "format"} | spelled
    return {name: _spelled(value) for name, value in kept.items()}
