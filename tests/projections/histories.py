"""Histories for the views: logs made by hand or by Hypothesis, stored for real, and the contents of a view's tables."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import delete, select

from groupchat.aggregates import consent, contact, delivery, delivery_events, do_not_disturb, reader, refusal, review
from groupchat.aggregates import group_events as group
from groupchat.aggregates.keywords import keyword
from groupchat.projections.paging import Page
from groupchat.projections.view import Projection, View
from groupchat.store.append import Append
from groupchat.store.database import Database
from groupchat.store.mapper import EventMapper
from groupchat.store.recorder import Recorder
from groupchat.store.tables import METADATA
from groupchat.values.event import Cause, Event, Recorded
from tests.support.builders import (
    ANN,
    BUSINESS,
    CAUSE,
    a_contact_created,
    a_group,
    a_participant,
    a_rate,
    moment,
    number,
    texts,
)

T = TypeVar("T")
Story = Iterable[tuple[str, Event]]

EVERYTHING = 1_000_000
"""Stands for the version that a conversation has when it is read."""


def log_of(story: Story, *, cause: Cause = CAUSE, first: int = 1) -> list[Recorded]:
    """Return (stream, event) pairs as entries of a log; the n-th event happens at `moment(n)`.

    A mark of everything gets the version that its conversation has by then.
    """
    versions: dict[str, int] = {}
    log = []
    for position, (stream, event) in enumerate(story, start=first):
        version = versions[stream] = versions.get(stream, 0) + 1
        stored = event
        if isinstance(event, reader.ConversationRead) and event.version == EVERYTHING:
            stored = replace(event, version=versions.get(event.conversation_id, 1))
        log.append(Recorded(event=stored, stream=stream, version=version, position=position, at=moment(position), cause=cause))
    return log


def store_log(database: Database, log: Sequence[Recorded]) -> None:
    """Store a log that begins where the stored one ends."""
    mapper = EventMapper()
    stored = [mapper.store(each.event, each.stream, each.version, each.at, each.cause) for each in log]
    append = Append(events=stored, expected={})
    Recorder(database).append([append])
    assert append.outcome == (log[-1].position if log else append.outcome)


async def follow(database: Database, view: View, *batches: Sequence[Recorded]) -> None:
    """Let a view follow batches."""
    projection = Projection(database, view)
    for batch in batches:
        if batch:
            await projection.handle(batch, batch[-1].position)


def forget_everything(database: Database) -> None:
    """Empty every table."""
    with database.write() as connection:
        for table in METADATA.sorted_tables:
            connection.execute(delete(table))


def tables_of(database: Database, view: View) -> dict[str, list[tuple[Any, ...]]]:
    """Return the contents of a view's tables."""
    with database.read() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table)))) for table in view.tables}


def items(page: Page, shape: type[T]) -> list[T]:
    """Return a page's items, as a client reads them."""
    return [msgspec.json.decode(item, type=shape) for item in page.items]


def cut(log: Sequence[T], cuts: Iterable[int]) -> list[Sequence[T]]:
    """Return a log in pieces, cut at places modulo its length."""
    places = sorted({each % (len(log) + 1) for each in cuts})
    return [log[start:end] for start, end in zip([0, *places], [*places, len(log)], strict=True)]


# --- events in short


def sent(message_id: str, *to: str, body: str | None = "Hello all", price: str = "0.0200") -> group.MessageSent:
    """Return a message from Ann to these numbers, to the first two people if none are given."""
    recipients = to or (number(1), number(2))
    return group.MessageSent(message_id=message_id, author=ANN, body=body, media=(), recipients=recipients, rate=a_rate(price))


def received(message_id: str, n: int = 1, name: str | None = None, body: str | None = "Hi") -> group.InboundReceived:
    """Return a message from the participant with `number(n)`."""
    return group.InboundReceived(
        message_id=message_id,
        number=number(n),
        name=name or number(n),
        body=body,
        media=(),
        carrier_message_id=message_id,
        keyword=keyword(body, alone=True),
    )


def reacted(message_id: str, n: int, emoji: str = "\N{THUMBS UP SIGN}", *, removed: bool = False) -> group.ReactionReceived:
    """Return a reaction of the participant with `number(n)`, or its removal."""
    return group.ReactionReceived(
        message_id=message_id,
        number=number(n),
        name=number(n),
        emoji=emoji,
        removed=removed,
        body="",
        carrier_message_id="sms_1",
    )


def opted_out(n: int, cause: consent.Cause = "keyword") -> group.ParticipantOptedOut:
    """Return the opt-out of the participant with `number(n)`."""
    return group.ParticipantOptedOut(number=number(n), cause=cause, evidence="msg_stop")


def opted_in(n: int, cause: consent.Cause = "keyword") -> group.ParticipantOptedIn:
    """Return the opt-in of the participant with `number(n)`."""
    return group.ParticipantOptedIn(number=number(n), cause=cause, evidence="msg_start")


def started(message_id: str, *to: str, conversation_id: str = "cnv_1") -> delivery_events.Started:
    """Return the beginning of a hand-over."""
    return delivery_events.Started(
        message_id=message_id, conversation_id=conversation_id, business_number=BUSINESS, recipients=to, carrier="simulator"
    )


def updated(
    message_id: str,
    recipients: str | Iterable[str],
    status: delivery.ReceiptStatus,
    conversation_id: str = "cnv_1",
    code: str | None = None,
) -> delivery_events.Updated:
    """Return what the carrier reported of one recipient, or of several."""
    to = (recipients,) if isinstance(recipients, str) else recipients
    outcomes = tuple(delivery_events.RecipientOutcome(recipient=each, status=status, code=code) for each in to)
    return delivery_events.Updated(message_id=message_id, conversation_id=conversation_id, outcomes=outcomes)


def cost_reported(
    message_id: str, *to: str, amount: str = "0.0080", conversation_id: str = "cnv_1"
) -> delivery_events.CostReported:
    """Return the event that the carrier reported what it charges for each of these recipients."""
    costs = tuple(delivery_events.RecipientCost(recipient=each, amount=Decimal(amount)) for each in to)
    return delivery_events.CostReported(message_id=message_id, conversation_id=conversation_id, currency="USD", costs=costs)


def withheld(message_id: str, *to: str, price: str | None = "0.0200", conversation_id: str = "cnv_1") -> delivery_events.Withheld:
    """Return that a message was not handed over; without a price it was relayed."""
    rate = a_rate(price) if price else None
    return delivery_events.Withheld(message_id=message_id, conversation_id=conversation_id, recipients=to, rate=rate)


def read(conversation_id: str, user_id: str = ANN.user_id, version: int = EVERYTHING) -> tuple[str, reader.ConversationRead]:
    """Return, with its stream, that a user read a conversation."""
    event = reader.ConversationRead(user_id=user_id, conversation_id=conversation_id, version=version)
    return reader.stream(user_id, conversation_id), event


def marked_unread(conversation_id: str, user_id: str = ANN.user_id) -> tuple[str, reader.ConversationMarkedUnread]:
    """Return, with its stream, that a user marked a conversation unread."""
    event = reader.ConversationMarkedUnread(user_id=user_id, conversation_id=conversation_id)
    return reader.stream(user_id, conversation_id), event


# --- any history


@st.composite
def stories(draw: st.DrawFn, max_size: int = 25) -> list[tuple[str, Event]]:
    """Return any history of two groups, their messages on the way, two contacts and two readers."""
    story: list[tuple[str, Event]] = []
    for n in range(draw(st.integers(1, max_size))):
        conversation, who = draw(st.sampled_from(("cnv_1", "cnv_2"))), draw(st.sampled_from((1, 2, 3)))
        step = draw(st.sampled_from(_STEPS))
        begun = {stream for stream, _ in story}
        if conversation not in begun:
            roster = (a_participant(1), a_participant(2, contact=True), a_participant(3, contact="ctc_2"))
            story.append((conversation, a_group(*roster, name=draw(st.none() | texts(8)))))
        if step is _contact and f"ctc_{who}" not in begun:
            story.append((f"ctc_{who}", a_contact_created(who)))
        messages = {event.message_id: its for its, event in story if isinstance(event, group.MessageSent | group.InboundReceived)}
        message = draw(st.sampled_from(list(messages) or ["msg_unknown"]))
        conversation = messages.get(message, conversation) if step is _reaction else conversation
        story.append(draw(step(n, conversation, who, message)))
    return story


def _message(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    events = st.sampled_from((sent(f"msg_{n}", number(1), number(2), number(3)), received(f"msg_{n}", who)))
    return events.map(lambda event: (conversation, event))


def _reaction(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    events = st.sampled_from((reacted(message, who), reacted(message, who, "\N{FIRE}"), reacted(message, who, removed=True)))
    return events.map(lambda event: (conversation, event))


def _consent(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    events = st.sampled_from(
        (
            *(opted_out(who, cause) for cause in ("keyword", "user", "dnd")),
            *(opted_in(who, cause) for cause in ("keyword", "dnd")),
            group.ParticipantOptOutTakenBack(number=number(who), reason="A wrong click"),
            group.Unblocked(),
        ),
    )
    return events.map(lambda event: (conversation, event))


def _change(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    numbers = st.sampled_from(((number(1),), (number(2),), ()))
    events = st.one_of(
        (st.none() | texts(8)).map(lambda name: group.GroupRenamed(name=name)),
        texts(8).map(lambda value: group.GroupMetadataChanged(metadata={"deal": value})),
        texts(8).map(lambda name: group.ParticipantContactRenamed(contact_id="ctc_2", name=name)),
        numbers.map(lambda now: group.ParticipantContactNumberChanged(contact_id="ctc_2", number=number(who), numbers=now)),
        st.just(group.ParticipantContactDeleted(contact_id="ctc_2")),
        st.just(group.ParticipantContactLinked(contact_id=f"ctc_{who}", number=number(who), name="Late")),
        st.just(group.ParticipantContactMerged(contact_id=f"ctc_{who}", merged_id="ctc_2", number=number(who), name="Both")),
        st.just(group.SucceededBy(conversation_id="cnv_2")),
    )
    return events.map(lambda event: (conversation, event))


def _delivery(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    everybody = (number(1), number(2), number(3))
    events = st.sampled_from(
        (
            started(message, *everybody, conversation_id=conversation),
            withheld(message, *everybody, conversation_id=conversation),
            withheld(message, *everybody, price=None, conversation_id=conversation),
            *(updated(message, number(who), status, conversation) for status in ("unconfirmed", "delivered", "failed")),
            updated(message, everybody, "sent", conversation),
            cost_reported(message, number(who), conversation_id=conversation),
        ),
    )
    return events.map(lambda event: (delivery.stream(message), event))


def _reading(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    return st.sampled_from((read(conversation, f"usr_{who}"), marked_unread(conversation, f"usr_{who}")))


def _contact(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    id_ = f"ctc_{who}"
    events = st.one_of(
        texts(8).map(lambda name: contact.Renamed(contact_id=id_, name=name)),
        st.just(contact.NumbersChanged(contact_id=id_, number=number(7), secondary_numbers=(number(8),))),
        st.sampled_from((contact.DndTurnedOn(contact_id=id_), contact.DndTurnedOff(contact_id=id_))),
        st.just(contact.ContactMerged(contact_id=id_, merged_id="ctc_9", numbers_ever=(number(9),))),
        st.just(contact.ContactDeleted(contact_id=id_)),
    )
    return events.map(lambda event: (id_, event))


def _no(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    about = {"number": number(who), "contact_id": f"ctc_{n % 3}"}
    kinds = (do_not_disturb.TurnedOn, do_not_disturb.TurnedOn, do_not_disturb.LeftBehind, do_not_disturb.TurnedOff)
    lifted = do_not_disturb.Lifted(number=number(who), reason="A wrong number")
    events = st.sampled_from((*(kind(**about) for kind in kinds), lifted))
    return events.map(lambda event: (do_not_disturb.stream(CAUSE.workspace_id, number(who)), event))


def _review(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    stream, opened = reviewed(message, conversation, who, n)
    settled = review.ReviewSettled(message_id=message, conversation_id=conversation, opt_out=who == 1, note=None)
    return st.sampled_from((opened, settled)).map(lambda event: (stream, event))


def reviewed(message: str, conversation: str = "cnv_1", who: int = 1, due: int = 1) -> tuple[str, review.ReviewOpened]:
    """Return the review of a marked message, with its stream."""
    opened = review.ReviewOpened(
        message_id=message,
        conversation_id=conversation,
        business_number=BUSINESS,
        number=number(who),
        because="stop",
        due_at=moment(due),
    )
    return review.stream(message), opened


def _refusal(n: int, conversation: str, who: int, message: str) -> st.SearchStrategy[tuple[str, Event]]:
    return st.just(refused(n, conversation, who))


def refused(n: int, conversation: str = "cnv_1", who: int = 1) -> tuple[str, refusal.RefusalRecorded]:
    """Return a refusal's record, with its stream."""
    event = refusal.RefusalRecorded(
        user_id=f"usr_{who}",
        slug="conversation-blocked",
        rule="R15",
        operation="POST /v1/conversations/{conversation_id}/messages",
        about=refusal.Subject(conversation_id=conversation, numbers=(number(who),)),
        times=n + 1,
        first_at=moment(n),
        last_at=moment(n + 1),
    )
    return refusal.stream(CAUSE.workspace_id, moment(n).date()), event


_STEPS = (_message, _message, _reaction, _consent, _change, _delivery, _delivery, _reading, _contact, _no, _review, _refusal)
