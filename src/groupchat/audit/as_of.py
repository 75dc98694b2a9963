"""Conversation, pane and thread as they were at any version or moment, from events alone (R32).

This module contains no rules: it runs the folds of the live views up to a `Cut`. Read marks are not included, so there is no
`unread_count`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import reduce

from msgspec import Struct

from groupchat.aggregates import delivery, delivery_events, group_conversation
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, MessageSent, ReactionReceived
from groupchat.projections import inbox, pane, thread
from groupchat.projections.paging import DEFAULT_LIMIT, LAST_POSITION, Position, cursor_at, key_at
from groupchat.projections.pane import Pane
from groupchat.projections.thread import Message
from groupchat.store.log import Log
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Moment, Recorded


class AsOf(Struct, frozen=True, kw_only=True):
    """A conversation as of a version or moment (R32).

    `version`, `position` and `at` are those of the conversation's newest event at that time. `messages` is a page of the thread;
    `next_cursor` is null on the last page.
    """

    conversation: inbox.Shown
    participants: Pane
    messages: tuple[Message, ...]
    next_cursor: str | None = None
    version: int
    position: int
    at: Moment


class When(Struct, frozen=True, kw_only=True):
    """The requested version or moment (with a time zone); now, if neither is given."""

    version: int | None = None
    at: datetime | None = None


class Cut(Struct, frozen=True, kw_only=True):
    """The end of the history to show: after a position of the log, and after a moment."""

    position: int = LAST_POSITION
    at: datetime | None = None

    def covers(self, recorded: Recorded) -> bool:
        """Return whether an event had happened by then."""
        return recorded.position <= self.position and (self.at is None or recorded.at <= self.at)

    def of(self, events: Iterable[Recorded]) -> list[Recorded]:
        """Return the events that had happened by then."""
        return [recorded for recorded in events if self.covers(recorded)]


def cut_at(events: Sequence[Recorded], asked: When, now: datetime) -> Cut:
    """Return the cut through a conversation's events, which are given oldest first and at least up to the requested version.

    Raises `InvalidRequestError` for an unknown version, a time before the first event, or a time in the future.
    """
    first, newest = events[0], events[-1]
    if asked.version is not None:
        if not 1 <= asked.version <= newest.version:
            msg = f"This conversation has no version {asked.version}, only versions 1 to {newest.version}."
            raise InvalidRequestError("query.version", msg)
        return Cut(position=events[asked.version - 1].position)
    if asked.at is not None:
        if asked.at < first.at:
            msg = f"This conversation did not exist at {written(asked.at)}. It was created at {written(first.at)}."
            raise InvalidRequestError("query.at", msg)
        if asked.at > max(now, newest.at):
            msg = f"{written(asked.at)} is in the future. Use a time up to now ({written(now)})."
            raise InvalidRequestError("query.at", msg)
    return Cut(at=asked.at)


def written(moment: datetime) -> str:
    """Return a time as RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def state(events: Sequence[Recorded], deliveries: Mapping[str, Sequence[Recorded]]) -> AsOf:
    """Return the state of the views after a conversation's events and the events of its deliveries, by message."""
    return _shown(events, [each for each in events if is_message(each)], deliveries, None)


def page(
    log: Log, conversation_id: str, asked: When, now: datetime, *, cursor: str | None = None, limit: int = DEFAULT_LIMIT
) -> AsOf:
    """Read a conversation as of then, with a page of its thread, in at most three queries. It blocks: call it in a thread.

    The cursor contains the position up to which the log was read, so all pages show the same state. Raises `NotFoundError` for a
    conversation that is not stored, `InvalidRequestError` as `cut_at` does, and for a bad cursor.
    """
    pinned, after = _begin(log, asked) if cursor is None else key_at(cursor, tuple[Position, Position])
    events = log.stream(conversation_id, upto=asked.version or None)
    if not events or (cursor is None and events[0].position > pinned):
        raise group_conversation.missing()
    cut = cut_at(events, asked, now)
    cut = Cut(position=min(cut.position, pinned), at=cut.at)
    visible = cut.of(events)
    if not visible:
        raise InvalidRequestError("query.cursor", "Not a cursor of this list. Use the next_cursor of an earlier page, or omit it.")
    messages = [each for each in visible if is_message(each) and each.version > after]
    shown = messages[:limit]
    deliveries = cut.of(log.streams(delivery.stream(id_of(each)) for each in shown))
    return _shown(
        visible, shown, by_message(deliveries), cursor_at((cut.position, shown[-1].version)) if messages[limit:] else None
    )


def _begin(log: Log, asked: When) -> tuple[int, int]:
    """Return the position up to which the log is read, and the version after which the first page begins."""
    return log.head() if asked.version is None else LAST_POSITION, 0


_OF_A_MESSAGE = (
    MessageSent,
    InboundReceived,
    AutoReplied,
    ReactionReceived,
    *delivery_events.EVENTS,
)


def is_message(recorded: Recorded) -> bool:
    """Return whether an event is a message."""
    return isinstance(recorded.event, MessageSent | InboundReceived | AutoReplied)


def id_of(recorded: Recorded) -> str:
    """Return the id of the message that an event is, or is about; raises `TypeError` for any other event."""
    event = recorded.event
    if isinstance(event, _OF_A_MESSAGE):
        return event.message_id
    msg = f"{recorded.type} is not about a message"
    raise TypeError(msg)


def by_message(events: Iterable[Recorded]) -> dict[str, list[Recorded]]:
    """Return events that are about messages (deliveries, reactions), by message."""
    found: dict[str, list[Recorded]] = {}
    for recorded in events:
        found.setdefault(id_of(recorded), []).append(recorded)
    return found


def _shown(
    events: Sequence[Recorded], messages: Iterable[Recorded], deliveries: Mapping[str, Sequence[Recorded]], cursor: str | None
) -> AsOf:
    row, people = inbox.current(None, events), pane.current(None, events)
    if row is None or people is None:
        msg = f"{events[0].stream} does not begin with its creation"
        raise ValueError(msg)
    newest = events[-1]
    reactions = by_message(each for each in events if isinstance(each.event, ReactionReceived))
    return AsOf(
        conversation=inbox.shown_to_all(row),
        participants=pane.shown(people),
        messages=tuple(_message(each, (*deliveries.get(id_of(each), ()), *reactions.get(id_of(each), ()))) for each in messages),
        next_cursor=cursor,
        version=newest.version,
        position=newest.position,
        at=newest.at,
    )


def _message(message: Recorded, about: Iterable[Recorded]) -> Message:
    begun: Message | None = None
    shown = reduce(thread.fold, sorted((message, *about), key=lambda each: each.position), begun)
    if shown is None:
        msg = f"{message.id} is not a message"
        raise TypeError(msg)
    return shown
