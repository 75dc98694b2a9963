"""Go's `sumdb/note` and `sumdb/tlog`, which know nothing of groupchat, read what it signs and proves (tests/proof/go)."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.notes import SigningKey
from groupchat.proof.tiles import edge_tiles, split, tile_path
from groupchat.proof.tree import consistency_proof, inclusion_proof, root_of
from tests.proof.trees import Kept, leaves

OLD, NEW, INDEX = 300, 70_000, 256
KEY = SigningKey("example.com/log", bytes(range(32)))
ALL = leaves(NEW)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    """The program in Go; with CI set, a machine that can't build it fails."""
    program = tmp_path_factory.mktemp("go") / "verify"
    try:
        subprocess.run(
            [shutil.which("go") or "/usr/local/go/bin/go", "build", "-o", program, "."],
            cwd=Path(__file__).parent / "go",
            check=True,
            capture_output=True,
            text=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(
            f"no Go here ({getattr(error, 'stderr', error)}): install Go 1.23 or newer, and run `make test` once to fetch a module"
        )
    return program


@pytest.fixture(scope="module")
def given():
    kept = Kept(ALL, at_once=10_000)
    widths = {(level, number): width for level, number, width in edge_tiles(NEW)}
    return {
        "verifier": str(KEY.verifier),
        "secret": KEY.secret(),
        "old": _checkpoint(OLD),
        "new": _checkpoint(NEW),
        "leaf": _coded(b"%d" % INDEX),
        "index": INDEX,
        "inclusion": list(map(_coded, inclusion_proof(kept.node, INDEX, NEW))),
        "consistency": list(map(_coded, consistency_proof(kept.node, OLD, NEW))),
        "tiles": {tile_path(*at, widths.get(at) or len(split(hashes))): _coded(hashes) for at, hashes in kept.tiles.items()},
    }


def _checkpoint(size):
    return str(Checkpoint(KEY.name, size, root_of(ALL[:size])).signed_with(KEY))


def _coded(raw):
    return b64encode(raw).decode()


def _output_of(program, given):
    run = subprocess.run([program], input=json.dumps(given), capture_output=True, text=True, check=False, timeout=60)
    return run.stdout.splitlines()


def test_go_reads_keys_checkpoints_proofs_and_tiles_and_signs_the_same_R70(verifier, given):
    assert _output_of(verifier, given) == ["checkpoints", "inclusion", "consistency", "tiles", "signing"]


@pytest.mark.parametrize(
    ("changed", "done"),
    [
        ({"new": _checkpoint(NEW).replace("70000", "69999")}, []),
        ({"verifier": str(SigningKey(KEY.name, bytes(32)).verifier)}, []),
        ({"leaf": _coded(b"forged")}, ["checkpoints"]),
        ({"consistency": []}, ["checkpoints", "inclusion"]),
        ({"tiles": {}}, ["checkpoints", "inclusion", "consistency"]),
    ],
)
def test_go_rejects_changed_checkpoints_and_proofs_R70(verifier, given, changed, done):
    *before, error = _output_of(verifier, given | changed)
    assert before == done
    assert error.startswith("error: ")
