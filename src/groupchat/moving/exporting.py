"""Exporting a complete store to continue elsewhere, or one conversation to give to someone. Both are streamed.

A complete export has the log byte for byte (with key hashes, so keep it safe), the responses under idempotency keys, and the
positions of processes. An export of a conversation has its stream, the deliveries of its messages, what its participants said to
its business number, and the do-not-disturb of their numbers, which its blocks may follow from. None of these events has a field
that may not leave the system (`UNPUBLISHED` in `aggregates/sight.py`).

Both have events as they are stored, because only that can be proved, and the checkpoints to prove it with (docs/proof.md).
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from msgspec import Struct
from msgspec.structs import asdict

from groupchat import __version__
from groupchat.aggregates import consent, delivery, do_not_disturb
from groupchat.aggregates.group_events import AutoReplied, Created, InboundReceived, MessageSent
from groupchat.moving.lines import (
    AnswerLine,
    CheckpointLine,
    EventLine,
    FollowerLine,
    Header,
    LineWriter,
    ParkedLine,
    ProofLine,
    PutOffLine,
    WebhookLine,
)
from groupchat.projections import VIEWS
from groupchat.proof import growing
from groupchat.proof.checkpoint import read_checkpoint
from groupchat.proof.kept import checkpoint_texts, newest_checkpoint
from groupchat.proof.notes import Note
from groupchat.proof.proving import proofs
from groupchat.store.archive import Archive, Logged
from groupchat.values.event import Event
from groupchat.values.progress import EVENTS_PER_REPORT, OnProgress

_AT_ONCE = 1_000
"""The number of a stream's events that one query reads."""


class Exported(Struct, frozen=True):
    """The number of exported events, and of those that the export can prove."""

    events: int
    proved: int


def export_all(archive: Archive, file: BinaryIO, on_progress: OnProgress) -> Exported:
    """Write a complete export, with all checkpoints, which need no other proof.

    Raises `UnreadableEventError` for an event that could not be imported again.
    """
    processes = [status for status in archive.followers() if status.name not in (*VIEWS, growing.NAME)]
    left = {each.name: (archive.parked(each.name, each.position), archive.put_off(each.name, each.position)) for each in processes}
    webhooks = archive.webhooks()
    head = archive.log.head()  # last, because it describes the state of everything before it
    lines = LineWriter(file)
    lines.write(Header(groupchat=__version__, exported="all", head=head))
    for logged in archive.events(head):
        lines.write(EventLine(**asdict(logged)))
        if logged.position % EVENTS_PER_REPORT == 0:
            on_progress(logged.position, head)
    notes = _checkpoints(archive, head)
    for note in notes:
        lines.write(CheckpointLine(str(note)))
    for kept in archive.answers(head):
        lines.write(AnswerLine(kept.key, kept.answer, kept.at, kept.position))
    for status in processes:
        lines.write(FollowerLine(name=status.name, position=status.position, stopped_at=status.stopped_at, error=status.error))
        parked, put_off = left[status.name]
        for each in parked:
            lines.write(ParkedLine(each.follower, each.position, each.error))
        for event in put_off:
            lines.write(PutOffLine(**asdict(event), follower=status.name))
    for place in webhooks:
        lines.write(WebhookLine(**asdict(place)))
    lines.end()
    on_progress(head, head)
    return Exported(lines.events, max((read_checkpoint(note).size for note in notes), default=0))


def _checkpoints(archive: Archive, head: int) -> list[Note]:
    with archive.database.read() as connection:
        notes = list(map(Note.read, checkpoint_texts(connection)))
    return [note for note in notes if read_checkpoint(note).size <= head]


def export_conversation(archive: Archive, conversation_id: str, file: BinaryIO, checkpoint: Note | None = None) -> Exported:
    """Write one conversation's events, stream after stream, and the proofs of those that a checkpoint covers.

    Without `checkpoint`, it is the newest that is kept. Raises `UnknownStreamError`, `UnreadableEventError`, `UnprovableError`.
    """
    group = archive.log.beginning(conversation_id, Created)
    head = archive.log.head()
    lines = LineWriter(file)
    lines.write(Header(groupchat=__version__, exported="conversation", conversation_id=conversation_id, head=head))
    positions = []
    for logged in chain(
        _stream(archive, conversation_id, head),
        _deliveries(archive, conversation_id, head),
        _consents(archive, conversation_id, group, head),
        _do_not_disturb(archive, conversation_id, group, head),
    ):
        lines.write(EventLine(**asdict(logged)))
        positions.append(logged.position)
    proved = _prove(archive, positions, lines, checkpoint)
    lines.end()
    return Exported(lines.events, proved)


def _prove(archive: Archive, positions: Sequence[int], lines: LineWriter, checkpoint: Note | None) -> int:
    """Write a checkpoint and the proofs of events that it covers; return how many they are."""
    with archive.database.read() as connection:
        note = checkpoint or newest_checkpoint(connection)
        if note is None:
            return 0
        lines.write(CheckpointLine(str(note)))
        covered = [position for position in positions if position <= read_checkpoint(note).size]
        for proof in proofs(connection, covered, note):
            lines.write(ProofLine(proof.position, proof.hashes))
    return len(covered)


def _stream(archive: Archive, name: str, head: int) -> Iterator[Logged]:
    return (logged for _, logged in _events(archive, name, head))


def _events(archive: Archive, name: str, head: int) -> Iterator[tuple[Event, Logged]]:
    """Return a stream's events up to a position of the log, reading them as needed, decoded and as they are stored."""
    version = 0
    while events := archive.stream(name, after=version, limit=_AT_ONCE):
        yield from ((recorded.event, logged) for recorded, logged in events if recorded.position <= head)
        version = events[-1][1].version


def _deliveries(archive: Archive, conversation_id: str, head: int) -> Iterator[Logged]:
    for event, _ in _events(archive, conversation_id, head):
        if isinstance(event, MessageSent | InboundReceived | AutoReplied):
            yield from _stream(archive, delivery.stream(event.message_id), head)


def _consents(archive: Archive, conversation_id: str, group: Created, head: int) -> Iterator[Logged]:
    """Return the participants' statements to the business number, without the other groups that they are in."""
    for participant in group.roster:
        for event, logged in _events(archive, consent.stream(group.business_number, participant.number), head):
            if not isinstance(event, consent.GroupJoined) or event.conversation_id == conversation_id:
                yield logged


def _do_not_disturb(archive: Archive, conversation_id: str, group: Created, head: int) -> Iterator[Logged]:
    """Return the do-not-disturb of the participants' numbers, which holds in the whole workspace (R36)."""
    (_, created), *_ = archive.stream(conversation_id, after=0, limit=1)
    for participant in group.roster:
        yield from _stream(archive, do_not_disturb.stream(created.workspace_id, participant.number), head)
