"""Identifiers: opaque strings that sort by their time of creation.

They have the format of UUIDv7 (RFC 9562): 48 bits of milliseconds, then 80 random bits, as hexadecimal after a prefix that names
the kind (`cnv_`, `ctc_`, ...).
"""

import os
import time

_RANDOM_BYTES = 10
_AT_A_TIME = 256
_drawn: list[str] = []
"""Random parts of ids to come: drawing many at a time is cheaper, because each draw hands the interpreter to another thread."""
os.register_at_fork(after_in_child=_drawn.clear)


def new_id(prefix: str) -> str:
    """Return a new identifier such as `cnv_01996f0c1f3a9c3b52f7d1e0a4b2c6d8`."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{_random()}"


def _random() -> str:
    """Return 80 random bits in hexadecimal. No two calls get the same, from any thread: taking from a list is atomic."""
    try:
        return _drawn.pop()
    except IndexError:
        drawn = os.urandom(_RANDOM_BYTES * _AT_A_TIME)
        first, *others = (drawn[start : start + _RANDOM_BYTES].hex() for start in range(0, len(drawn), _RANDOM_BYTES))
        _drawn.extend(others)
        return first
