"""Sends the messages of one webhook (R55).

- Messages of the same conversation, or of the same other stream, are sent in order. Up to `AT_ONCE` are on their way at the same
  time, only one while the receiver fails.
- A message that fails waits for its next attempt, and the later ones of its conversation wait behind it. Others continue.
- What is in memory is limited. A courier with too many messages, queued or waiting, stops taking events from the shared reader, and
  continues with its own reading of the log when it has room. So a receiver that hangs holds up nobody else.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from msgspec import Struct

from groupchat.aggregates.webhook_state import WebhookState
from groupchat.processes.webhooks.notes import Notes
from groupchat.processes.webhooks.waiting_room import WaitingRoom
from groupchat.store.webhook_rows import Attempt, Cursor, WaitingMessage
from groupchat.values.event import Recorded
from groupchat.webhooks.calls import AT_ONCE, CallOutcome
from groupchat.webhooks.message import message_id, order_of, receives
from groupchat.webhooks.schedule import DOWN_AFTER, RETRIES, SWITCH_OFF_AFTER, pause_after

QUEUED = 200
"""The number of messages in memory that are about to be sent."""
WAITING = 1_000
"""The number of messages that wait for another attempt, after which a courier takes no more events."""
GONE = 410


class PendingMessage(Struct, frozen=True):
    """A message to send: its event, which is read again if it waited, and the attempts so far."""

    position: int
    recorded: Recorded | None = None
    attempts: int = 0


class Office(Protocol):
    """What a courier needs from the worker."""

    notes: Notes
    position: int
    """The position up to which the shared reader has offered events."""

    def now(self) -> datetime:
        """Return the time."""

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task."""

    def changed(self, courier: "Courier") -> None:
        """Write where a courier is, soon, and let it read the log if it is behind."""

    async def event_at(self, position: int) -> Recorded:
        """Return an event."""

    async def call(self, webhook: WebhookState, recorded: Recorded) -> CallOutcome:
        """Send an event to a webhook."""

    def give_up_on(self, courier: "Courier", reason: Literal["failing", "gone"]) -> None:
        """Switch a webhook off."""


class Courier:
    """The messages of one webhook: those to send now, those that wait, and the position up to which it has considered the log."""

    def __init__(
        self,
        office: Office,
        webhook: WebhookState,
        cursor: Cursor,
        waiting: Iterable[WaitingMessage] = (),
        most_queued: int = QUEUED,
    ) -> None:
        self.webhook = webhook
        self.workspace_id = cursor.workspace_id
        self.failing_since = cursor.failing_since
        self.position = office.position if cursor.behind is None else cursor.behind
        self.behind = cursor.behind is not None
        """Whether it reads the log itself, instead of what the shared reader offers."""
        self.reading = False
        self._office = office
        self._chains: dict[str, deque[PendingMessage]] = {}
        """Messages to send now, by what they stay in order with."""
        self._ready: deque[str] = deque()
        self._sending: dict[str, asyncio.Task[None]] = {}
        self._queued: dict[int, None] = {}
        """The positions of messages that only memory has, ascending."""
        self._waiting = WaitingRoom(webhook.id, office.notes, waiting)
        self._failures = 0
        self._most_queued = most_queued

    # --- taking events

    @property
    def has_room(self) -> bool:
        """Whether it takes another event."""
        return self.webhook.off is None and len(self._queued) < self._most_queued and len(self._waiting) < WAITING

    @property
    def should_read(self) -> bool:
        """Whether it is time to read the log: it is behind, and has room for a good many events."""
        return self.behind and not self.reading and self.has_room and len(self._queued) <= self._most_queued // 2

    def offer(self, recorded: Recorded) -> None:
        """Take an event of its workspace from the shared reader, unless the courier is behind."""
        if self.behind or recorded.position <= self.position:
            return
        if not self.has_room:
            self.behind, self.position = True, recorded.position - 1
            self._office.changed(self)
            return
        self.consider(recorded)

    def read(self, events: Sequence[Recorded]) -> None:
        """Take events that come after its position in the log, of any workspace, as far as there is room."""
        for recorded in events:
            if not self.has_room:
                return
            if recorded.cause.workspace_id == self.workspace_id:
                self.consider(recorded)
            self.position = recorded.position

    def consider(self, recorded: Recorded) -> None:
        """Send an event, or let it wait behind another one, if it is for this webhook. Events come in the log's order."""
        self.position = recorded.position
        if recorded.position in self._waiting or not receives(self.webhook, recorded):
            return
        key = order_of(recorded)
        if self._waiting.holds(key) and key not in self._chains:
            self._waiting.add(recorded.position, key, self._now())
            return
        self._queued[recorded.position] = None
        self._enqueue(key, PendingMessage(recorded.position, recorded))
        self._office.changed(self)

    def retry_due(self, now: datetime) -> None:
        """Send the messages whose next attempt is due, and those behind them."""
        if self.webhook.off is not None:
            return
        for chain in self._waiting.due(now, self._chains):
            for message in chain:
                self._enqueue(message.key, PendingMessage(message.position, None, message.attempts))

    # --- changes from outside

    def become(self, webhook: WebhookState) -> None:
        """Take over a changed webhook."""
        was_off, self.webhook = self.webhook.off is not None, webhook
        if webhook.off is not None and not was_off:
            self.stop()
        if webhook.off is None and was_off:
            self.failing_since, self._failures = None, 0
            self._waiting.hurry(self._now())
        self._office.changed(self)

    def rewind(self, after: int) -> None:
        """Continue after a position. Nothing waits any more: it comes again, or it is skipped."""
        self.stop()
        self._waiting.clear()
        self.position = after
        self._office.changed(self)

    def stop(self) -> None:
        """Stop sending. What was not sent is read again from the log."""
        for task in self._sending.values():
            task.cancel()
        self.position = min([self.position, *(position - 1 for position in self._queued)])
        self.behind = True
        for work in (self._sending, self._chains, self._ready, self._queued):
            work.clear()

    @property
    def cursor(self) -> Cursor:
        """Where it is: everything up to there was sent, waits in the database, or was set aside."""
        behind = self.position if self.behind else None
        if self._queued:
            behind = next(iter(self._queued)) - 1
        return Cursor(webhook_id=self.webhook.id, workspace_id=self.workspace_id, behind=behind, failing_since=self.failing_since)

    # --- sending

    async def send(self, key: str) -> None:
        """Send the messages of a chain, until one fails."""
        chain = self._chains[key]
        while chain:
            message = chain[0]
            recorded = message.recorded or await self._office.event_at(message.position)
            began = self._now()
            outcome = await self._office.call(self.webhook, recorded)
            due = self._settle(message, key, outcome, began)
            self._note(message, recorded, outcome, began, due)
            if due is not None:
                self._put_off(key, due)
                break
            chain.popleft()
        del self._chains[key], self._sending[key]
        self._office.changed(self)
        self._pump()

    def _enqueue(self, key: str, message: PendingMessage) -> None:
        if key not in self._chains:
            self._chains[key] = deque()
            self._ready.append(key)
        self._chains[key].append(message)
        self._pump()

    def _pump(self) -> None:
        most = AT_ONCE if self.failing_since is None else 1
        while self._ready and len(self._sending) < most:
            key = self._ready.popleft()
            self._sending[key] = self._office.start(self.send(key))

    def _settle(self, message: PendingMessage, key: str, outcome: CallOutcome, began: datetime) -> datetime | None:
        """Process the outcome of an attempt; return when the next one is due, none after the last or a success."""
        if outcome.delivered:
            self._done(message.position)
            if self._failures >= DOWN_AFTER:
                self._waiting.hurry(self._now())
            self.failing_since, self._failures = None, 0
            return None
        self._failures += 1
        self.failing_since = self.failing_since or began
        given_up = self._gives_up(outcome)
        pause = pause_after(message.attempts + 1, outcome.retry_after)
        if given_up and pause is None:
            pause = RETRIES[-1]  # when it is switched on again, nothing must be missing
        if pause is not None:
            return self._now() + pause
        self._done(message.position)
        self._office.notes.wait(
            WaitingMessage(webhook_id=self.webhook.id, position=message.position, key=key, attempts=message.attempts + 1, due=None)
        )
        return None

    def _gives_up(self, outcome: CallOutcome) -> bool:
        """Switch the webhook off if its receiver is gone or has failed for days; return whether that is so."""
        failed_for = self._now() - (self.failing_since or self._now())
        if outcome.status != GONE and failed_for < SWITCH_OFF_AFTER:
            return False
        self._office.give_up_on(self, "gone" if outcome.status == GONE else "failing")
        return True

    def _done(self, position: int) -> None:
        self._queued.pop(position, None)
        self._waiting.done(position)

    def _put_off(self, key: str, due: datetime) -> None:
        """Let the first message of a chain, which failed, and those behind it wait."""
        for n, message in enumerate(self._chains[key]):
            self._queued.pop(message.position, None)
            self._waiting.add(message.position, key, due, message.attempts + (n == 0))

    def _note(
        self, message: PendingMessage, recorded: Recorded, outcome: CallOutcome, began: datetime, due: datetime | None
    ) -> None:
        self._office.notes.attempt(
            Attempt(
                webhook_id=self.webhook.id,
                message_id=message_id(self.webhook, message.position),
                position=message.position,
                type=recorded.type,
                number=message.attempts + 1,
                at=began,
                seconds=round(outcome.seconds, 4),
                delivered=outcome.delivered,
                status=outcome.status,
                error=outcome.error,
                next_at=due,
            )
        )

    def _now(self) -> datetime:
        return self._office.now()
