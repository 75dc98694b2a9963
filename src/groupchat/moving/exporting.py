"""Exporting a complete store to continue elsewhere, or one conversation to give to someone. Both are streamed.

A complete export has the log byte for byte (with key hashes, so keep it safe), the responses under idempotency keys, and the
positions of processes. An export of a conversation has its stream, the deliveries of its messages, and what its participants said
to its business number, without anything that may not leave the system (`published` in `aggregates/sight.py`).
"""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import msgspec
from msgspec.structs import asdict

from groupchat import __version__
from groupchat.aggregates import consent, delivery
from groupchat.aggregates.group_events import Created, InboundReceived, MessageSent
from groupchat.aggregates.sight import published
from groupchat.moving.lines import AnswerLine, EventLine, FollowerLine, Header, LineWriter, ParkedLine, PutOffLine
from groupchat.projections import VIEWS
from groupchat.proof import growing
from groupchat.store.archive import Archive
from groupchat.store.log import Log
from groupchat.values.event import Recorded
from groupchat.values.progress import EVENTS_PER_REPORT, OnProgress

_AT_ONCE = 1_000
"""The number of a stream's events that one query reads."""


def export_all(archive: Archive, file: BinaryIO, on_progress: OnProgress) -> int:
    """Write a complete export; return the number of its events.

    Raises `UnreadableEventError` for an event that could not be imported again.
    """
    processes = [status for status in archive.followers() if status.name not in (*VIEWS, growing.NAME)]
    left = {each.name: (archive.parked(each.name, each.position), archive.put_off(each.name, each.position)) for each in processes}
    head = archive.log.head()  # last, because it describes the state of everything before it
    lines = LineWriter(file)
    lines.write(Header(groupchat=__version__, exported="all", head=head))
    for logged in archive.events(head):
        lines.write(EventLine(**asdict(logged)))
        if logged.position % EVENTS_PER_REPORT == 0:
            on_progress(logged.position, head)
    for kept in archive.answers(head):
        lines.write(AnswerLine(kept.key, kept.answer, kept.at, kept.position))
    for status in processes:
        lines.write(FollowerLine(name=status.name, position=status.position, stopped_at=status.stopped_at, error=status.error))
        parked, put_off = left[status.name]
        for each in parked:
            lines.write(ParkedLine(each.follower, each.position, each.error))
        for event in put_off:
            lines.write(PutOffLine(**asdict(event), follower=status.name))
    lines.end()
    on_progress(head, head)
    return lines.events


def export_conversation(log: Log, conversation_id: str, file: BinaryIO) -> int:
    """Write one conversation's events, stream after stream; return their number.

    Raises `UnknownStreamError`, `UnreadableEventError`.
    """
    group = log.beginning(conversation_id, Created)
    head = log.head()
    lines = LineWriter(file)
    lines.write(Header(groupchat=__version__, exported="conversation", conversation_id=conversation_id, head=head))
    for recorded in chain(
        _stream(log, conversation_id, head),
        _deliveries(log, conversation_id, head),
        _consents(log, conversation_id, group, head),
    ):
        lines.write(_shown(recorded))
    lines.end()
    return lines.events


def _stream(log: Log, name: str, head: int) -> Iterator[Recorded]:
    """Return a stream's events up to a position of the log. The iterator reads them as you consume it."""
    version = 0
    while events := log.stream(name, after=version, limit=_AT_ONCE):
        yield from (recorded for recorded in events if recorded.position <= head)
        version = events[-1].version


def _deliveries(log: Log, conversation_id: str, head: int) -> Iterator[Recorded]:
    for recorded in _stream(log, conversation_id, head):
        if isinstance(recorded.event, MessageSent | InboundReceived):
            yield from _stream(log, delivery.stream(recorded.event.message_id), head)


def _consents(log: Log, conversation_id: str, group: Created, head: int) -> Iterator[Recorded]:
    """Return the participants' statements to the business number, without the other groups that they are in."""
    for participant in group.roster:
        for recorded in _stream(log, consent.stream(group.business_number, participant.number), head):
            event = recorded.event
            if not isinstance(event, consent.GroupJoined) or event.conversation_id == conversation_id:
                yield recorded


def _shown(recorded: Recorded) -> EventLine:
    """Return an event as it may leave the system, in its newest shape."""
    cause = recorded.cause
    return EventLine(
        position=recorded.position,
        stream=recorded.stream,
        version=recorded.version,
        type=recorded.type,
        shape=recorded.event.class_version,
        at=recorded.at,
        workspace_id=cause.workspace_id,
        actor=cause.actor,
        correlation_id=cause.correlation_id,
        causation_id=cause.causation_id,
        data=msgspec.Raw(_encode(published(recorded.event))),
    )


_encode = msgspec.json.Encoder().encode
