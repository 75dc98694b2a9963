"""The desk reads the log once for all webhooks, and hands each event to the couriers of its workspace (R55).

As a follower's handler, it stores its position together with that of every courier that is not there yet. A courier without a
stored position of its own is where the follower is.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from groupchat.aggregates import webhook_state
from groupchat.aggregates.webhook_events import WEBHOOK_EVENTS, WebhookEvent, WebhookReplayed
from groupchat.aggregates.webhook_state import WebhookState
from groupchat.commands import webhooks
from groupchat.processes.webhooks.beginning import beginning
from groupchat.processes.webhooks.calling import WebhookCalls
from groupchat.processes.webhooks.courier import QUEUED, Courier
from groupchat.processes.webhooks.notes import Notes
from groupchat.store.applying import FollowerBatch
from groupchat.store.database import is_passing
from groupchat.store.event_store import EventStore
from groupchat.store.fences import LeaseLostError, generations
from groupchat.store.mapper import UnreadableEventError
from groupchat.store.positions import advance
from groupchat.store.refusals import may_pass
from groupchat.store.tail import Piece
from groupchat.store.terms import NO_TERMS, Terms
from groupchat.store.webhook_rows import FOLLOWER, Cursor, WaitingMessage
from groupchat.values.errors import first_line
from groupchat.values.event import Actor, Cause, Recorded
from groupchat.values.ids import new_id
from groupchat.webhooks.calls import CallOutcome

_BATCH = 500
_AGAIN_SECONDS = 1.0

log = structlog.get_logger()


class Desk:
    """The couriers of all webhooks, while a worker holds the lease."""

    name = FOLLOWER

    def __init__(self, store: EventStore, calls: WebhookCalls, most_queued: int = QUEUED) -> None:
        self.notes = Notes()
        self.position = 0
        """The position up to which events were offered to the couriers."""
        self.couriers: dict[str, Courier] = {}
        self.staffed = asyncio.Event()
        """Set while there are couriers. Without any, only a new one needs to be tended."""
        self._store = store
        self._calls = calls
        self._most_queued = most_queued
        self._terms = NO_TERMS
        self._of: defaultdict[str, list[Courier]] = defaultdict(list)
        """The couriers of each workspace."""
        self._changed: dict[Courier, None] = {}
        self._giving_up: set[str] = set()
        self._group: asyncio.TaskGroup | None = None
        self._writing = asyncio.Lock()

    async def open(self, terms: Terms, group: asyncio.TaskGroup) -> None:
        """Begin where the last worker ended; tasks run in the group until `close`."""
        self._terms, self._group = terms, group
        begun = await asyncio.to_thread(beginning, self._store)
        self.position = begun.position
        for cursor in begun.cursors:
            webhook = begun.webhooks.get(cursor.webhook_id)
            if webhook is None:
                self.notes.remove(cursor.webhook_id)
            else:
                self._employ(webhook, cursor, begun.waiting.get(webhook.id, ()))

    async def close(self) -> None:
        """Store what is noted, and stop all calls. What was on its way is sent again."""
        await self._unless_passing(self.write)
        for courier in self.couriers.values():
            courier.stop()
        self._calls.close()
        self.notes, self.position = Notes(), 0
        for kept in (self.couriers, self._of, self._changed, self.staffed):
            kept.clear()

    async def tend(self) -> None:
        """Send what is due, let couriers read that are behind, and write what is noted."""
        now = self._store.now()
        for courier in self.couriers.values():
            courier.retry_due(now)
            self._let_read(courier)
        self._calls.counts.failing(sum(courier.failing_since is not None for courier in self.couriers.values()))
        if self.notes or self._changed:
            await self._unless_passing(self.write)

    # --- as a follower's handler

    async def handle(self, batch: Sequence[Recorded], position: int) -> int:
        """Hand out a batch; see `store.follower.Handler`."""
        for recorded in batch:
            if recorded.position <= self.position:
                continue  # the batch comes again, because its position could not be stored
            if isinstance(recorded.event, WEBHOOK_EVENTS):
                self._learn(recorded, recorded.event)
            for courier in self._of.get(recorded.cause.workspace_id, ()):
                courier.offer(recorded)
            self.position = recorded.position
        self.position = max(self.position, position)
        if self.notes or self._changed:
            await self.write()
        else:  # with the other followers; not back, if another process has the lease by now
            await self._store.applying.apply(FollowerBatch(self.name, position))
        return position

    async def write(self) -> None:
        """Store the position, where couriers are, and what they noted. What can't be written now is written later."""
        async with self._writing:
            notes, changed, position = self.notes.taken(), list(self._changed), self.position
            cursors = [courier.cursor for courier in changed]
            self._changed.clear()
            try:
                await asyncio.to_thread(self._write, notes, cursors, position)
            except BaseException:
                self.notes.put_back(notes)
                self._changed |= {courier: None for courier in changed if self._employs(courier)}
                raise

    def _write(self, notes: Notes, cursors: Sequence[Cursor], position: int) -> None:
        fence = self._terms.fence
        with self._store.database.write(durable=False) as connection:
            if fence is not None and generations(connection, [fence.name]).get(fence.name) != fence.generation:
                raise LeaseLostError(fence)
            notes.write(connection, cursors)
            advance(connection, [self.name], position)

    # --- what couriers need

    def now(self) -> datetime:
        """Return the time."""
        return self._store.now()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a task until the desk closes. An error that nobody expected ends the worker."""
        if self._group is None:
            msg = "A desk works only after `open`."
            raise RuntimeError(msg)
        return self._group.create_task(work)

    def changed(self, courier: Courier) -> None:
        """Write where a courier is, soon, and let it read the log if it is behind. One that was dismissed has no place."""
        if self._employs(courier):
            self._changed[courier] = None
            self._let_read(courier)

    async def event_at(self, position: int) -> Recorded:
        """Return an event, as soon as the database has it; raises `UnreadableEventError`."""
        while True:
            try:
                return (await self._store.log.follow(position - 1, 1)).events[0]
            except SQLAlchemyError as error:
                if not is_passing(error):
                    raise
                await asyncio.sleep(_AGAIN_SECONDS)

    async def call(self, webhook: WebhookState, recorded: Recorded) -> CallOutcome:
        """Send an event to a webhook; whatever happens is an outcome."""
        return await self._calls.call(webhook, recorded)

    def give_up_on(self, courier: Courier, reason: Literal["failing", "gone"]) -> None:
        """Switch a webhook off. If that can't be stored now, the next call that fails tries again."""
        if courier.webhook.id not in self._giving_up:
            self._giving_up.add(courier.webhook.id)
            self.start(self._give_up_on(courier.webhook, courier.workspace_id, reason))

    async def _give_up_on(self, webhook: WebhookState, workspace_id: str, reason: Literal["failing", "gone"]) -> None:
        request = new_id("req")
        actor = Actor("process", self.name)
        cause = Cause(workspace_id=workspace_id, actor=actor, correlation_id=request, causation_id=request)
        give_up = partial(self._store.run_under, self._terms, cause, webhooks.give_up_on, webhook.id, webhook.url, reason)
        await self._unless_passing(give_up)
        self._giving_up.discard(webhook.id)

    # --- couriers

    def _learn(self, recorded: Recorded, event: WebhookEvent) -> None:
        """Take in an event of a webhook."""
        courier = self.couriers.get(event.webhook_id)
        known = {} if courier is None else {courier.webhook.id: courier.webhook}
        webhook = webhook_state.evolve(known, event, recorded).get(event.webhook_id)
        if courier is None and webhook is not None:
            cursor = Cursor(webhook_id=webhook.id, workspace_id=recorded.cause.workspace_id, behind=recorded.position)
            self._employ(webhook, cursor, ())
        elif courier is not None and webhook is None:
            self._dismiss(courier)
        elif courier is not None and webhook is not None:
            courier.become(webhook)
            if isinstance(event, WebhookReplayed):
                courier.rewind(event.after)

    def _employ(self, webhook: WebhookState, cursor: Cursor, waiting: Sequence[WaitingMessage]) -> None:
        courier = Courier(self, webhook, cursor, waiting, self._most_queued)
        self.couriers[webhook.id] = courier
        self._of[courier.workspace_id].append(courier)
        self.staffed.set()
        self.changed(courier)

    def _dismiss(self, courier: Courier) -> None:
        courier.stop()
        del self.couriers[courier.webhook.id]
        self._of[courier.workspace_id].remove(courier)
        self._changed.pop(courier, None)
        self.notes.remove(courier.webhook.id)
        self._calls.forget(courier.webhook.id)
        if not self.couriers:
            self.staffed.clear()

    def _employs(self, courier: Courier) -> bool:
        return self.couriers.get(courier.webhook.id) is courier

    def _let_read(self, courier: Courier) -> None:
        if courier.should_read:
            courier.reading = True
            self.start(self._read(courier))

    async def _read(self, courier: Courier) -> None:
        """Let a courier that is behind continue from its own position, until it has no room or has caught up with the desk."""
        try:
            await self._unless_passing(partial(self._catch_up, courier))
        finally:
            courier.reading = False

    async def _catch_up(self, courier: Courier) -> None:
        while courier.behind and courier.has_room:
            start = courier.position
            try:
                events = self._known(await self._store.log.follow(start, _BATCH))
            except UnreadableEventError as error:
                if error.position > self.position:
                    return  # the shared reader stops there, too
                events, courier.position = (), error.position  # it was parked
            if not self._employs(courier):
                return
            if courier.position == start:  # otherwise it was moved in the meantime
                courier.read(events)
            if courier.position >= self.position:
                courier.behind = False
                self._changed[courier] = None
            elif not events:
                return

    def _known(self, piece: Piece) -> Sequence[Recorded]:
        """Return the events that were offered to all couriers. Later ones may have switched a webhook off or removed it."""
        return [recorded for recorded in piece.events if recorded.position <= self.position]

    async def _unless_passing(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do something that is tried again later anyway, if a failure may pass."""
        try:
            await work()
        except Exception as error:
            if not may_pass(error):
                raise
            log.warning("follower_retries", follower=self.name, error=first_line(error))
