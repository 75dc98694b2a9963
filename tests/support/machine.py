"""What makes the tests quick on any machine: files in memory, what was compiled once, and less garbage collection.

Tests kill our processes, never the machine, so nothing that they check needs a disk. They start some 150 processes, and each would
compile the whole application again. They open some 3,000 databases, and each would compile all of its statements again.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Engine
from sqlalchemy.util import LRUCache, immutabledict

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory, where everybody may create files
ENOUGH_BYTES = 2 * 1024**3
MANY_STATEMENTS = 2_000


def use_memory() -> None:
    """Let this process and its children create temporary files in memory, unless TMPDIR names a place for them."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def keep_bytecode() -> None:
    """Let this process and its children keep compiled modules, also where the environment forbids that, as in many containers."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage in the block, and never in what it loads, because that stays."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def share_statements() -> None:
    """Let all databases of this process share what SQLAlchemy has compiled: its cache tells databases apart by their dialects."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg2):
        dialect.__eq__ = _are_alike  # type: ignore[method-assign]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    Engine._execution_options = immutabledict(compiled_cache=LRUCache(MANY_STATEMENTS))


def _are_alike(one: Any, other: Any) -> bool:
    return type(one) is type(other)
