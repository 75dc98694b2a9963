"""Changes of what is stored about webhooks' deliveries, gathered in memory and written together, several times a second."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import Connection

from groupchat.store import webhook_rows
from groupchat.store.webhook_rows import KEPT_ATTEMPTS, Attempt, Cursor, WaitingMessage


class Notes:
    """What is not written yet. A crash loses it, and the messages that it was about are sent again."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.waiting: dict[tuple[str, int], WaitingMessage | None] = {}
        """The newest state of messages that wait, or waited: none for those that need to no longer."""
        self.cleared: set[str] = set()
        self.removed: set[str] = set()
        self.since_trim: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self.attempts or self.waiting or self.cleared or self.removed)

    def attempt(self, attempt: Attempt) -> None:
        """Note an attempt."""
        self.attempts.append(attempt)

    def wait(self, message: WaitingMessage) -> None:
        """Note that a message waits, or was set aside."""
        self.waiting[message.webhook_id, message.position] = message

    def sent(self, webhook_id: str, position: int) -> None:
        """Note that a message that waited was sent."""
        self.waiting[webhook_id, position] = None

    def clear(self, webhook_id: str) -> None:
        """Note that no message of a webhook waits or is set aside any more."""
        self.waiting = {key: message for key, message in self.waiting.items() if key[0] != webhook_id}
        self.cleared.add(webhook_id)

    def remove(self, webhook_id: str) -> None:
        """Note that a webhook no longer exists."""
        self.clear(webhook_id)
        self.attempts = [attempt for attempt in self.attempts if attempt.webhook_id != webhook_id]
        self.removed.add(webhook_id)

    def write(self, connection: Connection, cursors: Sequence[Cursor]) -> None:
        """Write everything, and where webhooks are."""
        for webhook_id in self.removed:
            webhook_rows.remove(connection, webhook_id)
        for webhook_id in self.cleared:
            webhook_rows.clear(connection, webhook_id)
        webhook_rows.move(connection, [cursor for cursor in cursors if cursor.webhook_id not in self.removed])
        webhook_rows.put_off(connection, [message for message in self.waiting.values() if message is not None])
        webhook_rows.sent(connection, [key for key, message in self.waiting.items() if message is None])
        webhook_rows.note(connection, self.attempts)
        self.since_trim.update(attempt.webhook_id for attempt in self.attempts)
        for webhook_id in [id_ for id_, attempts in self.since_trim.items() if attempts >= KEPT_ATTEMPTS]:
            webhook_rows.trim(connection, webhook_id)
            del self.since_trim[webhook_id]

    def taken(self) -> "Notes":
        """Return these notes to be written, and begin new ones."""
        taken = Notes()
        taken.attempts, self.attempts = self.attempts, []
        taken.waiting, self.waiting = self.waiting, {}
        taken.cleared, self.cleared = self.cleared, set()
        taken.removed, self.removed = self.removed, set()
        taken.since_trim = self.since_trim
        return taken

    def put_back(self, unwritten: "Notes") -> None:
        """Take notes back that could not be written."""
        self.attempts = [each for each in unwritten.attempts if each.webhook_id not in self.removed] + self.attempts
        newer = {key: message for key, message in unwritten.waiting.items() if key[0] not in self.cleared}
        self.waiting = newer | self.waiting
        self.cleared |= unwritten.cleared
        self.removed |= unwritten.removed
