"""Footnotes: ids are long, so a sentence shows a number for each, and the ids follow at the end."""

import re
from collections.abc import Mapping, Sequence

from groupchat.audit.as_of import written
from groupchat.audit.explanation import EventRef

_ID = re.compile(r"(?P<open>\()?(?P<id>(?:delivery-)?[a-z]{3}_[0-9a-f]{32}(?:/[0-9]+)*)(?(open)\))")
"""An id, of a thing, an event, or a ledger entry; with parentheses around it, these too."""


class Footnotes:
    """The numbers that were given, in the order of first use. `names` are words that stand for ids without a number."""

    def __init__(self, names: Mapping[str, str] | None = None) -> None:
        self._names = names or {}
        self._numbers: dict[str, int] = {}
        self._described: dict[str, str] = {}

    def short(self, text: str) -> str:
        """Return a text with a number or name in place of each id."""
        return _ID.sub(lambda found: self._names.get(found["id"]) or self._mark(found["id"]), text)

    def event(self, *events: EventRef) -> str:
        """Return the number of one event, or of several of one stream."""
        ids = (events[0].id, *(f"/{event.version}" for event in events[1:]))
        key = ", ".join(ids)
        self._described[key] = _where(events)
        return self._mark(key)

    @property
    def lines(self) -> list[str]:
        """The footnotes, a line each."""
        return [f"[{number}] {key}{self._described.get(key, '')}" for key, number in self._numbers.items()]

    def _mark(self, key: str) -> str:
        return f"[{self._numbers.setdefault(key, len(self._numbers) + 1)}]"


def _where(events: Sequence[EventRef]) -> str:
    first, last = events[0], events[-1]
    positions = f"at position {first.position}" if first is last else f"at positions {first.position} to {last.position}"
    return f" {positions}, {written(last.at)}"
