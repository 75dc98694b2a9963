r"""Patterns of text fields, which every reader of the published schemas can compile.

JSON Schema's patterns are those of ECMA-262, where `$` is the end; in Python, it also matches before a final line break. RE2, which
Go and others use, has no lookaheads to express that. So fields are decoded by patterns that end in `\Z`, and `$` is published.
"""

from typing import Any

from msgspec import Meta

NO_NUL = r"^[^\x00]*$"
"""Rejects NUL, which not every database can store."""
_END = r"\Z"


def whole(pattern: str, **given: Any) -> Meta:
    """Return the metadata of a text field that must match a pattern from its first character to its last."""
    return Meta(pattern=f"^{pattern}{_END}", **given)


def published(schema: Any) -> Any:
    """Return a schema, or a document of schemas, with its patterns in the form that readers can compile."""
    if isinstance(schema, list | tuple):
        return [published(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    shown = {name: published(value) for name, value in schema.items()}
    pattern = shown.get("pattern")
    if isinstance(pattern, str) and pattern.endswith(_END):
        shown["pattern"] = pattern.removesuffix(_END) + "$"
    return shown
