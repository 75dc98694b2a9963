# ruff: noqa: INP001 - beside a script, not a package
"""Changes of the schemas that would break readers of the topics `...v1`.

A topic is kept, so it has old records next to new ones. Readers that use the new schemas must be able to read old records, and
readers that use the old schemas must be able to read new ones. Readers ignore fields and types that they don't know.
That leaves little: a type or an optional field may be added, and descriptions may change. Everything else is a breaking change,
including keywords that this file doesn't know; it needs a new type, or a new version of the topic.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]

WORDS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
"""Keywords for people, which readers ignore; definitions are compared where they are used."""
PARTS = frozenset({"type", "enum", "anyOf", "properties", "required", "items"})
"""Keywords that are compared part by part; every other one must stay unchanged."""


def breaks(old: Mapping[str, Json], new: Mapping[str, Json]) -> list[str]:
    """Return what would break a reader, a sentence each, of two sets of schemas by type; nothing if the change is allowed."""
    gone = [f"{type_} is gone" for type_ in old.keys() - new.keys()]
    changed = (_differences(type_, _resolved(old[type_]), _resolved(new[type_])) for type_ in old.keys() & new.keys())
    return sorted([*gone, *(each for differences in changed for each in differences)])


def _resolved(schema: Json) -> Json:
    """Return a schema with each reference replaced by what it leads to."""

    def resolve(part: Any) -> Any:
        match part:
            case {"$ref": str(reference), **beside}:
                target = schema["$defs"][reference.removeprefix("#/$defs/")]
                return resolve(target | beside)
            case dict():
                return {name: resolve(value) for name, value in part.items()}
            case list():
                return [resolve(value) for value in part]
            case _:
                return part

    return {name: resolve(value) for name, value in schema.items() if name != "$defs"}


def _differences(at: str, old: Json, new: Json) -> Iterator[str]:
    before, after = _kinds(old), _kinds(new)
    for kind in before.keys() - after.keys():
        yield f"{at} is never {kind} now, and was: records published before have that"
    for kind in after.keys() - before.keys():
        yield f"{at} may be {kind} now, and never was"
    for kind in before.keys() & after.keys():
        yield from _kind_differences(at, before[kind], after[kind])
    if "anyOf" in old and "anyOf" in new:  # else they are of the one kind, and compared there
        yield from _keyword_differences(at, old, new)


def _kinds(schema: Json) -> dict[str, Json]:
    """Return the alternatives of a schema by the JSON type that each is of; `enum` for one that lists its values."""
    return {str(each.get("type", "enum" if "enum" in each else "anything")): each for each in schema.get("anyOf", [schema])}


def _kind_differences(at: str, old: Json, new: Json) -> Iterator[str]:
    yield from _field_differences(at, old, new)
    yield from _keyword_differences(at, old, new)
    yield from _value_differences(at, old, new)
    yield from _differences(f"{at}[]", old.get("items", {}), new.get("items", {})) if "items" in old or "items" in new else ()


def _field_differences(at: str, old: Json, new: Json) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    always_before, always_after = set(old.get("required", ())), set(new.get("required", ()))
    for name in before.keys() - after.keys():
        yield f"{at}.{name} is gone"
    for name in after.keys() - before.keys():
        if name in always_after:
            yield f"{at}.{name} is new and required: records published before lack it"
    for name in before.keys() & after.keys():
        yield from _differences(f"{at}.{name}", before[name], after[name])
        if name in always_before - always_after:
            yield f"{at}.{name} may be missing now, and never was"
        if name in always_after - always_before:
            yield f"{at}.{name} is required now, and was not: records published before may lack it"


def _value_differences(at: str, old: Json, new: Json) -> Iterator[str]:
    before, after = ([*schema.get("enum", ())] for schema in (old, new))
    yield from (f"{at} may be {value!r} now, and never was" for value in after if value not in before)
    yield from (f"{at} is never {value!r} now: records published before have that" for value in before if value not in after)


def _keyword_differences(at: str, old: Json, new: Json) -> Iterator[str]:
    for name in (old.keys() | new.keys()) - WORDS - PARTS:
        if name not in old or name not in new or old[name] != new[name]:
            yield f"{at} has another {name}: {old.get(name, 'none')!r} before, {new.get(name, 'none')!r} now"
