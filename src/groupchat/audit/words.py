"""Words for events: who, when and how, in text that is safe to print."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from unicodedata import category

from groupchat.aggregates import consent
from groupchat.aggregates.group_events import (
    AutoReplied,
    Created,
    GroupMetadataChanged,
    GroupRenamed,
    InboundReceived,
    MessageSent,
    ParticipantContactDeleted,
    ParticipantContactLinked,
    ParticipantContactMerged,
    ParticipantContactNumberChanged,
    ParticipantContactRenamed,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    ReactionReceived,
    SucceededBy,
    Unblocked,
)
from groupchat.aggregates.group_state import GroupConversation
from groupchat.audit.history import History, Step
from groupchat.values import moments
from groupchat.values.carrier_codes import meaning_of
from groupchat.values.event import Recorded

_UNSAFE = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the direction of writing, which could make a line read as another one."""


def plain(text: str) -> str:
    """Return a text as one line without effects on a terminal; characters with effects are written as their codes."""
    return "".join(f"\\u{ord(each):04x}" if category(each) in _UNSAFE or each in _TURNING else each for each in text)


def quoted(text: str | None) -> str:
    """Return a text in quotation marks."""
    return "nothing" if text is None else f'"{plain(text)}"'


def listed(things: Iterable[str]) -> str:
    """Return things as a list; "nobody" for an empty one."""
    return ", ".join(things) or "nobody"


def person(group: GroupConversation, number: str) -> str:
    """Return a participant, by name and number."""
    member = group.member(number)
    return f"{plain(member.name)} ({number})" if member and member.name else number


def people(group: GroupConversation, numbers: Iterable[str]) -> str:
    """Return participants, by name and number."""
    return listed(person(group, number) for number in numbers)


def actor(history: History, recorded: Recorded, group: GroupConversation) -> str:
    """Return who caused an event (R31), by name where there is one."""
    who, event = recorded.cause.actor, recorded.event
    if who.kind == "participant":
        return person(group, who.id)
    if who.kind != "user":
        return f"{who.kind} {plain(who.id)}"
    return user(who.id, {who.id: event.author.name} if isinstance(event, MessageSent) else history.user_names)


def message(event: MessageSent | InboundReceived, group: GroupConversation) -> str:
    """Return what a message says and carries, and the numbers to which an outbound one goes."""
    carried = ", ".join(plain(media.url) for media in event.media)
    said = " with ".join([*([quoted(event.body)] if event.body else []), *([carried] if carried else [])])
    return f"sent {said} to {everybody(group, event.recipients)}" if isinstance(event, MessageSent) else f"wrote {said}"


def replied(event: AutoReplied, group: GroupConversation) -> str:
    """Return what an automatic reply does, without its text."""
    asked, did = ("opt-out", "confirmed") if event.purpose == "opt-out" else ("request for help", "answered")
    return f"the {asked} of {person(group, event.number)} in the message {event.evidence} was {did} to them alone"


def deed(history: History, step: Step) -> str:
    """Return who did what, as the beginning of a sentence; an automatic reply has a subject of its own."""
    did = what(step, history.user_names)
    if isinstance(step.recorded.event, AutoReplied):
        return f"{did[0].upper()}{did[1:]}"
    return f"{actor(history, step.recorded, step.after)} {did}"


def everybody(group: GroupConversation, numbers: Sequence[str]) -> str:
    """Return recipients in words: all of several participants as "all 5", others by name and number."""
    if len(numbers) > 1 and set(numbers) == set(group.numbers):
        return f"all {len(numbers)} participants"
    return people(group, numbers)


def what(step: Step, names: Mapping[str, str]) -> str:
    """Return a conversation's event in words; `names` are those of users. A test names any type of event without words."""
    event, group = step.recorded.event, step.after
    match event:
        case Created():
            named = f", named {quoted(event.name)}" if event.name else ""
            after = f", which continues {event.predecessor_id}" if event.predecessor_id else ""
            numbers = [participant.number for participant in event.roster]
            return f"created the group of {people(group, numbers)} with the business number {event.business_number}{named}{after}"
        case MessageSent() | InboundReceived():
            return message(event, group)
        case ParticipantOptedOut() | ParticipantOptedIn():
            return opted(event, group, names)
        case ParticipantOptOutTakenBack():
            return f"took back the opt-out of {person(group, event.number)}, recorded by mistake: {quoted(event.reason)} (R39)"
        case Unblocked():
            return f"reopened the group: {_why_open(step)}"
        case _:
            return _change(event, group)


def _why_open(step: Step) -> str:
    before = step.before.members if step.before else ()
    if any("mistake" in member.blocked_for for member in before):
        return "only the opt-out that was taken back blocked it (R39)"
    return "nobody is opted out anymore (R17)"


def _change(event: object, group: GroupConversation) -> str:
    match event:
        case _ if isinstance(event, OfContact):
            return _of_contact(event, group)
        case ReactionReceived():
            did = "removed their reaction" if event.removed else "reacted with"
            return f"{did} {plain(event.emoji)} to {event.message_id} (R42)"
        case AutoReplied():
            return f"{replied(event, group)}: {quoted(event.body)} (R41)"
        case GroupRenamed():
            return f"named the group {quoted(event.name)}" if event.name else "removed the group's name"
        case GroupMetadataChanged():
            return f"set the group's metadata to {value(event.metadata)} (R54)"
        case SucceededBy():
            return f"continued the group in {event.conversation_id} (R18)"
        case _:
            msg = f"{type(event).__name__} has no words; they belong in `audit/words.py`."
            raise NotImplementedError(msg)


OfContact = (
    ParticipantContactLinked
    | ParticipantContactMerged
    | ParticipantContactNumberChanged
    | ParticipantContactRenamed
    | ParticipantContactDeleted
)
SAYS_OF_WHOM = OfContact | ParticipantOptedOut | ParticipantOptedIn | AutoReplied
"""Events whose words have a subject of their own, which need not be who caused them."""


def _of_contact(event: OfContact, group: GroupConversation) -> str:
    match event:
        case ParticipantContactLinked():
            who = f"{plain(event.contact_id)} ({plain(event.name)})"
            return f"the participant {event.number} is linked to the contact {who}, which now has the number (R37)"
        case ParticipantContactMerged():
            now = f"{plain(event.contact_id)} ({plain(event.name)})"
            return f"the contact {plain(event.merged_id)} of {event.number} was merged into {now} (R54)"
        case ParticipantContactNumberChanged():
            has = "has the frozen number again" if event.number in event.numbers else "no longer has the frozen number"
            now = ", ".join(event.numbers) or "none"
            return f"the contact of {person(group, event.number)} {has}; its numbers are {now} (R9)"
        case ParticipantContactRenamed():
            return f"the contact of {listed(_linked(event.contact_id, group))} is called {quoted(event.name)} now"
        case ParticipantContactDeleted():
            return f"the contact of {people(group, _linked(event.contact_id, group))} was deleted (R9)"


def _linked(contact_id: str, group: GroupConversation) -> list[str]:
    return [member.number for member in group.members if member.contact_id == contact_id]


def why(code: str | None) -> str:
    """Return the meaning of a carrier's code, in parentheses (R49); nothing without a code."""
    return f" ({meaning_of(code).removesuffix('.')}; the carrier's code: {plain(code)})" if code else ""


def opted(event: ParticipantOptedOut | ParticipantOptedIn, group: GroupConversation, names: Mapping[str, str]) -> str:
    """Return who opted out or in, and how (R14)."""
    word = "out" if isinstance(event, ParticipantOptedOut) else "in again"
    return f"{person(group, event.number)} opted {word}, {_how(event, group, names)}"


_HOW: dict[consent.Cause, str] = {
    "keyword": "by a keyword in the message {evidence}",
    "dnd": "by do-not-disturb of the contact {contact}, set by {user}",
    "user": "recorded by {user}",
    "review": "in their own words in the message {evidence}, as its review found (R40)",
    "carrier": "reported by the carrier for the message {evidence}",
}


def _how(event: ParticipantOptedOut | ParticipantOptedIn, group: GroupConversation, names: Mapping[str, str]) -> str:
    evidence, contact = plain(event.evidence), plain(_contact_of(event, group) or "unknown")
    return _HOW[event.cause].format(evidence=evidence, contact=contact, user=user(event.evidence, names))


def user(user_id: str, names: Mapping[str, str]) -> str:
    """Return a user, by name and id."""
    name = names.get(user_id)
    return f"{plain(name)} ({plain(user_id)})" if name else plain(user_id)


def _contact_of(event: ParticipantOptedOut | ParticipantOptedIn, group: GroupConversation) -> str | None:
    """Return the contact whose do-not-disturb it is. The event names it, unless it is an old one (R36)."""
    member = group.member(event.number)
    said = event.contact_id if isinstance(event, ParticipantOptedOut) else None
    return said or (member.contact_id if member else None)


def value(anything: object, zone: tzinfo = UTC) -> str:
    """Return a field's value in words; a time as in the zone."""
    match anything:
        case None | () | "":
            return "none"
        case bool():
            return "yes" if anything else "no"
        case datetime():
            return moments.shown(anything, zone)
        case dict():
            return ", ".join(f"{plain(str(key))}: {quoted(each)}" for key, each in anything.items()) or "none"
        case tuple():
            return ", ".join(value(each, zone) for each in anything)
        case _:
            return plain(str(anything))
