"""The source of a transcript: a conversation's events piece by piece, so that a long one needs no more memory than a short one."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from groupchat.aggregates import delivery, group_state
from groupchat.aggregates.group_events import AutoReplied, Created, ParticipantOptedIn, ParticipantOptedOut, ReactionReceived
from groupchat.aggregates.group_state import GroupConversation
from groupchat.audit import as_of, refused
from groupchat.audit.as_of import Cut, When
from groupchat.audit.history import History, Step
from groupchat.projections import inbox, pane
from groupchat.projections.inbox import Shown
from groupchat.projections.pane import Pane
from groupchat.store.log import Log
from groupchat.values.event import Event, Recorded


class Overview(Struct, frozen=True, kw_only=True):
    """A conversation as a whole: its state at the end, its first and last event, and how much happened."""

    conversation: Shown
    people: Pane
    group: GroupConversation
    first: Recorded
    last: Recorded
    newest: int
    """The position of the newest event, of the conversation, its deliveries or its refusal records."""
    messages: int
    others: int
    referred: frozenset[str]
    """The messages that later events are about: keywords that opted somebody out or in, and what people reacted to."""


class TranscriptSource(Struct, frozen=True, kw_only=True):
    """A conversation up to a cut, of which `at_once` events are in memory; `names` is a history for the names of users."""

    log: Log
    conversation_id: str
    cut: Cut
    names: History
    refusals: Sequence[Recorded]
    at_once: int = 500

    def steps(self) -> Iterator[tuple[Step, Sequence[Recorded]]]:
        """Return each event, with the group before and after it, and a message with the events of its delivery."""
        before: GroupConversation | None = None
        for events, deliveries in self._pieces():
            for recorded in events:
                after = group_state.evolve(before, recorded)
                if after is None:
                    msg = f"{recorded.stream} does not begin with its creation"
                    raise ValueError(msg)
                its = deliveries.get(as_of.id_of(recorded), ()) if as_of.is_message(recorded) else ()
                yield Step(recorded, before, after), its
                before = after

    def overview(self) -> Overview:
        """Read everything once, and return its summary."""
        row: inbox.InboxRow | None = None
        people: pane.PaneRow | None = None
        newest, messages, others, referred = 0, 0, 0, set[str]()
        first = last = None
        for step, deliveries in self.steps():
            last = step
            first = first or step.recorded
            row, people = inbox.current(row, [step.recorded]), pane.current(people, [step.recorded])
            newest = max(newest, step.recorded.position, *(each.position for each in deliveries))
            referred |= {id_} if (id_ := message_referred_to(step.recorded.event)) else set()
            messages, others = messages + as_of.is_message(step.recorded), others + (not as_of.is_message(step.recorded))
        if row is None or people is None or last is None or first is None:
            msg = f"{self.conversation_id} has no events"
            raise ValueError(msg)
        return Overview(
            conversation=inbox.shown_to_all(row),
            people=pane.shown(people),
            group=last.after,
            first=first,
            last=last.recorded,
            newest=max(newest, *(each.position for each in self.refusals), 0),
            messages=messages,
            others=others,
            referred=frozenset(referred),
        )

    def _pieces(self) -> Iterator[tuple[Sequence[Recorded], Mapping[str, Sequence[Recorded]]]]:
        after = 0
        while events := self.log.stream(self.conversation_id, after=after, limit=self.at_once):
            covered = self.cut.of(events)
            streams = (delivery.stream(as_of.id_of(each)) for each in covered if as_of.is_message(each))
            yield covered, as_of.by_message(self.cut.of(self.log.streams(streams)))
            if len(covered) < len(events):
                return
            after = events[-1].version


def message_referred_to(event: Event) -> str | None:
    """Return the id of the message that an event names as its evidence, or as what it is about; none for most."""
    match event:
        case ParticipantOptedOut() | ParticipantOptedIn():
            return event.evidence if event.cause in ("keyword", "review", "carrier") else None
        case AutoReplied():
            return event.evidence
        case ReactionReceived():
            return event.message_id
        case _:
            return None


def source_of(log: Log, conversation_id: str, at: datetime | None, now: datetime) -> TranscriptSource:
    """Return the source of a conversation's transcript, up to a time if given, or to what is stored now. It blocks.

    Raises `UnknownStreamError` for a conversation that is not stored, `InvalidRequestError` for a time before its creation or
    in the future.
    """
    log.beginning(conversation_id, Created)
    first = log.stream(conversation_id, limit=1)
    at = as_of.cut_at(first, When(at=at), now).at
    cut, workspace_id = Cut(position=log.head(), at=at), first[0].cause.workspace_id
    return TranscriptSource(
        log=log,
        conversation_id=conversation_id,
        cut=cut,
        names=History(events=first, workspace=log.stream(workspace_id)),
        refusals=cut.of(refused.read(log, workspace_id, conversation_id)),
    )
