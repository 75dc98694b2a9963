"""The messages of one webhook that wait for another attempt, or behind such a one, as they are in the database (R55)."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from groupchat.processes.webhooks.notes import Notes
from groupchat.store.webhook_rows import WaitingMessage


class WaitingRoom:
    """Messages by position. Every change is noted, to be written."""

    def __init__(self, webhook_id: str, notes: Notes, messages: Iterable[WaitingMessage]) -> None:
        self._webhook_id = webhook_id
        self._notes = notes
        self._messages = {message.position: message for message in messages}
        self._keys = Counter(message.key for message in self._messages.values())
        self._next_due = min((message.due for message in self._messages.values() if message.due), default=None)
        """No message is due before this time."""

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, position: int) -> bool:
        return position in self._messages

    def holds(self, key: str) -> bool:
        """Return whether a message with this key waits."""
        return key in self._keys

    def add(self, position: int, key: str, due: datetime, attempts: int = 0) -> None:
        """Let a message wait, or wait again."""
        if position not in self._messages:
            self._keys[key] += 1
        self._put(WaitingMessage(webhook_id=self._webhook_id, position=position, key=key, attempts=attempts, due=due))

    def done(self, position: int) -> None:
        """Let a message go, if it waits."""
        if (message := self._messages.pop(position, None)) is None:
            return
        self._keys[message.key] -= 1
        if not self._keys[message.key]:
            del self._keys[message.key]
        self._notes.sent(self._webhook_id, position)

    def clear(self) -> None:
        """Let all messages go, also those that were set aside."""
        self._messages.clear()
        self._keys.clear()
        self._notes.clear(self._webhook_id)

    def hurry(self, now: datetime) -> None:
        """Let everything that waits be due now."""
        for message in list(self._messages.values()):
            self._put(replace(message, due=now))

    def due(self, now: datetime, but: Container[str]) -> Iterator[list[WaitingMessage]]:
        """Yield the messages of each key whose first one is due, in their order, but not of keys that are being sent already."""
        if self._next_due is None or now < self._next_due:
            return
        chains: dict[str, list[WaitingMessage]] = {}
        for message in self._messages.values():
            if message.key not in but:
                chains.setdefault(message.key, []).append(message)
        firsts = [chain[0].due for chain in chains.values()]
        self._next_due = min((due for due in firsts if due is not None and due > now), default=None)
        yield from (chain for chain, due in zip(chains.values(), firsts, strict=True) if due is not None and due <= now)

    def _put(self, message: WaitingMessage) -> None:
        self._messages[message.position] = message
        if message.due is not None:
            self._next_due = min(self._next_due or message.due, message.due)
        self._notes.wait(message)
