"""Consent: what one phone number has said to one business number.

- R5 A person who has opted out can't be added to a group of that business number.
- R14 An opt-out comes by keyword (`keywords.py`), because a user records it, or because the carrier reports it (DND is stored with
  the number: `do_not_disturb.py`).
- R16 The creation of a group is recorded here too (`GroupJoined`), in the same append. So an opt-out knows every conversation that
  it covers, and the two can't miss each other.
- R39 An opt-out that a user recorded by mistake can be taken back. The person's own opt-out can't.
"""

from operator import itemgetter
from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded, stored_as
from groupchat.values.lasting import LastingMap

Cause = Literal["keyword", "dnd", "user", "carrier", "review"]
RECORDED: frozenset[Cause] = frozenset({"user", "review"})
"""Opt-outs that a user recorded or judged, not the person's own word for word. Only these can be taken back (R39)."""

# --- events


@stored_as("groupchat.consent.opted_out")
class OptedOut(Event, frozen=True, kw_only=True):
    """The person wants no more messages from this business number. `evidence` is the id of a message or of a user."""

    business_number: str
    number: str
    cause: Cause
    evidence: str
    carrier_message_id: str | None = None


@stored_as("groupchat.consent.opted_in")
class OptedIn(Event, frozen=True, kw_only=True):
    """The person accepts messages again."""

    business_number: str
    number: str
    cause: Cause
    evidence: str
    carrier_message_id: str | None = None


@stored_as("groupchat.consent.opt_out_taken_back")
class OptOutTakenBack(Event, frozen=True, kw_only=True):
    """An owner or admin took back what a user had recorded by mistake (R39)."""

    business_number: str
    number: str
    reason: str


@stored_as("groupchat.consent.group_joined")
class GroupJoined(Event, frozen=True, kw_only=True):
    """The number became a participant of a new group of this business number."""

    business_number: str
    number: str
    conversation_id: str


# --- state


class Ground(Struct, frozen=True):
    """The grounds of an opt-out, as in its event."""

    cause: Cause
    evidence: str


class Consent(Struct, frozen=True):
    """Whether the number has opted out, and the conversations that it is in.

    `theirs`: the person opted out themselves, by a keyword or through the carrier. `recorded`: a user recorded it.
    """

    theirs: bool = False
    recorded: bool = False
    joined: LastingMap[int] = LastingMap()
    """The conversations that the number is in; the first has 1, and so on."""
    last_out: Ground | None = None
    """The ground of the last opt-out, taken back or not."""
    carrier_message_ids: LastingMap[bool] = LastingMap()
    """The carrier's ids of the keywords that were applied. A repeated one changes nothing."""

    @property
    def conversations(self) -> tuple[str, ...]:
        """The conversations that the number is in, oldest first."""
        return tuple(id_ for id_, _ in sorted(self.joined.items(), key=itemgetter(1)))

    @property
    def opted_out(self) -> bool:
        """Whether the number has opted out in any way."""
        return self.theirs or self.recorded


NONE = Consent()


def stream(business_number: str, number: str) -> str:
    """Return the stream of one business number and one phone number."""
    return f"consent-{business_number}-{number}"


def evolve(state: Consent | None, recorded: Recorded) -> Consent | None:
    """Fold one event."""
    event = recorded.event
    state = state or NONE
    match event:
        case OptedOut():
            out = replace(state, last_out=Ground(event.cause, event.evidence))
            return _heard(replace(out, recorded=True) if event.cause in RECORDED else replace(out, theirs=True), event)
        case OptedIn():
            return _heard(replace(state, theirs=False, recorded=False), event)
        case OptOutTakenBack():
            return replace(state, recorded=False)
        case GroupJoined():
            return replace(state, joined=state.joined.with_(event.conversation_id, len(state.joined) + 1))
        case _:
            return state


def _heard(state: Consent, event: OptedOut | OptedIn) -> Consent:
    if event.carrier_message_id is None:
        return state
    return replace(state, carrier_message_ids=state.carrier_message_ids.with_(event.carrier_message_id, value=True))


# --- errors


class OptOutIsTheirsError(RefusalError):
    """R39: the person opted out themselves, so only they can take it back."""

    slug = "opt-out-is-theirs"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} opted out in person. Only they can opt in again, by texting START (R39).", number=number)


# --- commands and decide


class OptOut(Struct, frozen=True, kw_only=True):
    """Record the person's opt-out."""

    business_number: str
    number: str
    cause: Cause
    evidence: str
    carrier_message_id: str | None = None


class OptIn(Struct, frozen=True, kw_only=True):
    """Record the person's opt-in."""

    business_number: str
    number: str
    cause: Cause
    evidence: str
    carrier_message_id: str | None = None


class TakeBack(Struct, frozen=True, kw_only=True):
    """End an opt-out that a user recorded by mistake (R39)."""

    business_number: str
    number: str
    reason: str


class Join(Struct, frozen=True, kw_only=True):
    """Record that the number is in a new group."""

    business_number: str
    number: str
    conversation_id: str


Command = OptOut | OptIn | TakeBack | Join


def decide(command: Command, state: Consent | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new.

    A person's own opt-out is stored even after a user has recorded one, because only a user's can be taken back. Taking back a
    person's own raises `OptOutIsTheirsError`.
    """
    state = state or NONE
    if isinstance(command, OptOut | OptIn) and command.carrier_message_id in state.carrier_message_ids:
        return []
    match command:
        case OptOut() if not state.theirs and not (command.cause in RECORDED and state.recorded):
            return [OptedOut(**asdict(command))]
        case TakeBack() if state.theirs:
            raise OptOutIsTheirsError(command.number)
        case TakeBack() if state.recorded:
            return [OptOutTakenBack(**asdict(command))]
        case OptIn() if state.opted_out:
            return [OptedIn(**asdict(command))]
        case Join() if command.conversation_id not in state.joined:
            return [GroupJoined(**asdict(command))]
        case _:
            return []
