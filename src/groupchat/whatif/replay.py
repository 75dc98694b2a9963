"""What if: history replayed under another policy, and compared with the real one; nothing is changed (docs/whatif.md).

People act as they did: they request the same groups, write the same messages, and opt out at the same time. `other_history.py`
decides the results. Two states of each group are kept, and a few words of each message until the carrier reports on it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from groupchat.aggregates import delivery_events, group_conversation, group_state
from groupchat.aggregates.group_events import (
    AutoReplied,
    Created,
    MessageSent,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    Unblocked,
)
from groupchat.aggregates.group_state import GroupConversation
from groupchat.projections.ledger import line_of
from groupchat.values.event import Recorded
from groupchat.whatif.differences import ConversationAmounts, Counts, Difference, Kind, Outcome, Side, Summary, Sums, charge_of
from groupchat.whatif.other_history import OtherHistory
from groupchat.whatif.policy_file import OtherPolicy

_REPLAYED = (
    Created,
    MessageSent,
    AutoReplied,
    ParticipantOptedOut,
    ParticipantOptedIn,
    ParticipantOptOutTakenBack,
    Unblocked,
    delivery_events.Updated,
    delivery_events.Withheld,
)
TOPICS = tuple(kind.TOPIC for kind in _REPLAYED)
"""The types of the events that a replay needs."""


class Window(Struct, frozen=True, kw_only=True):
    """The scope of the report: events of this workspace (all if none), from `start` to before `end`."""

    workspace_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None

    def replays(self, recorded: Recorded) -> bool:
        """Return whether an event is to be replayed."""
        return self.workspace_id in (None, recorded.cause.workspace_id) and (self.end is None or recorded.at < self.end)

    def reports(self, recorded: Recorded) -> bool:
        """Return whether an event is to be reported."""
        return self.start is None or recorded.at >= self.start


class WhatIf:
    """One replay: feed it with the log once, then ask for the summary."""

    def __init__(self, other: OtherPolicy, window: Window) -> None:
        self._window = window
        self._was: dict[str, GroupConversation] = {}
        self._other = OtherHistory(other)
        self._apart: set[str] = set()
        self._unsettled: Recorded | None = None
        self._total = Sums()
        self._sums: dict[str, Sums] = {}
        self._groups, self._messages = [0, 0], [0, 0]
        self._differences = 0

    def replay(self, log: Iterable[Recorded]) -> Iterator[Difference]:
        """Return the differences, in the order of the log. Events of other types than `TOPICS` may be missing."""
        for recorded in log:
            if self._window.replays(recorded):
                if not self._completes(recorded):
                    yield from self._settle()
                yield from self._step(recorded)
        yield from self._settle()

    def summary(self) -> Summary:
        """Return the totals of all differences."""
        apart = {id_: sums for id_, sums in self._sums.items() if sums.differ}
        return Summary(
            count=self._differences,
            groups=Counts(was=self._groups[0], would_be=self._groups[1]),
            messages=Counts(was=self._messages[0], would_be=self._messages[1]),
            amounts=self._total.amounts,
            conversations=tuple(ConversationAmounts(conversation_id=id_, amounts=sums.amounts) for id_, sums in apart.items()),
        )

    def _step(self, recorded: Recorded) -> Iterator[Difference]:
        match recorded.event:
            case Created() as event:
                self._fold(recorded)
                yield from self._created(recorded, self._other.create(recorded, event))
            case MessageSent() as event:
                sent = self._other.send(recorded, event)
                self._count(recorded, self._messages, would_be=not isinstance(sent, str))
                yield from self._sent(recorded, sent)
            case AutoReplied() as event:
                yield from self._sent(recorded, self._other.reply(recorded, event))
            case ParticipantOptedOut() | ParticipantOptedIn() | ParticipantOptOutTakenBack() as event:
                self._fold(recorded)
                self._other.hear(recorded, event)
                self._unsettled = recorded
            case Unblocked():
                self._fold(recorded)
                self._unsettled = recorded
            case delivery_events.Updated() as event:
                self._other.arrive(event.message_id)
            case delivery_events.Withheld() as event:
                yield from self._withheld(recorded, event)
            case _:
                pass

    def _fold(self, recorded: Recorded) -> None:
        state = group_state.evolve(self._was.get(recorded.stream), recorded)
        self._was[recorded.stream] = group_conversation.existing(state)

    def _created(self, recorded: Recorded, refused: str | None) -> Iterator[Difference]:
        self._count(recorded, self._groups, would_be=refused is None)
        if refused is not None:
            yield from self._differs(recorded, "group", Side(outcome="created"), Side(outcome="refused"), refused)

    def _sent(self, recorded: Recorded, sent: Recorded | str) -> Iterator[Difference]:
        was = Side(outcome="sent", charge=charge_of(line_of(recorded)))
        if isinstance(sent, str):
            would_be, why = Side(outcome="refused"), sent
        else:
            would_be, why = Side(outcome="sent", charge=charge_of(line_of(sent))), "Another rate would be in effect (R25)."
        self._charge(recorded, recorded.stream, was, would_be)
        yield from self._differs(recorded, "message", was, would_be, why)

    def _withheld(self, recorded: Recorded, event: delivery_events.Withheld) -> Iterator[Difference]:
        outcome, withheld = self._other.withhold(recorded, event)
        was = Side(outcome="withheld", charge=charge_of(line_of(recorded)))
        would_be = Side(outcome=outcome, charge=None if withheld is None else charge_of(line_of(withheld)))
        self._charge(recorded, event.conversation_id, was, would_be)
        yield from self._differs(recorded, "withheld", was, would_be, _WITHHELD[outcome], event.conversation_id)

    def _completes(self, recorded: Recorded) -> bool:
        """Return whether an event belongs to the opt-in before it: the block that it lifts is lifted in the same append (R17)."""
        before = self._unsettled
        return before is not None and isinstance(recorded.event, Unblocked) and recorded.stream == before.stream

    def _settle(self) -> Iterator[Difference]:
        """Compare whether the last group is blocked, now that all events that follow from it are known."""
        recorded, self._unsettled = self._unsettled, None
        if recorded is None or (would_be := self._other.groups.get(recorded.stream)) is None:
            return
        was = self._was[recorded.stream]
        if was.blocked == would_be.blocked:
            self._apart.discard(recorded.stream)
        elif recorded.stream not in self._apart:
            self._apart.add(recorded.stream)
            sides = _blocking(was), _blocking(would_be)
            yield from self._differs(recorded, "blocking", *sides, _BLOCKING[sides[1].outcome])

    def _count(self, recorded: Recorded, counts: list[int], *, would_be: bool) -> None:
        if self._window.reports(recorded):
            counts[0] += 1
            counts[1] += would_be

    def _charge(self, recorded: Recorded, conversation_id: str, was: Side, would_be: Side) -> None:
        if self._window.reports(recorded):
            self._total.add(was.charge, would_be.charge)
            self._sums.setdefault(conversation_id, Sums()).add(was.charge, would_be.charge)

    def _differs(
        self, recorded: Recorded, kind: Kind, was: Side, would_be: Side, why: str, conversation_id: str | None = None
    ) -> Iterator[Difference]:
        if was == would_be or not self._window.reports(recorded):
            return
        self._differences += 1
        yield Difference(
            event=recorded.id,
            at=recorded.at,
            workspace_id=recorded.cause.workspace_id,
            conversation_id=conversation_id or recorded.stream,
            kind=kind,
            was=was,
            would_be=would_be,
            why=why,
        )


_WITHHELD: dict[Outcome, str] = {
    "withheld": "Other recipients, or another rate (R25).",
    "handed_over": "Only those who have opted out would be left out.",
    "not_sent": "The message would not exist.",
}
_BLOCKING: dict[Outcome, str] = {
    "open": "The opt-out would not block, or the opt-in would lift the block (R15, R17).",
    "blocked": "The opt-in would not lift the block (R17).",
}


def _blocking(group: GroupConversation) -> Side:
    return Side(outcome="blocked" if group.blocked else "open")
