"""Verify an export with nothing of groupchat: `python verify_export.py EXPORT VERIFIER_KEY [CHECKPOINT_FILE]`.

A complete export is verified as a whole, one conversation by its proofs. Formats: RFC 6962, c2sp.org, docs/moving.md.
"""

import gzip
import hashlib
import json
import sys
from base64 import b64decode
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children."""
    return hashlib.sha256(b"\1" + left + right).digest()


def once(pairs: list[tuple]) -> dict:
    """Return a JSON object in which no member comes twice: readers would take different ones."""
    return dict(pairs) if len(dict(pairs)) == len(pairs) else sys.exit("WRONG: a line has a member twice.")


def leaf_hash(line: bytes) -> bytes:
    """Put an event together as it is stored, from what its line shows and nothing else, and hash it."""
    shown = json.loads(line, object_pairs_hook=once)
    data = line.split(b',"data":', 1)[1].rsplit(b',"check":', 1)[0]
    names = {"at": "at", "workspace_id": "ws", "actor": "actor", "correlation_id": "cor", "causation_id": "cau"}
    members = ["line", "position", "stream", "version", "type", "shape", *names, "data", "check"]
    if [*shown] != members or json.dumps(shown["data"]) != json.dumps(json.loads(data, object_pairs_hook=once)):
        sys.exit(f"WRONG: the line of the event at position {shown['position']} does not have just an event's members.")
    envelope = json.dumps({names[name]: shown[name] for name in names}, ensure_ascii=False, separators=(",", ":"))
    head = f"groupchat-event/v1\n{shown['stream']}\n{shown['version']}\n{shown['type']}\n".encode()
    return hashlib.sha256(b'\0%s%s,"data":%s,"v":%d}' % (head, envelope[:-1].encode(), data, shown["shape"])).digest()


def root_of(hashes: list[bytes]) -> bytes:
    """Hash all leaves, as RFC 6962 defines it."""
    if len(hashes) == 1:
        return hashes[0]
    middle = 1 << (len(hashes) - 1).bit_length() - 1
    return node_hash(root_of(hashes[:middle]), root_of(hashes[middle:]))


def root_by_proof(hashed: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Follow an inclusion proof from a leaf to the root."""
    last = size - 1
    for sibling in proof:
        if index % 2 or index == last:
            hashed = node_hash(sibling, hashed)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            hashed = node_hash(hashed, sibling)
        index, last = index // 2, last // 2
    return hashed if last == 0 else b""


def opened(note: str, key: str) -> tuple[int, bytes]:
    """Return size and root of a checkpoint that the key has signed."""
    text, _, signatures = note.rpartition("\n\n")
    (name, key_id, public), (origin, size, root) = key.split("+", 2), text.split("\n")[:3]
    for _, signer, coded in map(str.split, signatures.splitlines()):
        if (name, name, key_id) == (origin, signer, b64decode(coded)[:4].hex()):
            with suppress(InvalidSignature):
                Ed25519PublicKey.from_public_bytes(b64decode(public)[1:]).verify(b64decode(coded)[4:], f"{text}\n".encode())
                return int(size), b64decode(root)
    sys.exit("WRONG: the checkpoint is not signed by this key.")


def main(path: str, key: str, checkpoint: str | None = None) -> None:
    """Verify, and print one line: RIGHT, WRONG or NOT PROVED."""
    with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as file:
        lines = [(json.loads(line, object_pairs_hook=once), line) for line in file]
    notes = [line["note"] for line, _ in lines if line["line"] == "checkpoint"]
    if not notes and checkpoint is None:
        sys.exit("NOT PROVED: there is no checkpoint.")
    size, root = opened(Path(checkpoint).read_text("utf-8") if checkpoint else notes[-1], key)
    events = [(line["position"], leaf_hash(raw)) for line, raw in lines if line["line"] == "event"]
    covered = [(position, hashed) for position, hashed in events if position <= size]
    if not covered:
        sys.exit(f"NOT PROVED: the checkpoint of {size} events covers none of these.")
    if lines[0][0]["exported"] == "all":
        if [position for position, _ in covered] != [*range(1, size + 1)] or root_of([hashed for _, hashed in covered]) != root:
            sys.exit(f"WRONG: these are not the first {size} events, of which the checkpoint was signed.")
    else:
        proofs = {line["position"]: [*map(b64decode, line["hashes"])] for line, _ in lines if line["line"] == "proof"}
        for position, hashed in covered:
            if position < 1 or root_by_proof(hashed, position - 1, size, proofs.get(position, [])) != root:
                sys.exit(f"WRONG: the event at position {position} is not the one of which the checkpoint was signed.")
    print(f"RIGHT: {len(covered)} of {len(events)} events are as they were when the checkpoint of {size} events was signed.")


if __name__ == "__main__":
    main(*sys.argv[1:])
