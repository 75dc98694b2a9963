"""The base of request bodies, and the checks of their fields that neither a length nor a pattern can express."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from msgspec import Meta, Struct

Check = Callable[[str], str | None]
"""Returns what is wrong with a text, in words; none for a valid one."""


def checked(check: Check) -> dict[str, Check]:
    """Return the `extra` of a field's `Meta` by which its text is checked."""
    return {"check": check}


class Taken(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of input from callers."""

    def __post_init__(self) -> None:
        for name, check in _checks(type(self)):
            value = getattr(self, name)
            if isinstance(value, str) and (fault := check(value)):
                msg = f"in field `{name}`: {fault}"
                raise ValueError(msg)


@cache
def _checks(kind: type[Taken]) -> tuple[tuple[str, Check], ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple((name, check) for name, hint in hints.items() for check in _checks_in(hint))


def _checks_in(hint: Any) -> Iterator[Check]:
    """Find the check of a field, even if the field is optional or nullable."""
    for option in (hint, *get_args(hint)):
        for meta in getattr(option, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.extra is not None:
                yield meta.extra["check"]
