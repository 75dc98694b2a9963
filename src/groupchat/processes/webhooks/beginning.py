"""Where the worker begins: where the last one ended, wherever it ran."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from groupchat.aggregates import webhook_state
from groupchat.aggregates.webhook_events import WEBHOOK_EVENTS, WebhookAdded
from groupchat.aggregates.webhook_state import Webhooks
from groupchat.store import webhook_rows
from groupchat.store.event_store import EventStore
from groupchat.store.positions import stand_at, statuses
from groupchat.store.webhook_rows import FOLLOWER, Cursor, WaitingMessage

_TYPES = tuple(event.TOPIC for event in WEBHOOK_EVENTS)


class Beginning(Struct, frozen=True):
    """The follower's position, the webhooks as of it, where they are, and their messages that wait, by webhook."""

    position: int
    webhooks: Webhooks
    cursors: Sequence[Cursor]
    waiting: Mapping[str, Sequence[WaitingMessage]]


def beginning(store: EventStore) -> Beginning:
    """Return where to begin. The first worker of a database begins at the end of the log. It blocks."""
    waiting: defaultdict[str, list[WaitingMessage]] = defaultdict(list)
    known, head = statuses(store.database).get(FOLLOWER), store.log.head()
    with store.database.write() as connection:
        cursors = webhook_rows.cursors(connection)
        for cursor in cursors:  # the last worker may have ended before it removed the older attempts
            webhook_rows.trim(connection, cursor.webhook_id)
        for message in webhook_rows.waiting(connection):
            waiting[message.webhook_id].append(message)
        if known is None:
            stand_at(connection, FOLLOWER, head)
    position = head if known is None else known.position
    cursors = cursors or _found(store, position, first=known is None)
    webhooks: Webhooks = {}
    for workspace_id in {cursor.workspace_id for cursor in cursors}:
        webhooks = {**webhooks, **_webhooks(store, workspace_id, position)}
    return Beginning(position, webhooks, cursors, waiting)


def _found(store: EventStore, position: int, *, first: bool) -> list[Cursor]:
    """Return the webhooks in the log, if nothing is stored about any: before the first worker, and after an import."""
    return [
        Cursor(
            webhook_id=recorded.event.webhook_id,
            workspace_id=recorded.cause.workspace_id,
            behind=recorded.position if first else None,
        )
        for recorded in store.log.each([WebhookAdded.TOPIC], upto=position)
        if isinstance(recorded.event, WebhookAdded)
    ]


def _webhooks(store: EventStore, workspace_id: str, position: int) -> Webhooks:
    """Return a workspace's webhooks as of a position. What changed since comes from the log."""
    webhooks: Webhooks = {}
    for recorded in store.log.stream(workspace_id, topics=_TYPES):
        if isinstance(recorded.event, WEBHOOK_EVENTS) and recorded.position <= position:
            webhooks = webhook_state.evolve(webhooks, recorded.event, recorded)
    return webhooks
