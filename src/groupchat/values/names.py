"""Names of people, groups, workspaces, and labels of numbers (R47)."""

from unicodedata import category

from groupchat.values.text import shows_something

_CONTROL = frozenset({"Cc", "Zl", "Zp"})
"""Control characters, including line breaks and tabs, and Unicode's separators of lines and paragraphs."""


def fault(name: str) -> str | None:
    """Return what is wrong with a name, or with a reason that is stored, in words; none if it is valid."""
    if any(category(character) in _CONTROL for character in name):
        return "This can't have line breaks, tabs or other control characters (R47)"
    return None if shows_something(name) else "This needs at least one visible character (R47)"


def in_one_line(name: str) -> str:
    """Return a name from outside without control characters, to insert it into a text."""
    plain = "".join(" " if category(character) in _CONTROL else character for character in name)
    return " ".join(plain.split())
