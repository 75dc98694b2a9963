# ruff: noqa: INP001 - beside a script, not a package
"""The topics as AsyncAPI 3: the contents of docs/asyncapi.yaml, made from the topics, the envelope and the schemas of the code."""

import re
from typing import Any, NamedTuple

import yaml

from groupchat.broker import topics
from groupchat.broker.envelope import CONTENT_TYPE, ENTRY_TYPE, schema_uri

Json = dict[str, Any]

DESCRIPTION = (
    "Every event of groupchat, for other services, on Kafka. Records are CloudEvents 1.0 (Kafka binding, binary mode). "
    "What readers are promised, and how each sees every record exactly once, is in docs/topics.md."
)


class Channel(NamedTuple):
    """A topic: the name of its channel here, its own name, what it holds, and what its key is."""

    name: str
    topic: str
    holds: str
    key: str


CHANNELS = (
    Channel(
        "conversations", topics.CONVERSATIONS, "Group conversations and the delivery of their messages.", "The conversation's id."
    ),
    Channel("contacts", topics.CONTACTS, "Contacts, and the numbers that they are listed under.", "The contact's id."),
    Channel(
        "consents",
        topics.CONSENTS,
        "Who has opted out of a business number, or in again, and the groups that it concerns.",
        "The stream: `consent-<business number>-<phone number>`.",
    ),
    Channel(
        "workspaces",
        topics.WORKSPACES,
        "Workspaces, without keys' hashes; what users were refused, and their read marks.",
        "The workspace's id.",
    ),
    Channel("ledger", topics.LEDGER, "What is billed: one record for each ledger entry.", "The conversation's id."),
)

_NUMBER = r"^[1-9][0-9]*$"
HEADERS: dict[str, Json] = {
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"description": "`<stream>/<version>`, for a ledger entry `<stream>/<version>/<n>`. It never changes."},
    "ce_source": {"description": "The workspace.", "pattern": "^/workspaces/.+$"},
    "ce_type": {"description": "The name of the event's type, or of the ledger entry's."},
    "ce_time": {"description": "When it happened, in UTC, to the microsecond.", "format": "date-time"},
    "ce_subject": {"description": "The record's key."},
    "ce_dataschema": {"description": "The URI of the JSON Schema of the value.", "format": "uri"},
    "ce_stream": {"description": "The stream of the event."},
    "ce_version": {"description": "The event's number in its stream: 1, 2, 3, ...", "pattern": _NUMBER},
    "ce_position": {"description": "The event's number in the whole log, as in `Groupchat-Position`.", "pattern": _NUMBER},
    "ce_correlationid": {"description": "The request that started everything that followed."},
    "ce_causationid": {"description": "The event or request that led to this."},
    "ce_actorkind": {"description": "The kind of actor.", "enum": ["user", "participant", "carrier", "process"]},
    "ce_actorid": {"description": "The actor: a user's id, a participant's number, or the name of a carrier or process."},
    "content-type": {"const": CONTENT_TYPE},
}
"""The headers of every record, all of them text in UTF-8."""
EVENT_HEADERS: dict[str, Json] = {"ce_shape": {"description": "The version of the event's shape: 1, 2, 3, ...", "pattern": _NUMBER}}
"""The headers of all records except the ledger's."""
ENTRY_HEADERS: dict[str, Json] = {"ce_entry": {"description": "Which of the event's entries: 1, 2, 3, ...", "pattern": _NUMBER}}
"""The headers of the ledger's records only."""


def page(schemas: dict[str, Json]) -> str:
    """Return docs/asyncapi.yaml."""
    return "# Made by `python docs/generate.py`; don't edit it by hand.\n" + yaml.dump(
        document(schemas), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=132
    )


class _Plain(yaml.SafeDumper):
    """Writes everything where it is used, without anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def document(schemas: dict[str, Json]) -> Json:
    """Return the AsyncAPI document of the topics, given the schemas of all types."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "groupchat",
            "version": "1.0.0",
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"local": {"host": "127.0.0.1:9092", "protocol": "kafka", "description": "The broker of `make kafka`."}},
        "channels": {channel.name: _channel(channel, schemas) for channel in CHANNELS},
        "operations": {f"receive{channel.name.capitalize()}": _operation(channel) for channel in CHANNELS},
        "components": {
            "messages": {type_: _message(type_, schema) for type_, schema in schemas.items()},
            "messageTraits": {"event": _trait(HEADERS | EVENT_HEADERS), "entry": _trait(HEADERS | ENTRY_HEADERS)},
            "schemas": _components(schemas),
        },
    }


def _channel(channel: Channel, schemas: dict[str, Json]) -> Json:
    types = [type_ for type_ in schemas if topics.topic_of(type_) == channel.topic]
    return {
        "address": channel.topic,
        "description": f"{channel.holds} Key: {channel.key[0].lower()}{channel.key[1:]}",
        "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in types},
    }


def _operation(channel: Channel) -> Json:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": f"Read {channel.topic}.",
        "description": "In a consumer group, with `isolation.level=read_committed`.",
    }


def _message(type_: str, schema: Json) -> Json:
    key = next(channel.key for channel in CHANNELS if channel.topic == topics.topic_of(type_))
    own = {"ce_type": {"type": "string", "const": type_}, "ce_dataschema": _dataschema(type_)}
    return {
        "name": type_,
        "title": type_,
        "summary": schema["description"],
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": f"#/components/messageTraits/{'entry' if type_ == ENTRY_TYPE else 'event'}"}],
        "headers": {"type": "object", "properties": own},
        "payload": {"$ref": f"#/components/schemas/{type_}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": "0.5.0"}},
    }


def _dataschema(type_: str) -> Json:
    """Return what a record's `ce_dataschema` can be, with GROUPCHAT_PUBLIC_URL and without."""
    address = re.escape(schema_uri(type_, ""))
    return {"type": "string", "pattern": f"^({re.escape(schema_uri(type_))}|https?://.+{address})$"}


def _trait(headers: dict[str, Json]) -> Json:
    properties = {name: {"type": "string"} | schema for name, schema in headers.items()}
    return {"headers": {"type": "object", "required": [*headers], "properties": properties}}


def _components(schemas: dict[str, Json]) -> Json:
    """Return all schemas in one place, with the shapes that several of them use."""
    shared: dict[str, Json] = {}
    for schema in schemas.values():
        for name, shape in schema.get("$defs", {}).items():
            if shared.setdefault(name, shape) != shape:
                msg = f"two shapes are called {name}: give one of their classes another name"
                raise ValueError(msg)
    whole = {type_: {name: part for name, part in each.items() if name[0] != "$"} for type_, each in schemas.items()}
    return _elsewhere(whole | dict(sorted(shared.items())))


def _elsewhere(part: Any) -> Any:
    """Return a schema with references to where the shapes are now."""
    match part:
        case {"$ref": str(reference)}:
            return {"$ref": reference.replace("#/$defs/", "#/components/schemas/")}
        case dict():
            return {name: _elsewhere(value) for name, value in part.items()}
        case list():
            return [_elsewhere(value) for value in part]
        case _:
            return part
