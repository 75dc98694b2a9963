"""The valid values of a field or parameter in words, from its JSON Schema, so that a refusal does not quote the parser."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from groupchat.http.web.operation import Json

_KINDS = {
    "boolean": "true or false",
    "null": "null",
    "object": "an object",
    "array": "a list",
    "integer": "an integer",
    "number": "a number",
    "string": "text",
}
_FORMATS = {"date": "a date, such as 2026-01-31", "date-time": "a time with its offset, such as 2026-01-31T23:59:30Z"}


def takes(shape: Any, place: str) -> str | None:
    """Return the valid values of a type at a place (`participants.0.number`), in words; none for a place that it does not have."""
    schema = _schema(shape)
    options = [schema]
    for part in place.split(".") if place else ():
        options = [found for option in options for each in _options(schema, option) if (found := _below(each, part)) is not None]
    words = [_words(each) for option in options for each in _options(schema, option)]
    return " or ".join(dict.fromkeys(words)) or None


def fields(shape: Any) -> list[str]:
    """Return the names of a type's fields."""
    schema = _schema(shape)
    return [name for each in _options(schema, schema) for name in each.get("properties", {})]


@cache
def _schema(shape: Any) -> Json:
    return msgspec.json.schema(shape)


def _options(root: Json, schema: Json) -> Iterator[Json]:
    """Return the alternatives of a schema."""
    if "$ref" in schema:
        yield from _options(root, root["$defs"][schema["$ref"].rpartition("/")[2]])
    elif "anyOf" in schema:
        for each in schema["anyOf"]:
            yield from _options(root, each)
    else:
        yield schema


def _below(schema: Json, part: str) -> Json | None:
    found = schema.get("items") if part.isdecimal() else schema.get("properties", {}).get(part)
    return found if isinstance(found, dict) else None


def _words(schema: Json) -> str:
    if "enum" in schema:
        return "one of " + ", ".join(f"`{each}`" for each in schema["enum"])
    if found := _FORMATS.get(schema.get("format", "")):
        return found
    words = _KINDS.get(schema.get("type", ""), "another value") + _range(schema)
    if examples := schema.get("examples"):
        words += f", such as `{_written(examples[0])}`"
    description = schema.get("description")
    return f"{words} ({description.rstrip('.')})" if description and schema.get("type") == "string" else words


def _written(example: Any) -> str:
    """Return an example as a caller writes it: a text as it is, all else as JSON."""
    return example if isinstance(example, str) else msgspec.json.encode(example).decode()


def _range(schema: Json) -> str:
    """Return the range of a number, or of the length of a text or list."""
    if schema["type"] in ("integer", "number"):
        return _between(schema.get("minimum"), schema.get("maximum"), "")
    if schema["type"] == "string":
        return _between(schema.get("minLength"), schema.get("maxLength"), " characters")
    return _between(schema.get("minItems"), schema.get("maxItems"), " items") if schema["type"] == "array" else ""


def _between(least: int | None, most: int | None, unit: str) -> str:
    of = "" if not unit else " of"
    if least is not None and most is not None:
        return f"{of or ' from'} {least:,} to {most:,}{unit}"
    if most is not None:
        return f"{of} up to {most:,}{unit}"
    return f"{of} at least {least:,}{unit}" if least is not None else ""
