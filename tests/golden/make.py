"""Make the golden files that are missing: `PYTHONPATH=src python -m tests.golden.make`.

A golden file is what the store keeps of one event, to the byte (and a final line end). It stands for all events of its class and
version that were ever stored, so it is never made again and never changed (R34). For a new event class, put an example with every
field filled into `examples.py` and run this. For a new shape of an old one: raise `class_version`, write `upcast_v1_v2`, let the
example of `.v1` say what the old file reads as now, add one of `.v2`, and run this.
"""

import sys
from pathlib import Path

from groupchat.store.mapper import EventMapper
from groupchat.values.event import Event
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION, is_current

GOLDEN = Path(__file__).parent


def stored_state(event: Event) -> bytes:
    """Return what the store keeps of an example."""
    return EventMapper().store(event, STREAM, VERSION, AT, CAUSE).state


def make(directory: Path) -> list[str]:
    """Write the golden files that a directory has not; return their names. Those that are there stay as they are."""
    made = []
    for name, event in EXAMPLES.items():
        path = directory / f"{name}.json"
        if is_current(name) and not path.exists():
            path.write_bytes(stored_state(event) + b"\n")
            made.append(path.name)
    return made


if __name__ == "__main__":
    sys.stdout.write("".join(f"made {name}\n" for name in make(GOLDEN)) or "no golden file is missing\n")
