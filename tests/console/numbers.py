"""Phone numbers for the tests: each is given out once, so no two tests have a group or a contact in common."""

from itertools import count

_TAKEN = count(1)


def fresh_number() -> str:
    """Return a number that nothing has yet (E.164)."""
    return f"+1604556{next(_TAKEN):04}"


def as_shown(number: str) -> str:
    """Return a number as the console shows it."""
    return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
