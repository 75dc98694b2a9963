# ruff: noqa: INP001 - a script, not a package
"""Write what is made from the event classes: `python docs/generate.py`. A test fails when any of it is stale.

These are docs/events.md, docs/asyncapi.yaml, and the released schemas in docs/schemas/v1. A schema is never written over by one
that would break its readers: then nothing is written, and it says what would break.
"""

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from inspect import cleandoc
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Struct

from groupchat.broker.envelope import ENTRY_TYPE
from groupchat.broker.topics import topic_of
from groupchat.http.documents.schemas import schemas
from groupchat.projections.ledger import Entry
from groupchat.values.event import EVENT_TYPES, Event

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # as a script, too, it finds its neighbors as the tests do

from docs import asyncapi  # noqa: E402
from docs.compatibility import breaks  # noqa: E402

PAGE = HERE / "events.md"
ASYNCAPI = HERE / "asyncapi.yaml"
RELEASED = HERE / "schemas" / "v1"

HEAD = """\
# Event catalog

Made by `python docs/generate.py` from the event classes; don't edit it by hand.

Everything that groupchat knows is a sequence of these events. groupchat only adds events, and never changes or removes one.
[proof.md](proof.md) shows how a change by anybody else is found. An event's *wire name* is what is stored and what the
API's history shows as `type`; it outlives the class's name and file.

Each event belongs to one **stream**, and has a `version` in it (1, 2, 3, ... without gaps) and a `position` in the whole log
(the same, over all streams). Its data is in an envelope: stream, version, position, time (`at`, in UTC, never going
backwards within a stream), workspace, actor (`kind` one of `user`, `participant`, `carrier`, `process`, and its `id`),
correlation id (the request) and causation id (the event or request that led to it). An event's own id is `<stream>/<version>`.

Where there is a broker, each is published on a topic ([topics.md](topics.md)), with the JSON Schema that is linked here.

How an event's shape may change is in [evolution.md](evolution.md), the rules in [product.md](product.md).
"""

LEDGER = "is not an event. An event can add such entries to the ledger, one for each recipient."

PLAIN: dict[Any, str] = {
    str: "text",
    int: "number",
    bool: "true or false",
    Decimal: "decimal, as text",
    date: "date",
    datetime: "time",
    NoneType: "null",
    dict[str, str]: "object of text",
}


class Chapter(NamedTuple):
    """The events of one kind of stream, by their wire names: those that begin so, but for those of another chapter."""

    title: str
    stream: str
    begin: str

    def events(self) -> Iterator[type[Event]]:
        """Return the chapter's events, in the order of their definition."""
        narrower = [other.begin for other in CHAPTERS if other.begin.startswith(self.begin) and other is not self]
        for name, event_type in EVENT_TYPES.items():
            if name.startswith(self.begin) and not name.startswith(tuple(narrower)):
                yield event_type


CHAPTERS = (
    Chapter("Group conversation", "the conversation's id, `cnv_...`", "groupchat.conversation."),
    Chapter("Delivery", "`delivery-<message id>`", "groupchat.delivery."),
    Chapter("Consent", "`consent-<business number>-<phone number>`", "groupchat.consent."),
    Chapter("Review", "`review-<message id>`", "groupchat.review."),
    Chapter("Media", "the file's id, `med_...`", "groupchat.media."),
    Chapter("Media store", "the file's id, `med_...`", "groupchat.workspace.media_stored"),
    Chapter("Do-not-disturb", "`dnd-<workspace id>-<phone number>`", "groupchat.do_not_disturb."),
    Chapter("Contact", "the contact's id, `ctc_...`", "groupchat.contact."),
    Chapter("Phone book", "`phone-<workspace id>-<phone number>`", "groupchat.contact.number_"),
    Chapter("Workspace", "the workspace's id, `wsp_...`", "groupchat.workspace."),
    Chapter("Business number", "`number-<business number>`", "groupchat.workspace.number_claimed"),
    Chapter("Refusal", "`refusals-<workspace id>-<UTC day>`", "groupchat.refusal."),
    Chapter("Reader", "`reader-<user id>-<conversation id>`", "groupchat.reader."),
)
"""Every event's wire name begins as one of these says; the narrower one goes before."""


def page() -> str:
    """Return docs/events.md."""
    shapes: dict[str, type[Struct]] = {}
    parts = [HEAD]
    for chapter in CHAPTERS:
        parts.append(f"## {chapter.title}\n\nStream: {chapter.stream}.\n")
        parts.extend(_event(event_type, shapes) for event_type in chapter.events())
    parts.append(f"## Ledger\n\n`{ENTRY_TYPE}` {LEDGER} {_published(ENTRY_TYPE)}\n\n{_fields(Entry, shapes)}")
    parts.append("## Shapes\n\nWhat several events have in them.\n")
    described: set[str] = set()
    while left := sorted(shapes.keys() - described):  # a shape may name another
        for name in left:
            described.add(name)
            parts.append(f"### {name}\n\n{cleandoc(shapes[name].__doc__ or '')}\n\n{_fields(shapes[name], shapes)}")
    return "\n".join(parts)


def _event(event_type: type[Event], shapes: dict[str, type[Struct]]) -> str:
    title = f"### `{event_type.TOPIC}`\n\n{cleandoc(event_type.__doc__ or '')}"
    shape = f"Class `{event_type.__name__}`, shape {event_type.class_version}. {_published(event_type.TOPIC)}"
    return f"{title}\n\n{shape}\n\n{_fields(event_type, shapes)}"


def _published(type_: str) -> str:
    return f"Topic `{topic_of(type_)}`, [schema](schemas/v1/{type_}.json)."


def _fields(struct: type[Struct], shapes: dict[str, type[Struct]]) -> str:
    fields = msgspec.structs.fields(struct)
    if not fields:
        return "No data.\n"
    rows = [f"| `{field.encode_name}` | {_type(field.type, shapes)}{_or_absent(field)} |" for field in fields]
    return "\n".join(["| field | type |", "|---|---|", *rows, ""])


def _or_absent(field: msgspec.structs.FieldInfo) -> str:
    return "" if field.default is NODEFAULT else f"; `{msgspec.json.encode(field.default).decode()}` unless said otherwise"


def _type(type_: Any, shapes: dict[str, type[Struct]]) -> str:
    origin, arguments = get_origin(type_), get_args(type_)
    if type_ in PLAIN:
        return PLAIN[type_]
    if origin is Annotated:
        return _type(arguments[0], shapes)
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in sorted(arguments))  # their order depends on what was imported first
    if origin in (Union, UnionType):
        return " or ".join(_type(argument, shapes) for argument in arguments)
    if origin is tuple and arguments[1:] == (...,):
        return f"list of {_type(arguments[0], shapes)}"
    if isinstance(type_, type) and issubclass(type_, Struct):
        shapes[type_.__name__] = type_
        return f"[{type_.__name__}](#{type_.__name__.lower()})"
    msg = f"say how {type_} is described"
    raise TypeError(msg)


def released() -> dict[str, dict[str, Any]]:
    """Return the schemas that the repository has, by type."""
    return {path.stem: json.loads(path.read_text()) for path in RELEASED.glob("*.json")}


def main() -> int:
    """Write all of it, or say what would break a reader."""
    now = schemas()
    if broken := breaks(released(), now):
        sys.stderr.write("".join(f"{each}\n" for each in broken))
        sys.stderr.write("Nothing is written: readers of v1 would break. Within v1 only types and optional fields are added.\n")
        return 1
    RELEASED.mkdir(parents=True, exist_ok=True)
    for type_, schema in now.items():
        (RELEASED / f"{type_}.json").write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    ASYNCAPI.write_text(asyncapi.page(now))
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
