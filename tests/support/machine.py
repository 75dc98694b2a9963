"""What makes the tests quick on any machine: files in memory, compiled modules that are kept, and less garbage collection.

Tests kill our processes, never the machine, so nothing that they check needs a disk. They start some 150 processes, and each would
compile the whole application again.
"""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - Linux's file system in memory, where everybody may create files
ENOUGH_BYTES = 2 * 1024**3


def use_memory() -> None:
    """Let this process and its children create temporary files in memory, unless TMPDIR names a place for them."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def keep_bytecode() -> None:
    """Let this process and its children keep compiled modules, also where the environment forbids that, as in many containers."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def put_off_garbage() -> None:
    """Let this process collect no garbage while it loads the tests: what is loaded stays."""
    gc.disable()


def collect_garbage_of_tests() -> None:
    """Let this process collect garbage from now on, but never look through what has been loaded."""
    gc.freeze()
    gc.enable()
