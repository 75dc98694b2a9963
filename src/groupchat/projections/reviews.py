"""The view `reviews`: texts that may be an opt-out in a person's own words, and how they were settled (R40)."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import asdict, replace
from sqlalchemy import Boolean, Column, Connection, Index, Row, Table, Text, select

from groupchat.aggregates.review import ReviewOpened, ReviewSettled
from groupchat.projections.assigned import seen_by
from groupchat.projections.inbox import INBOX, Shown
from groupchat.projections.paging import FIRST_PAGE, Listed, Page, PageRequest, Position, extract, read_page
from groupchat.projections.rows import Rows
from groupchat.projections.thread import MESSAGES, Message
from groupchat.projections.view import View
from groupchat.store.tables import BIG, METADATA
from groupchat.values.event import Actor, Moment, Recorded, of_types

REVIEWS = Table(
    "reviews",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("conversation_id", Text, nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("opened_position", BIG, nullable=False),
    Column("position", BIG, nullable=False),
    Column("doc", Text, nullable=False),
    Index("reviews_of_workspace", "workspace_id", "settled", "opened_position"),
)

Status = Literal["open", "settled"]


class Settlement(Struct, frozen=True, kw_only=True):
    """The judgment on a text: by a user, or by the process `overdue_reviews` when the time was over."""

    opt_out: bool
    note: str | None
    by: Actor
    at: Moment


class Review(Struct, frozen=True, kw_only=True):
    """A review; `id` is its message's. `because` is the phrase for which the text was marked."""

    id: str
    status: Status
    number: str
    because: str
    opened_at: Moment
    due_at: Moment
    settlement: Settlement | None = None


class ListedReview(Review, frozen=True, kw_only=True):
    """A review with its message and conversation."""

    message: Message
    conversation: Shown


class _Kept(Struct, frozen=True, kw_only=True):
    """A review as the fold stores it, with what it is found by."""

    workspace_id: str
    conversation_id: str
    opened_position: int
    review: Review


def _fold(kept: _Kept | None, recorded: Recorded) -> _Kept | None:
    event = recorded.event
    match event:
        case ReviewOpened():
            review = Review(
                id=event.message_id,
                status="open",
                number=event.number,
                because=event.because,
                opened_at=recorded.at,
                due_at=event.due_at,
            )
            return _Kept(
                workspace_id=recorded.cause.workspace_id,
                conversation_id=event.conversation_id,
                opened_position=recorded.position,
                review=review,
            )
        case ReviewSettled() if kept:
            settlement = Settlement(opt_out=event.opt_out, note=event.note, by=recorded.cause.actor, at=recorded.at)
            return replace(kept, review=replace(kept.review, status="settled", settlement=settlement))
        case _:
            return kept


def _columns(kept: _Kept) -> dict[str, Any]:
    return {
        "workspace_id": kept.workspace_id,
        "conversation_id": kept.conversation_id,
        "settled": kept.review.status == "settled",
        "opened_position": kept.opened_position,
    }


_EVENTS: frozenset[type[ReviewOpened | ReviewSettled]] = frozenset((ReviewOpened, ReviewSettled))
_ROWS = Rows(REVIEWS, _Kept, _columns, held_in="doc", births=(ReviewOpened,))


def _apply(connection: Connection, batch: Sequence[Recorded]) -> None:
    _ROWS.fold(connection, [(event.message_id, recorded) for event, recorded in of_types(batch, _EVENTS)], _fold)


VIEW = View("reviews", (REVIEWS,), _apply)

# --- queries


def current(events: Iterable[Recorded]) -> Review | None:
    """Return the review that these events of its stream amount to, even while the view lags."""
    kept: _Kept | None = None
    for recorded in events:
        kept = _fold(kept, recorded)
    return None if kept is None else kept.review


_JOINED = (
    select(REVIEWS.c.doc, REVIEWS.c.opened_position, MESSAGES.c.doc.label("message"), INBOX.c.doc.label("conversation"))
    .join(MESSAGES, MESSAGES.c.message_id == REVIEWS.c.message_id)
    .join(INBOX, INBOX.c.conversation_id == REVIEWS.c.conversation_id)
)
_kept = msgspec.json.Decoder(_Kept).decode
_message = msgspec.json.Decoder(Message).decode
_conversation = msgspec.json.Decoder(Shown).decode


def page(
    connection: Connection,
    workspace_id: str,
    status: Status | None = None,
    wanted: PageRequest = FIRST_PAGE,
    *,
    sees_only: str | None = None,
) -> Page:
    """Return a page of a workspace's `ListedReview`s, the earliest due first.

    With `sees_only`, only those of the conversations that R22 allows that user. Raises `InvalidRequestError` for a bad cursor.
    """
    table = REVIEWS.c
    query = _JOINED.where(table.workspace_id == workspace_id)
    if status is not None:
        query = query.where(table.settled == (status == "settled"))
    if sees_only is not None:
        query = query.where(seen_by(sees_only, table.conversation_id))
    return read_page(connection, query, (table.opened_position,), extract(wanted, Position), _listed)


def _listed(row: Row[Any]) -> Listed:
    return Listed(msgspec.json.encode(_shown(row)), row.opened_position)


def _shown(row: Row[Any]) -> ListedReview:
    return ListedReview(
        **asdict(_kept(row.doc).review), message=_message(row.message), conversation=_conversation(row.conversation)
    )
