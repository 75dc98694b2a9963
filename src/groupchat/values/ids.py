"""Identifiers: opaque strings that sort by their time of creation.

They have the format of UUIDv7 (RFC 9562): 48 bits of milliseconds, then 80 random bits, as hexadecimal after a prefix that names
the kind (`cnv_`, `ctc_`, ...).
"""

import os
import time


def new_id(prefix: str) -> str:
    """Return a new identifier such as `cnv_01996f0c1f3a9c3b52f7d1e0a4b2c6d8`."""
    return f"{prefix}_{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"
