"""Everything that is stored about one conversation: its own events, the deliveries of its messages, and its workspace's events."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property, reduce

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import delivery, delivery_events, group_state, workspace_state
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.workspace_state import Workspace
from groupchat.audit import as_of
from groupchat.audit.as_of import AsOf, Cut
from groupchat.commands.streams import CONVERSATION, DELIVERY
from groupchat.projections import thread
from groupchat.store.log import Log
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Recorded


class Step(Struct, frozen=True):
    """An event of the conversation, and the group before and after it."""

    recorded: Recorded
    before: GroupConversation | None
    after: GroupConversation


class History(Struct, frozen=True, dict=True, kw_only=True):
    """A conversation's events, the deliveries of its messages, its workspace's events, and refusal records; each oldest first.

    For readers who see no other users (R22), `names_only` is the only user who is called by name in other events than messages.
    """

    events: Sequence[Recorded]
    deliveries: Sequence[Recorded] = ()
    workspace: Sequence[Recorded] = ()
    refusals: Sequence[Recorded] = ()
    names_only: str | None = None

    @property
    def conversation_id(self) -> str:
        """The conversation."""
        return self.events[0].stream

    @property
    def workspace_id(self) -> str:
        """The workspace of the conversation."""
        return self.events[0].cause.workspace_id

    def upto(self, cut: Cut) -> "History":
        """Return the history up to a cut."""
        events, deliveries, workspace = cut.of(self.events), cut.of(self.deliveries), cut.of(self.workspace)
        return replace(self, events=events, deliveries=deliveries, workspace=workspace, refusals=cut.of(self.refusals))

    def as_seen_by(self, user_id: str | None) -> "History":
        """Return the history for a user who sees no other users; unchanged without one."""
        return replace(self, names_only=user_id)

    @property
    def position(self) -> int:
        """The position of the newest event of the conversation, its deliveries and its refusal records."""
        return max(recorded.position for recorded in (*self.events, *self.deliveries, *self.refusals))

    @cached_property
    def state(self) -> AsOf:
        """The state that the views show at the end of the history."""
        return as_of.state(self.events, self.of_message)

    @cached_property
    def of_message(self) -> dict[str, list[Recorded]]:
        """The events of deliveries by their message."""
        return as_of.by_message(self.deliveries)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The group after each event."""
        return tuple(_steps(self.events))

    def step(self, version: int) -> Step:
        """Return the conversation's event of a version, with the group before and after it."""
        return self.steps[version - 1]

    def steps_before(self, recorded: Recorded) -> tuple[Step, ...]:
        """Return the conversation's step just before an event of any stream was stored."""
        return self.steps[: bisect_left(self.steps, recorded.position, key=lambda step: step.recorded.position)]

    def group_before(self, recorded: Recorded) -> GroupConversation:
        """Return the group as it was when an event of another stream was stored."""
        count = bisect_left(self.steps, recorded.position, key=lambda step: step.recorded.position)
        return self.steps[max(count, 1) - 1].after

    def message(self, message_id: str) -> Step | None:
        """Return the event of a message."""
        return self._messages.get(message_id)

    @cached_property
    def _messages(self) -> dict[str, Step]:
        return {as_of.id_of(step.recorded): step for step in self.steps if as_of.is_message(step.recorded)}

    @property
    def group(self) -> GroupConversation:
        """The group at the end of the history."""
        return self.steps[-1].after

    def workspace_before(self, recorded: Recorded) -> Workspace | None:
        """Return the workspace as it was when an event was stored."""
        state: Workspace | None = None
        for each in self.workspace:
            if each.position < recorded.position:
                state = workspace_state.evolve(state, each)
        return state

    @cached_property
    def workspace_now(self) -> Workspace | None:
        """The workspace after its newest event; none if it is not part of this history."""
        nothing: Workspace | None = None
        return reduce(workspace_state.evolve, self.workspace, nothing)

    @cached_property
    def user_names(self) -> dict[str, str]:
        """The names of the workspace's users, by id."""
        users = () if self.workspace_now is None else self.workspace_now.users.values()
        return {user.id: user.name for user in users if self.names_only in (None, user.id)}


def _steps(events: Sequence[Recorded]) -> Iterator[Step]:
    before: GroupConversation | None = None
    for recorded in events:
        after = group_state.evolve(before, recorded)
        if after is None:
            msg = f"{recorded.stream} does not begin with its creation"
            raise ValueError(msg)
        yield Step(recorded, before, after)
        before = after


def read(log: Log, conversation_id: str) -> History:
    """Return the whole history of a conversation; raises `NotFoundError` if it does not exist. It blocks."""
    events = _events(log, conversation_id)
    messages = (as_of.id_of(each) for each in events if as_of.is_message(each))
    return History(
        events=events,
        deliveries=log.streams(map(delivery.stream, messages)),
        workspace=log.stream(events[0].cause.workspace_id),
    )


def read_for(log: Log, message_id: str, conversation_id: str) -> History:
    """Return the history of a conversation with the delivery of one message only; raises `NotFoundError`. It blocks."""
    events = _events(log, conversation_id)
    return History(
        events=events,
        deliveries=log.stream(delivery.stream(message_id)),
        workspace=log.stream(events[0].cause.workspace_id),
    )


def conversation_of_message(log: Log, message_id: str) -> str:
    """Return the conversation of a message; raises `NotFoundError` if it does not exist. It blocks.

    The message's delivery names the conversation. If the message was never handed over, the view `thread` does.
    """
    conversation_id = conversation_of(log.stream(delivery.stream(message_id)))
    if conversation_id is None:
        with log.database.read() as connection:
            conversation_id = thread.conversation_of(connection, message_id)
    if conversation_id is None:
        msg = f"There is no message {message_id} in any conversation. If it is new, the view `thread` may lag: try again."
        raise NotFoundError(msg)
    return conversation_id


def subject_of(log: Log, stream: str, version: int) -> tuple[str, str]:
    """Return the conversation and the message of an event that can have ledger entries. It blocks.

    Raises `NotFoundError` for an event that does not exist, or is not about a message.
    """
    found = log.stream(stream, after=version - 1, upto=version)
    if stream.startswith(CONVERSATION.prefix):
        conversation_id = stream if found and as_of.is_message(found[0]) else None
    else:
        conversation_id = conversation_of(log.stream(stream)) if found and stream.startswith(DELIVERY.prefix) else None
    if conversation_id is None:
        missing = f"There is no event {stream}/{version} in this database, and so no entry."
        msg = f"{stream}/{version} is {found[0].type}, which has no entries in the ledger." if found else missing
        raise NotFoundError(msg)
    return conversation_id, as_of.id_of(found[0])


def conversation_of(deliveries: Sequence[Recorded]) -> str | None:
    """Return the conversation that a delivery's events name; none without events."""
    for recorded in deliveries:
        if isinstance(recorded.event, delivery_events.Started | delivery_events.Withheld):
            return recorded.event.conversation_id
    return None


def _events(log: Log, conversation_id: str) -> list[Recorded]:
    events = log.stream(conversation_id) if conversation_id.startswith(CONVERSATION.prefix) else []
    if not events:
        msg = f"There is no conversation {conversation_id} in this database. A conversation's id starts with {CONVERSATION.prefix}."
        raise NotFoundError(msg)
    return events
