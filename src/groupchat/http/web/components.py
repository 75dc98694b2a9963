"""The document's schemas as generators of clients need them: names that are identifiers, and answers without optional fields."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from groupchat.http.web.operation import Json

_GENERIC = re.compile(r"^(?P<of>\w+?)Of[_\[](?P<item>\w+)[_\]]$")


def renamed(name: str) -> str:
    """Return a component's name as an identifier: a page of messages is a `MessagePage`."""
    found = _GENERIC.match(name)
    return f"{found['item']}{found['of']}" if found else name


def rewritten(node: Any) -> Any:
    """Return a document whose references and titles have the new names."""
    if isinstance(node, list | tuple):
        return [rewritten(each) for each in node]
    if not isinstance(node, dict):
        return node
    changed = {key: rewritten(value) for key, value in node.items()}
    for key in ("$ref", "title"):
        if isinstance(changed.get(key), str):
            before, slash, name = changed[key].rpartition("/")
            changed[key] = before + slash + renamed(name)
    return changed


def complete(schemas: Json, kept: Iterable[Json]) -> Json:
    """Return the schemas with every field as required, because an answer has them all; what `kept` refers to stays as it is."""
    left = set(_reachable(schemas, kept))
    return {
        name: schema if name in left or "properties" not in schema else schema | {"required": list(schema["properties"])}
        for name, schema in schemas.items()
    }


def _reachable(schemas: Json, nodes: Iterable[Any]) -> Iterator[str]:
    """Return the names of all schemas that these nodes refer to, also through others."""
    known: set[str] = set()
    left = list(nodes)
    while left:
        node = left.pop()
        if isinstance(node, list | tuple):
            left.extend(node)
        elif isinstance(node, dict):
            left.extend(node.values())
            name = node.get("$ref", "").rpartition("/")[2] if isinstance(node.get("$ref"), str) else ""
            if name in schemas and name not in known:
                known.add(name)
                left.append(schemas[name])
    yield from known
