"""Everything that is stored about one conversation: its own events, the deliveries of its messages, and its workspace's events."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct

from groupchat.aggregates import delivery, group_state, workspace_state
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
    """A conversation's events, the deliveries of its messages, and its workspace's events; each oldest first."""

    events: Sequence[Recorded]
    deliveries: Sequence[Recorded] = ()
    workspace: Sequence[Recorded] = ()

    @property
    def conversation_id(self) -> str:
        """The conversation."""
        return self.events[0].stream

    def upto(self, cut: Cut) -> "History":
        """Return the history up to a cut."""
        return History(events=cut.of(self.events), deliveries=cut.of(self.deliveries), workspace=cut.of(self.workspace))

    @property
    def position(self) -> int:
        """The position of the newest event that it shows of the conversation and its deliveries."""
        return max(recorded.position for recorded in (*self.events, *self.deliveries))

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
    def user_names(self) -> dict[str, str]:
        """The users of the workspace, by id."""
        state: Workspace | None = None
        for each in self.workspace:
            state = workspace_state.evolve(state, each)
        return {} if state is None else {user.id: user.name for user in state.users.values()}


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
    """Return the history of a conversation; raises `NotFoundError` if it does not exist. It blocks."""
    events = log.stream(conversation_id) if conversation_id.startswith(CONVERSATION.prefix) else []
    if not events:
        msg = f"There is no conversation {conversation_id} in this database. A conversation's id starts with {CONVERSATION.prefix}."
        raise NotFoundError(msg)
    return History(
        events=events,
        deliveries=log.streams(delivery.stream(as_of.id_of(each)) for each in events if as_of.is_message(each)),
        workspace=log.stream(events[0].cause.workspace_id),
    )


def read_of_message(log: Log, message_id: str) -> History:
    """Return the history of the conversation of a message; raises `NotFoundError` if it does not exist. It blocks.

    The message's delivery names the conversation. If the message was never handed over, the view `thread` does.
    """
    conversation_id = conversation_of(log.stream(delivery.stream(message_id)))
    if conversation_id is None:
        with log.database.read() as connection:
            conversation_id = thread.conversation_of(connection, message_id)
    if conversation_id is None:
        msg = f"There is no message {message_id} in any conversation. If it is new, the view `thread` may lag: try again."
        raise NotFoundError(msg)
    return read(log, conversation_id)


def read_of_stream(log: Log, stream: str) -> History:
    """Return the history of the conversation that a conversation's or a delivery's stream belongs to. It blocks.

    Raises `NotFoundError` if it does not exist.
    """
    if not stream.startswith(DELIVERY.prefix):
        return read(log, stream)
    conversation_id = conversation_of(log.stream(stream))
    if conversation_id is None:
        msg = f"There is no stream {stream} in this database."
        raise NotFoundError(msg)
    return read(log, conversation_id)


def conversation_of(deliveries: Sequence[Recorded]) -> str | None:
    """Return the conversation that a delivery's events name; none without events."""
    for recorded in deliveries:
        if isinstance(recorded.event, delivery.Started | delivery.Withheld):
            return recorded.event.conversation_id
    return None
