"""The other history: what would happen to groups and messages under another policy, decided by the product's own rules.

`roster.py` judges each group (R1, R4, R35), `group_conversation.py` decides the effects of opt-outs, opt-ins and messages (R15,
R17), `delivery.py` those of withholding (R16), and the rate card the price of a segment (R25). There are no other rules here. Only
the effect `omit` of an opt-out is not the product's: it applies the same rules to a group without the people who are out.
"""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import delivery, delivery_events, group_conversation, group_opting, group_state, roster
from groupchat.aggregates.group_events import (
    AutoReplied,
    Created,
    MessageSent,
    Participant,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
)
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.roster import Candidate, InvalidGroupError, Sender, Violation
from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded
from groupchat.values.money import Rate
from groupchat.values.policy import Policy
from groupchat.whatif.differences import Outcome
from groupchat.whatif.policy_file import OtherPolicy


class _OnTheWay(Struct, frozen=True):
    """A message of the other history that the carrier has not reported on."""

    version: int
    recipients: tuple[str, ...]
    rate: Rate
    is_reply: bool = False


class OtherHistory:
    """The hypothetical groups, and the messages on their way."""

    def __init__(self, other: OtherPolicy) -> None:
        self._other = other
        self._omits = other.opt_out_effect == "omit"
        self._same_set: dict[tuple[str, frozenset[str]], list[str]] = {}
        self._on_the_way: dict[str, _OnTheWay] = {}
        self.groups: dict[str, GroupConversation] = {}

    def create(self, recorded: Recorded, event: Created) -> str | None:
        """Request a group as it was requested; return the reason if it would be refused."""
        policy = self._other.instead_of(event.policy)
        try:
            _refuse_new(event, policy)
            if event.predecessor_id is not None:
                group_conversation.existing(self.groups.get(event.predecessor_id))
            roster.check_no_same(self._open_with_same_set(event.business_number, event.roster))
        except RefusalError as refusal:
            return refusal.detail.removeprefix("Nothing was created. ")
        create = group_conversation.CreateGroup(
            business_number=event.business_number,
            name=event.name,
            roster=event.roster,
            policy=policy,
            predecessor_id=event.predecessor_id,
        )
        self._take(recorded, group_conversation.decide(create, None))
        self._same_set.setdefault(_set_of(event.business_number, event.roster), []).append(recorded.stream)
        return None

    def hear(self, recorded: Recorded, event: ParticipantOptedOut | ParticipantOptedIn | ParticipantOptOutTakenBack) -> None:
        """Apply a participant's opt-out or opt-in, or the correction of a mistaken opt-out."""
        group = self.groups.get(recorded.stream)
        if group is None:
            return
        command: group_conversation.Command
        if isinstance(event, ParticipantOptedOut):
            command = group_opting.OptOutParticipant(
                number=event.number, cause=event.cause, evidence=event.evidence, contact_id=event.contact_id
            )
        else:
            same = bool(self._open_with_same_set(group.business_number, group.members, but=recorded.stream))
            if isinstance(event, ParticipantOptOutTakenBack):
                command = group_opting.TakeBackParticipantOptOut(number=event.number, reason=event.reason, same_set_is_open=same)
            else:
                command = group_opting.OptInParticipant(
                    number=event.number, cause=event.cause, evidence=event.evidence, same_set_is_open=same
                )
        self._take(recorded, group_conversation.decide(command, group))

    def send(self, recorded: Recorded, event: MessageSent) -> Recorded | str:
        """Write a message as it was written; return what would be sent, or why nothing would."""
        group = self.groups.get(recorded.stream)
        if group is None:
            return "The group would not exist."
        reached = replace(group, members=tuple(m for m in group.members if not m.out)) if self._omits else group
        if not reached.members:
            return "All participants have opted out."
        rate = self._other.rate_at(recorded.at, event.rate)
        command = group_conversation.Send(
            conversation_id=recorded.stream,
            message_id=event.message_id,
            author=event.author,
            body=event.body,
            media=event.media,
            rate=rate,
        )
        try:
            sent = group_conversation.decide(command, reached)
        except RefusalError as refusal:
            return refusal.detail
        self._on_the_way[event.message_id] = _OnTheWay(recorded.version, reached.numbers, rate)
        return replace(recorded, event=sent[0])

    def reply(self, recorded: Recorded, event: AutoReplied) -> Recorded | str:
        """Answer a person as they were answered (R41); return what would be sent, or why nothing would."""
        if recorded.stream not in self.groups:
            return "The group would not exist."
        rate = self._other.rate_at(recorded.at, event.rate)
        self._on_the_way[event.message_id] = _OnTheWay(recorded.version, (event.number,), rate, is_reply=True)
        return replace(recorded, event=replace(event, rate=rate))

    def arrive(self, message_id: str) -> None:
        """Apply a carrier's report about a message, after which it can't be withheld any more."""
        self._on_the_way.pop(message_id, None)

    def withhold(self, recorded: Recorded, event: delivery_events.Withheld) -> tuple[Outcome, Recorded | None]:
        """Hand over a message that was withheld; return what becomes of it, and what is withheld of it."""
        sent = self._on_the_way.pop(event.message_id, None)
        group = self.groups.get(event.conversation_id)
        if group is None or (sent is None and event.rate is not None):
            return "not_sent", None
        if sent is not None and sent.is_reply:
            return "withheld", replace(recorded, event=replace(event, rate=sent.rate))
        recipients, rate = (event.recipients, None) if sent is None else (sent.recipients, sent.rate)
        out = {member.number for member in group.members if member.out}
        held = tuple(number for number in recipients if number in out) if self._omits else recipients
        begin = delivery.Begin(
            message_id=event.message_id,
            conversation_id=event.conversation_id,
            business_number=group.business_number,
            recipients=held,
            carrier="",
            rate=rate,
            withhold=sent is None or group.opted_out_since(sent.version),
        )
        (begun,) = delivery.decide(begin, None)
        if not held or not isinstance(begun, delivery_events.Withheld):
            return "handed_over", None
        return ("withheld" if held == recipients else "handed_over"), replace(recorded, event=begun)

    def _take(self, recorded: Recorded, events: Sequence[Event]) -> None:
        for event in events:
            group = group_state.evolve(self.groups.get(recorded.stream), replace(recorded, event=event))
            if group is not None and self._omits:
                group = replace(group, members=tuple(replace(member, blocked_for=()) for member in group.members))
            self.groups[recorded.stream] = group_conversation.existing(group)

    def _open_with_same_set(
        self, business_number: str, people: Sequence[Participant | group_state.Member], *, but: str | None = None
    ) -> list[str]:
        """Return the open groups that a carrier could not distinguish from one of these people (R35)."""
        same = self._same_set.get(_set_of(business_number, people), ())
        return [id_ for id_ in same if id_ != but and not self.groups[id_].blocked]


def _set_of(business_number: str, people: Sequence[Participant | group_state.Member]) -> tuple[str, frozenset[str]]:
    return business_number, frozenset(each.number for each in people)


def _refuse_new(event: Created, policy: Policy) -> None:
    """Raise `InvalidGroupError` for rules that a group breaks under a policy, but did not when it was created."""
    then = {(violation.code, violation.number) for violation in _broken(event, event.policy)}
    if broken := [each for each in _broken(event, policy) if (each.code, each.number) not in then]:
        raise InvalidGroupError(broken)


def _broken(event: Created, policy: Policy) -> tuple[Violation, ...]:
    """Return the violations of a group; of a successor, only those of size (R18). Consent (R5) does not depend on the policy."""
    people = [Candidate(index=index, number=each.number, name=each.name) for index, each in enumerate(event.roster)]
    try:
        if event.predecessor_id is not None:
            roster.check_size(len(people), policy)
        else:
            roster.check(people, Sender(number=event.business_number, readable=True, owned=True), policy)
    except InvalidGroupError as error:
        return error.violations
    return ()
