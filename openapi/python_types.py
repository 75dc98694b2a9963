"""Types of Python for the schemas of an OpenAPI document."""

import keyword
from collections.abc import Iterable, Iterator
from textwrap import fill, indent
from typing import Any

Json = dict[str, Any]

EVENT = "StoredEvent"
BY_HAND = {"Actor", EVENT}
"""Types that are not made from their schemas: `stored.py` has one, and the other is the union of all events."""
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"date-time": "datetime", "date": "date", "date-or-time": "date | str", "binary": "bytes"}
_WIDTH = 112


class PythonTypes:
    """The schemas of a document, as annotations and classes. It remembers what it was asked for."""

    def __init__(self, schemas: Json) -> None:
        self.schemas = schemas
        self.used: set[str] = set()

    def annotation(self, schema: Json, *, taken: bool = False) -> str:
        """Return the annotation for values of a schema: those that the client returns, or those that it takes."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            self.used.add(name)
            return str(name)
        if "anyOf" in schema:
            return " | ".join(self.annotation(each, taken=taken) for each in schema["anyOf"])
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        if schema.get("type") == "array":
            return f"{'Sequence' if taken else 'list'}[{self.annotation(schema['items'], taken=taken)}]"
        if schema.get("type") == "object":
            value = self.annotation(schema.get("additionalProperties") or {}, taken=taken)
            return f"{'Mapping' if taken else 'dict'}[str, {value}]"
        plain = _PLAIN.get(schema.get("type", ""), "Any")
        return _FORMATS.get(schema.get("format", ""), plain)

    def classes(self, names: Iterable[str]) -> dict[str, str]:
        """Return the classes with these names, each after those that it refers to."""
        known: dict[str, str] = {}
        for name in names:
            self._add(name, known)
        return known

    def events(self) -> dict[str, str]:
        """Return the classes of all types of events, and the union of them."""
        variants = [reference.rpartition("/")[2] for reference in self.schemas[EVENT]["discriminator"]["mapping"].values()]
        known: dict[str, str] = {}
        for name in variants:
            schema = self.schemas[name]
            data = schema["properties"]["data"]
            for each in referred(data):
                self._add(each, known)
            known[f"{name}Data"] = self._class(f"{name}Data", data | {"description": f"The data of `{name}`."})
            (tag,) = schema["properties"]["type"]["enum"]
            known[name] = (
                f"class {name}(Stored, frozen=True, kw_only=True, tag={tag!r}):\n"
                f"{indent(docstring(schema['description']), '    ')}\n\n    data: {name}Data\n"
            )
        known[EVENT] = f"{EVENT} = {' | '.join(variants)}\n"
        return known

    def _add(self, name: str, known: dict[str, str]) -> None:
        if name in known or name in BY_HAND:
            return
        for each in referred(self.schemas[name]):
            self._add(each, known)
        known[name] = self._class(name, self.schemas[name])

    def _class(self, name: str, schema: Json) -> str:
        required = schema.get("required", [])
        head = (
            f"class {name}(Struct, frozen=True, kw_only=True):\n{indent(docstring(schema.get('description') or name), '    ')}\n\n"
        )
        fields = [self._field(field, value, taken=field not in required) for field, value in schema["properties"].items()]
        return head + "".join(f"    {each}\n" for each in fields)

    def _field(self, name: str, schema: Json, *, taken: bool) -> str:
        given = [f"name={name!r}"] if spelled(name) != name else []
        annotation = self.annotation(schema, taken=taken)
        if not taken:
            return f"{spelled(name)}: {annotation}" + (f" = field({given[0]})" if given else "")
        default = f"field({given[0]}, default=UNSET)" if given else "UNSET"
        return f"{spelled(name)}: {optional(annotation)} = {default}"


def referred(node: Any) -> Iterator[str]:
    """Return the names of the schemas that a schema refers to."""
    if isinstance(node, list | tuple):
        for each in node:
            yield from referred(each)
    elif isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].rpartition("/")[2]
        for each in node.values():
            yield from referred(each)


def optional(annotation: str) -> str:
    """Return the annotation of something that may be left out."""
    bare = annotation.removesuffix(" | None")
    return f"{bare} | UnsetType" + annotation[len(bare) :]


def spelled(name: str) -> str:
    """Return a name that Python accepts."""
    return f"{name}_" if keyword.iskeyword(name) else name


def docstring(text: str) -> str:
    """Return a docstring with these paragraphs."""
    wrapped = "\n\n".join(fill(" ".join(each.split()), _WIDTH) for each in text.split("\n\n"))
    return f'"""{wrapped}\n"""' if "\n" in wrapped else f'"""{wrapped}"""'
