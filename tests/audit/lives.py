"""Histories of a group that the rules allow: random commands through the deciders, with a simple model to compare."""

from collections.abc import Callable
from datetime import date

from hypothesis import strategies as st

from groupchat.aggregates import (
    delivery,
    delivery_events,
    delivery_state,
    group_conversation,
    group_opting,
    group_state,
    workspace_state,
)
from groupchat.aggregates import group_conversation as group
from groupchat.aggregates.group_conversation import ConversationBlockedError, GroupConversation
from groupchat.aggregates.group_events import InboundReceived, MessageSent, ParticipantOptedOut, Unblocked
from groupchat.aggregates.workspace_events import RatePosted
from groupchat.audit.history import History
from groupchat.values.event import Event, Recorded
from tests.projections.histories import log_of
from tests.support.builders import (
    BUSINESS,
    CAUSE,
    a_group,
    a_participant,
    a_policy,
    a_rate,
    a_receive,
    a_send,
    a_workspace,
    moment,
    number,
)

CONVERSATION, WORKSPACE = "cnv_1", CAUSE.workspace_id
PEOPLE = (1, 2, 3)


class Life:
    """The events, the refusals, and the event that decided each, from a model without a fold."""

    def __init__(self, *, reopens: bool) -> None:
        self.story: list[tuple[str, Event]] = [(WORKSPACE, a_workspace())]
        self.refused: list[tuple[int, str]] = []
        self.withheld: dict[str, str] = {}
        self.begun: set[str] = set()
        self._blocker: str | None = None
        self._after: dict[str, str] = {}
        """The first opt-out after each sent message."""
        roster = (a_participant(1), a_participant(2, contact=True), a_participant(3, name="Cleo"))
        self._store(CONVERSATION, a_group(*roster, policy=a_policy(reopen_on_opt_in=reopens)))

    @property
    def log(self) -> list[Recorded]:
        return log_of(self.story)

    @property
    def history(self) -> History:
        def of(prefix: str) -> list[Recorded]:
            return [each for each in self.log if each.stream.startswith(prefix)]

        return History(events=of("cnv_"), deliveries=of("delivery-"), workspace=of("wsp_"))

    @property
    def messages(self) -> list[Recorded]:
        return [each for each in self.log if isinstance(each.event, MessageSent | InboundReceived)]

    # --- what may happen

    def send(self, n: int, who: int, choice: int) -> None:
        state, at = self._workspace(), moment(len(self.story) + 1)
        command = a_send(f"msg_{n}", rate=state.rate_at(at))
        try:
            self._decide(command)
        except ConversationBlockedError:
            assert self._blocker is not None
            self.refused.append((self._group().version, self._blocker))

    def receive(self, n: int, who: int, choice: int) -> None:
        self._decide(a_receive(who, message_id=f"msg_{n}", carrier_message_id=f"SM{n}"))

    def opt_out(self, n: int, who: int, choice: int) -> None:
        cause = ("keyword", "dnd", "user", "carrier")[choice]
        self._decide(group_opting.OptOutParticipant(number=number(who), cause=cause, evidence="msg_stop"))

    def opt_in(self, n: int, who: int, choice: int) -> None:
        out = [member for member in self._group().members if member.out]
        if not out:
            return
        member = out[choice % len(out)]
        cause = "dnd" if member.out[0] == "dnd" else "keyword"
        command = group_opting.OptInParticipant(
            number=member.number, cause=cause, evidence="msg_start", same_set_is_open=who == choice
        )
        self._decide(command)

    def rename(self, n: int, who: int, choice: int) -> None:
        self._decide(group.RenameGroup(name=f"Crew {choice}"))

    def post_rate(self, n: int, who: int, choice: int) -> None:
        event = RatePosted(effective_from=date(2025, 1, 31 - who) if choice else date(2025, 2, 1), rate=a_rate(f"0.0{n + 1}"))
        self.story.append((WORKSPACE, event))

    def begin(self, n: int, who: int, choice: int) -> None:
        """Begin the hand-over of a message, or of none that is left."""
        waiting = [each for each in self.messages if each.event.message_id not in self.begun]
        if not waiting:
            return
        message = waiting[choice % len(waiting)]
        id_, sent, state = message.event.message_id, isinstance(message.event, MessageSent), self._group()
        late = state.opted_out_since(message.version) if sent else state.blocked
        command = delivery.Begin(
            message_id=id_,
            conversation_id=CONVERSATION,
            business_number=BUSINESS,
            recipients=state.numbers,
            carrier="simulator",
            rate=message.event.rate if sent else None,
            withhold=late,
        )
        self.begun.add(id_)
        self._deliver(message, command)

    def go_on(self, n: int, who: int, choice: int) -> None:
        """Continue a hand-over that never reached the carrier."""
        begun = [each for each in self.messages if each.event.message_id in self.begun]
        if not begun:
            return
        message, state = begun[choice % len(begun)], self._group()
        sent = isinstance(message.event, MessageSent)
        late = state.opted_out_since(message.version) if sent else state.blocked
        rate, call = message.event.rate if sent else None, self._delivery(message.event.message_id).call
        self._deliver(message, delivery.GoOn(rate=rate, withhold=late, call=call, renew=choice % 2 == 0))

    def _deliver(self, message: Recorded, command: delivery.Command) -> None:
        id_ = message.event.message_id
        blocker = self._after.get(id_) if isinstance(message.event, MessageSent) else self._blocker
        for event in delivery.decide(command, self._delivery(id_)):
            self.story.append((delivery.stream(id_), event))
            if isinstance(event, delivery_events.Withheld):
                assert blocker is not None
                self.withheld[id_] = blocker

    def _delivery(self, message_id: str) -> delivery_state.Delivery | None:
        state: delivery_state.Delivery | None = None
        for each in self.log:
            if each.stream == delivery.stream(message_id):
                state = delivery_state.evolve(state, each)
        return state

    # --- deciding

    def _decide(self, command: group.Command) -> None:
        for event in group_conversation.decide(command, self._group()):
            self._store(CONVERSATION, event)

    def _store(self, stream: str, event: Event) -> None:
        self.story.append((stream, event))
        id_ = self.log[-1].id
        if isinstance(event, ParticipantOptedOut):
            self._blocker = self._blocker or id_
            for message in self.messages:
                self._after.setdefault(message.event.message_id, id_)
        elif isinstance(event, Unblocked):
            self._blocker = None

    def _group(self) -> GroupConversation:
        state: GroupConversation | None = None
        for each in self.log:
            if each.stream == CONVERSATION:
                state = group_state.evolve(state, each)
        assert state is not None
        return state

    def _workspace(self) -> workspace_state.Workspace:
        state: workspace_state.Workspace | None = None
        for each in self.log:
            if each.stream == WORKSPACE:
                state = workspace_state.evolve(state, each)
        assert state is not None
        return state


Step = Callable[[Life, int, int, int], None]
STEPS: tuple[Step, ...] = (
    Life.send,
    Life.send,
    Life.receive,
    Life.opt_out,
    Life.opt_in,
    Life.opt_in,
    Life.begin,
    Life.begin,
    Life.go_on,
    Life.rename,
    Life.post_rate,
)


@st.composite
def lives(draw: st.DrawFn, max_size: int = 30) -> Life:
    """Return any history."""
    life = Life(reopens=draw(st.booleans()))
    for n in range(draw(st.integers(1, max_size))):
        draw(st.sampled_from(STEPS))(life, n, draw(st.sampled_from(PEOPLE)), draw(st.integers(0, 3)))
    return life
