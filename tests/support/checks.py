"""The promises of any log, however many raced to write it: a scan of all stored events by their wire names.

`broken(log)` returns a sentence for each broken promise: gapless positions and versions, times that never go backwards (R32), no
two unblocked groups with the same people (R35), one owner per business number (R4), no group begun with, nothing sent to and
nothing handed over for somebody who has opted out, by the number's word or by a person's do-not-disturb (R5, R15, R16, R36), except
one confirmation of each opt-out, and no automatic reply handed over five minutes after the text that it answers (R41).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from groupchat.values.event import Recorded

Group = tuple[str, frozenset[str]]


def broken(log: Sequence[Recorded]) -> list[str]:
    """Return the broken promises of a log from its beginning; none if it keeps all."""
    scan = _Scan()
    return [problem for recorded in log for problem in scan.take(recorded)]


class _Scan:
    def __init__(self) -> None:
        self.position = 0
        self.versions: dict[str, int] = {}
        self.times: dict[str, datetime] = {}
        self.owners: dict[str, str] = {}
        self.out: set[tuple[str, str]] = set()
        self.dnd: set[str] = set()
        self.cards: dict[str, tuple[str, frozenset[str]]] = {}
        self.left_behind: set[tuple[str, str]] = set()
        self.groups: dict[str, Any] = {}
        self.blocked: set[str] = set()
        self.opted_out_at: dict[str, int] = {}
        self.sent_at: dict[str, int] = {}
        self.unconfirmed: set[tuple[str, str]] = set()
        self.replies: dict[str, Any] = {}
        self.unblocked_sets: dict[Group, str] = {}

    def take(self, recorded: Recorded) -> Iterator[str]:
        """Take the next event, and return the promises that it breaks."""
        yield from self._order(recorded)
        if recorded.type.startswith("groupchat.conversation.") and recorded.version > 1 and recorded.stream not in self.groups:
            yield f"{recorded.id}: its group never began"
            return
        handle = getattr(self, recorded.type.removeprefix("groupchat.").replace(".", "_"), None)
        if handle is not None:
            yield from handle(recorded, recorded.event) or ()

    # --- one for each wire name

    def workspace_number_claimed(self, recorded: Recorded, event: Any) -> Iterator[str]:
        if self.owners.setdefault(event.number, event.workspace_id) != event.workspace_id:
            yield f"{recorded.id}: {event.number} has two owners (R4)"

    def consent_opted_out(self, _: Recorded, event: Any) -> None:
        self.out.add((event.business_number, event.number))
        self.unconfirmed.add((event.business_number, event.number))

    def consent_opted_in(self, _: Recorded, event: Any) -> None:
        self.out.discard((event.business_number, event.number))

    def consent_opt_out_taken_back(self, _: Recorded, event: Any) -> None:
        self.out.discard((event.business_number, event.number))

    def contact_created(self, recorded: Recorded, event: Any) -> None:
        self.cards[event.contact_id] = recorded.cause.workspace_id, frozenset((event.number, *event.secondary_numbers))

    def contact_numbers_changed(self, _: Recorded, event: Any) -> None:
        workspace, before = self.cards.get(event.contact_id, ("", frozenset()))
        after = frozenset((event.number, *event.secondary_numbers))
        self._leave(event.contact_id, before - after)
        self.cards[event.contact_id] = workspace, after

    def contact_dnd_turned_on(self, _: Recorded, event: Any) -> None:
        self.dnd.add(event.contact_id)

    def contact_dnd_turned_off(self, _: Recorded, event: Any) -> None:
        self.dnd.discard(event.contact_id)
        workspace, numbers = self.cards.get(event.contact_id, ("", frozenset()))
        self.left_behind -= {(workspace, number) for number in numbers}

    def contact_deleted(self, _: Recorded, event: Any) -> None:
        self._leave(event.contact_id, self.cards.get(event.contact_id, ("", frozenset()))[1])
        self.dnd.discard(event.contact_id)

    def do_not_disturb_lifted(self, recorded: Recorded, event: Any) -> None:
        self.left_behind.discard((recorded.cause.workspace_id, event.number))

    def conversation_created(self, recorded: Recorded, event: Any) -> Iterator[str]:
        self.groups[recorded.stream] = event
        if recorded.cause.actor.kind != "participant":  # what people write is kept, and blocked from the start (R44)
            yield from self._unwilling(recorded, "begins with")
        yield from self._open(recorded)

    def conversation_participant_opted_out(self, recorded: Recorded, _: Any) -> None:
        self.opted_out_at[recorded.stream] = recorded.position
        self.blocked.add(recorded.stream)
        people = _set(self.groups[recorded.stream])
        if self.unblocked_sets.get(people) == recorded.stream:
            del self.unblocked_sets[people]

    def conversation_unblocked(self, recorded: Recorded, _: Any) -> Iterator[str]:
        self.blocked.discard(recorded.stream)
        yield from self._open(recorded)

    def conversation_message_sent(self, recorded: Recorded, event: Any) -> Iterator[str]:
        self.sent_at[event.message_id] = recorded.position
        yield from self._unwilling(recorded, "is sent to")
        if recorded.stream in self.blocked:
            yield f"{recorded.id} is sent in a blocked group (R16)"

    def conversation_auto_replied(self, recorded: Recorded, event: Any) -> Iterator[str]:
        self.replies[event.message_id] = event
        opted_out = self.groups[recorded.stream].business_number, event.number
        if event.purpose == "opt-out" and opted_out not in self.unconfirmed:
            yield f"{recorded.id} confirms no opt-out, or one a second time (R41)"
        if event.purpose == "opt-out":
            self.unconfirmed.discard(opted_out)

    def delivery_started(self, recorded: Recorded, event: Any) -> Iterator[str]:
        if (reply := self.replies.get(event.message_id)) is not None:
            is_out = (event.business_number, reply.number) in self.out
            if event.recipients != (reply.number,) or is_out != (reply.purpose == "opt-out"):
                yield f"{recorded.id}: the reply goes to somebody whom it does not fit (R41)"
            if recorded.at >= reply.send_by:
                yield f"{recorded.id}: the reply is handed over too late (R41)"
        sent_at = self.sent_at.get(event.message_id)
        if sent_at is not None and self.opted_out_at.get(event.conversation_id, 0) > sent_at:
            yield f"{recorded.id}: the hand-over begins after an opt-out (R16)"

    # --- what they share

    def _order(self, recorded: Recorded) -> Iterator[str]:
        if recorded.position != self.position + 1:
            yield f"{recorded.id} has position {recorded.position} after {self.position}"
        version = self.versions.get(recorded.stream, 0)
        if recorded.version != version + 1:
            yield f"{recorded.id} comes after version {version}"
        if recorded.at < self.times.get(recorded.stream, recorded.at):
            yield f"{recorded.id} is earlier than the event before it (R32)"
        self.position = recorded.position
        self.versions[recorded.stream] = recorded.version
        self.times[recorded.stream] = recorded.at

    def _unwilling(self, recorded: Recorded, what: str) -> Iterator[str]:
        created = self.groups[recorded.stream]
        for person in created.roster:
            if (created.business_number, person.number) in self.out:
                yield f"{recorded.id} {what} {person.number}, who has opted out (R16)"
            if person.contact_id in self.dnd:
                yield f"{recorded.id} {what} {person.contact_id}, who has do-not-disturb on (R16)"
            if self._is_a_no(recorded.cause.workspace_id, person.number):
                yield f"{recorded.id} {what} {person.number}, which has do-not-disturb (R36)"

    def _is_a_no(self, workspace: str, number: str) -> bool:
        held = (self.cards.get(contact_id, ("", frozenset())) for contact_id in self.dnd)
        return (workspace, number) in self.left_behind or any(owner == workspace and number in has for owner, has in held)

    def _leave(self, contact_id: str, numbers: frozenset[str]) -> None:
        if contact_id in self.dnd:
            workspace = self.cards.get(contact_id, ("", numbers))[0]
            self.left_behind |= {(workspace, number) for number in numbers}

    def _open(self, recorded: Recorded) -> Iterator[str]:
        other = self.unblocked_sets.setdefault(_set(self.groups[recorded.stream]), recorded.stream)
        if other != recorded.stream:
            yield f"{recorded.id}: {other} is unblocked and has the same people (R35)"


def _set(created: Any) -> Group:
    return created.business_number, frozenset(person.number for person in created.roster)
