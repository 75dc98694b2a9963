"""Where the worker begins: where the last one ended, wherever it ran."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from groupchat.aggregates.webhook_events import WebhookAdded
from groupchat.store import webhook_rows
from groupchat.store.event_store import EventStore
from groupchat.store.positions import stand_at, statuses
from groupchat.store.webhook_rows import FOLLOWER, Cursor, WaitingMessage


class Beginning(Struct, frozen=True):
    """The follower's position, where webhooks are, and their messages that wait, by webhook."""

    position: int
    cursors: Sequence[Cursor]
    waiting: Mapping[str, Sequence[WaitingMessage]]


def beginning(store: EventStore) -> Beginning:
    """Return where to begin. The first worker of a database begins at the end of the log. It blocks."""
    waiting: defaultdict[str, list[WaitingMessage]] = defaultdict(list)
    known, head = statuses(store.database).get(FOLLOWER), store.log.head()
    with store.database.write() as connection:
        cursors = webhook_rows.cursors(connection)
        for message in webhook_rows.waiting(connection):
            waiting[message.webhook_id].append(message)
        if known is None:
            stand_at(connection, FOLLOWER, head)
    position = head if known is None else known.position
    return Beginning(position, cursors or _found(store, position, first=known is None), waiting)


def _found(store: EventStore, position: int, *, first: bool) -> list[Cursor]:
    """Return the webhooks in the log, if nothing is stored about any: before the first worker, and after an import."""
    added = [(each, each.event) for each in store.log.each([WebhookAdded.TOPIC], upto=position)]
    return [
        Cursor(
            webhook_id=event.webhook_id,
            workspace_id=recorded.cause.workspace_id,
            behind=recorded.position if first else None,
        )
        for recorded, event in added
        if isinstance(event, WebhookAdded)
    ]
