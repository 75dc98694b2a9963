"""Verifying whether the stored events are those in the signed checkpoints, and if not, finding the first wrong one.

Only checkpoints count, because anyone who can change an event can change the tiles, too. But if the tiles still lead to the root of
a checkpoint, they show which event does not, and how.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct
from sqlalchemy import Connection

from groupchat.proof.checkpoint import Checkpoint, opened
from groupchat.proof.growing import NAME
from groupchat.proof.kept import tiles_in
from groupchat.proof.locating import Finding, cut_off, first_wrong, tiles_lead_to, wrong_tile
from groupchat.proof.notes import NoteError, VerifierKey
from groupchat.proof.parts import Hash, Part, tasks
from groupchat.proof.tiles import HEIGHT, MissingTileError, TileReader, node_of, root_in, wrong_above
from groupchat.proof.tree import Frontier, full_nodes
from groupchat.store.positions import status_of
from groupchat.store.rows import head
from groupchat.values.progress import OnProgress


class Report(Struct, frozen=True):
    """The findings: the position up to which the log was read, the checkpoints that its events lead to, and everything wrong."""

    events: int
    matching: tuple[Checkpoint, ...]
    faults: tuple[Finding, ...]

    @property
    def covered(self) -> int:
        """The number of events in the largest checkpoint that they lead to; these events are unchanged."""
        return max((each.size for each in self.matching), default=0)


class _Scan:
    """The events' tree as it grows, and its root at the sizes of checkpoints."""

    def __init__(self, nodes: Iterable[tuple[int, bytes]], checkpoints: Sequence[Checkpoint]) -> None:
        self._frontier = Frontier(nodes)
        self.sizes = sorted({each.size for each in checkpoints})
        self._wanted = set(self.sizes)
        self.roots = {self.size: self._frontier.root()}
        self.missing: int | None = None
        self.first_wrong: int | None = None
        self.wrong = 0

    def add(self, part: Part) -> None:
        for height, hashed in part.nodes:
            self._frontier.add(hashed, height)
            if self.size in self._wanted:
                self.roots[self.size] = self._frontier.root()
        self.missing = part.missing
        self.first_wrong = self.first_wrong or part.first_wrong
        self.wrong += part.wrong

    @property
    def size(self) -> int:
        """The number of events that were read, without a gap."""
        return self._frontier.size


def verify(
    connection: Connection,
    hashed: Hash,
    checkpoints: Sequence[Checkpoint],
    on_progress: OnProgress,
    since: Checkpoint | None = None,
) -> Report:
    """Read the log, from the beginning or after a checkpoint that was verified before, and compare it with checkpoints.

    The signatures of all checkpoints must already be verified. `connection` and the hashing processes must see the same database.
    """
    after = since.size if since else 0
    end = max(status_of(connection, NAME).position, *(each.size for each in checkpoints), after)
    if (stored := head(connection)) < after:
        return Report(0, (), (cut_off(stored + 1, stored, after, f"the checkpoint of {after:,} events in --last"),))
    try:
        scan = _begun(tiles_in(connection), checkpoints, after)
    except MissingTileError as error:
        return Report(0, (), (Finding(f"{error} {_VERIFY_ALL}"),))
    if since and scan.roots[after] != since.root:
        says = f"The tiles don't lead to the checkpoint of {after:,} events in --last, which was verified before."
        return Report(0, (), (Finding(f"{says} {_VERIFY_ALL}"),))
    for part in hashed(tasks(after, end, scan.sizes)):
        scan.add(part)
        on_progress(scan.size, end)
        if part.missing:
            break
    return _judged(connection, scan, checkpoints, end)


def opened_all(texts: Iterable[str], *keys: VerifierKey) -> tuple[list[Checkpoint], list[Finding]]:
    """Return the checkpoints that one of the log's keys has signed, and the problems of the others."""
    found: list[Checkpoint] = []
    faults: list[Finding] = []
    for text in texts:
        try:
            found.append(opened(text, *keys))
        except NoteError as error:
            faults.append(Finding(f"A checkpoint is forged, or belongs to another log. {error}"))
    return found, faults


def _begun(read: TileReader, checkpoints: Sequence[Checkpoint], after: int) -> _Scan:
    """Begin after events that were verified before; their hashes come from the tiles. Raises `MissingTileError`."""
    node = node_of(read)
    scan = _Scan([(height, node(height, index)) for height, index in full_nodes(0, after)], checkpoints)
    scan.roots |= {each.size: root_in(read, each.size) for each in checkpoints if each.size < after}
    return scan


def _judged(connection: Connection, scan: _Scan, checkpoints: Sequence[Checkpoint], end: int) -> Report:
    ordered = sorted(checkpoints, key=lambda each: each.size)
    matching = tuple(each for each in ordered if scan.roots.get(each.size) == each.root)
    failing = [each for each in ordered if each not in matching]
    report = Report(scan.size, matching, tuple(_two_histories(ordered)))
    found: list[Finding] = []
    if failing:
        found = _behind(connection, scan, failing[0], matching)
    elif scan.missing is not None:
        found = [cut_off(scan.missing, head(connection), end, "the tree")]
    elif scan.first_wrong is not None:
        found = [
            wrong_tile(0, (scan.first_wrong - 1) >> HEIGHT)
            if scan.first_wrong <= report.covered
            else first_wrong(connection, scan.first_wrong, scan.wrong, "which no checkpoint covers yet")
        ]
    elif (tile := wrong_above(tiles_in(connection), end)) is not None:
        found = [wrong_tile(*tile)]
    return Report(report.events, matching, (*report.faults, *found))


def _behind(connection: Connection, scan: _Scan, checkpoint: Checkpoint, matching: Sequence[Checkpoint]) -> list[Finding]:
    """Return why the events don't lead to a checkpoint: the first one that they don't lead to."""
    wrong, missing = scan.first_wrong, scan.missing
    unchanged = max((each.size for each in matching if each.size < checkpoint.size), default=0)
    later = next((each.size for each in matching if each.size > checkpoint.size), None)
    if later is not None:
        says = (
            f"The events lead to the checkpoint of {later:,} events, but not to the earlier one of {checkpoint.size:,}: the log's "
            f"key has signed two histories. They begin to differ at one of the positions {unchanged + 1:,} to {checkpoint.size:,}."
        )
        return [Finding(says, unchanged + 1)]
    if wrong is not None and wrong <= checkpoint.size and tiles_lead_to(connection, checkpoint):
        return [first_wrong(connection, wrong, scan.wrong, f"which the checkpoint of {checkpoint.size:,} events covers")]
    if missing is not None and missing <= checkpoint.size:
        return [cut_off(missing, head(connection), checkpoint.size, f"the checkpoint of {checkpoint.size:,} events")]
    says = (
        f"The first {checkpoint.size:,} events are not those of the checkpoint of {checkpoint.size:,} events, and the tiles were "
        f"changed with them, so the first wrong event is one of {unchanged + 1:,} to {checkpoint.size:,}"
    )
    hint = "" if wrong is None else f", at the latest {wrong:,}"
    return [Finding(f"{says}{hint}.", unchanged + 1)]


_VERIFY_ALL = "Verify the whole log: give that checkpoint with --checkpoint, not with --last."


def _two_histories(ordered: Sequence[Checkpoint]) -> list[Finding]:
    return [
        Finding(
            f"Two checkpoints of {one.size:,} events have different roots: the log's key has signed two histories. "
            "The two notes alone prove it to anyone."
        )
        for one, other in pairwise(ordered)
        if one.size == other.size and one.root != other.root
    ]
