"""A workspace's history, made without deciding: groups of five contacts, messages with their way to the handsets, replies."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice

from groupchat.aggregates import consent, delivery, reader
from groupchat.aggregates.contact import ContactCreated
from groupchat.aggregates.delivery_events import RecipientOutcome, Started, Updated
from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.aggregates.group_events import Author, Created, InboundReceived, MessageSent, Participant
from groupchat.aggregates.reader import ConversationRead
from groupchat.store.append import Append, Conflict
from groupchat.store.database import Database
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Recorder
from groupchat.values.clock import utc_now
from groupchat.values.event import Actor, Cause, Event
from groupchat.values.ids import new_id
from groupchat.values.money import Rate
from groupchat.values.policy import Policy

BUSINESS = "+16285550100"
PARTICIPANTS = 5
USER = "usr_01996f0c1f3a9c3b52f7d1e0a4b2c6d8"
_WAY: tuple[ReceiptStatus, ...] = ("sent", "delivered")
_PIECE = 2_000


def person(n: int) -> str:
    """Return the n-th person's number."""
    return f"+1415555{n:04d}"


def participant(n: int) -> Participant:
    """Return the n-th of millions of participants."""
    return Participant(number=f"+1{2_012_000_000 + n}", contact_id=new_id("ctc"), name=f"Person {n}")


def people(group: int) -> tuple[str, ...]:
    """Return the numbers of a group of the load."""
    return tuple(person(n) for n in range(group * PARTICIPANTS, (group + 1) * PARTICIPANTS))


def message_sent(recipients: tuple[str, ...] = tuple(map(person, range(PARTICIPANTS)))) -> MessageSent:
    """Return a message of 60 characters."""
    return MessageSent(
        message_id=new_id("msg"),
        author=Author(user_id=USER, name="Ann Owner"),
        body="Your delivery is on its way and should be there at about 5pm",
        media=(),
        recipients=recipients,
        rate=Rate(mms_segment=Decimal("0.02"), currency="USD"),
    )


def cause(workspace_id: str) -> Cause:
    """Return the envelope of a user's request."""
    request = new_id("req")
    return Cause(workspace_id=workspace_id, actor=Actor(kind="user", id=USER), correlation_id=request, causation_id=request)


def fill(database: Database, *, groups: int, messages: int) -> int:
    """Store a history with this many groups, and messages in each; return the number of its events."""
    return store(database, new_id("wsp"), _story(groups, messages))


def store(database: Database, workspace_id: str, story: Iterable[tuple[str, Event]]) -> int:
    """Store the events of streams that are new; return how many there are. No command decides them."""
    recorder, mapper, request = Recorder(database), EventMapper(), cause(workspace_id)
    versions: Counter[str] = Counter()
    told = iter(story)
    while piece := list(islice(told, _PIECE)):
        made = []
        for stream, event in piece:
            versions[stream] += 1
            made.append(mapper.store(event, stream, versions[stream], utc_now(), request))
        append = Append(events=made, expected={})
        recorder.append([append])
        stored(append)
    return versions.total()


def stored(append: Append) -> None:
    """Raise the error of an append that was not stored."""
    if isinstance(append.outcome, Conflict) or append.outcome is None:
        msg = f"an append was not stored: {append.outcome}"
        raise RuntimeError(msg)
    if isinstance(append.outcome, Exception):
        raise append.outcome


def _story(groups: int, messages: int) -> Iterator[tuple[str, Event]]:
    rosters = {new_id("cnv"): _roster(number * PARTICIPANTS) for number in range(groups)}
    for conversation, roster in rosters.items():
        yield from beginning(conversation, roster)
    for number in range(messages):
        for conversation, roster in rosters.items():
            yield from exchange(conversation, roster, replied=number % 2 == 0)


def _roster(first: int) -> tuple[Participant, ...]:
    return tuple(
        Participant(number=person(n), contact_id=new_id("ctc"), name=f"Person {n}") for n in range(first, first + PARTICIPANTS)
    )


def beginning(conversation: str, roster: tuple[Participant, ...]) -> Iterator[tuple[str, Event]]:
    """Yield the contacts of a group, its creation, and that each number joined it."""
    for each in roster:
        contact = each.contact_id or ""
        yield (
            contact,
            ContactCreated(contact_id=contact, name=each.name or "", number=each.number, secondary_numbers=(), assigned_to=None),
        )
    yield conversation, Created(business_number=BUSINESS, name=None, roster=roster, policy=Policy())
    for each in roster:
        joined = consent.GroupJoined(business_number=BUSINESS, number=each.number, conversation_id=conversation)
        yield consent.stream(BUSINESS, each.number), joined


def exchange(conversation: str, roster: tuple[Participant, ...], *, replied: bool) -> Iterator[tuple[str, Event]]:
    """Yield a message, its way to each recipient, and perhaps a reply that is read."""
    message = message_sent(tuple(each.number for each in roster))
    yield conversation, message
    yield (
        delivery.stream(message.message_id),
        Started(
            message_id=message.message_id,
            conversation_id=conversation,
            business_number=BUSINESS,
            recipients=message.recipients,
            carrier="simulator",
        ),
    )
    for status in _WAY:
        outcomes = tuple(RecipientOutcome(recipient=each, status=status, code=None) for each in message.recipients)
        updated = Updated(message_id=message.message_id, conversation_id=conversation, outcomes=outcomes)
        yield delivery.stream(message.message_id), updated
    if replied:
        yield (
            conversation,
            InboundReceived(
                message_id=new_id("msg"),
                number=roster[0].number,
                name=roster[0].name or "",
                body="Thanks, see you then",
                media=(),
                carrier_message_id=new_id("sim"),
            ),
        )
        yield reader.stream(USER, conversation), ConversationRead(user_id=USER, conversation_id=conversation, version=1_000_000)
