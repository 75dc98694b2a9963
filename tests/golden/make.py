"""Make the golden files that are missing: `PYTHONPATH=src python -m tests.golden.make`.

A golden file is what the store keeps of one event, to the byte (and a final line end). It stands for all events of its class and
version that were ever stored, so it is never made again and never changed (R34); its SHA-256 is in `RELEASED`, which this only adds
to. For a new event class, put an example with every field filled into `examples.py` and run this. For a new shape of an old one:
docs/evolution.md.
"""

import sys
from hashlib import sha256
from pathlib import Path

from groupchat.store.mapper import EventMapper
from groupchat.values.event import Event
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION, is_current

GOLDEN = Path(__file__).parent
MANIFEST = "RELEASED"


def stored_state(event: Event) -> bytes:
    """Return what the store keeps of an example."""
    return EventMapper().store(event, STREAM, VERSION, AT, CAUSE).state


def make(directory: Path) -> list[str]:
    """Write the golden files that a directory has not; return their names. Those that are there, or once were, stay as they are."""
    made = []
    known = released(directory)
    for name, event in EXAMPLES.items():
        path = directory / f"{name}.json"
        if is_current(name) and not path.exists() and path.name not in known:
            path.write_bytes(stored_state(event) + b"\n")
            made.append(path.name)
    new = [path for path in sorted(directory.glob("*.json")) if path.name not in known]
    with (directory / MANIFEST).open("a") as manifest:
        manifest.writelines(f"{digest(path)}  {path.name}\n" for path in new)
    return made


def released(directory: Path) -> dict[str, str]:
    """Return the SHA-256 of every golden file that was ever made, by its name."""
    manifest = directory / MANIFEST
    lines = manifest.read_text().splitlines() if manifest.exists() else []
    return {name: sha for sha, name in (line.split("  ") for line in lines)}


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.stdout.write("".join(f"made {name}\n" for name in make(GOLDEN)) or "no golden file is missing\n")
