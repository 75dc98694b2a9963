"""Identifiers: opaque strings that sort by their time of creation.

They have the format of UUIDv7 (RFC 9562): 48 bits of milliseconds, then 80 random bits, as hexadecimal after a prefix that names
the kind (`cnv_`, `ctc_`, ...).
"""

import os
import time

_DIGITS = 20
_AT_ONCE = 256
_unused: list[str] = []
"""Random digits for further ids. Asking the system for each id's would let another thread take over in the middle of a request."""

os.register_at_fork(after_in_child=_unused.clear)


def new_id(prefix: str) -> str:
    """Return a new identifier such as `cnv_01996f0c1f3a9c3b52f7d1e0a4b2c6d8`."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{_random_digits()}"


def _random_digits() -> str:
    while True:
        try:
            return _unused.pop()
        except IndexError:  # also if other threads took all that this one has just added
            digits = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
            _unused.extend([digits[n : n + _DIGITS] for n in range(0, len(digits), _DIGITS)])
