"""Query parameters, per list, and their form for queries; an omitted parameter is `UNSET`, which reads as none."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType, field

from groupchat.audit.as_of import When
from groupchat.commands.written_numbers import read_number
from groupchat.http.inputs.fields import LIMIT, Cursor, ExternalId, Id, Limit, MessageWords, SearchText, WrittenNumber
from groupchat.projections import ledger, refusals, reviews
from groupchat.projections.contacts import ContactFilter
from groupchat.projections.inbox_list import ConversationFilter
from groupchat.projections.paging import Order, PageRequest
from groupchat.values import moments
from groupchat.values.errors import InvalidRequestError
from groupchat.values.patterns import whole

T = TypeVar("T")

Moment = Annotated[
    str,
    Meta(
        max_length=40,
        description="A time with its offset (`2025-01-31T23:59:30Z`), or a date, which is its first moment in UTC.",
        examples=["2025-01-01"],
        extra_json_schema={"format": "date-or-time"},
    ),
]
Version = Annotated[int, Meta(ge=0, le=2**53)]
MessageOrVersion = Annotated[Id, Meta(description="A message's id, or a version.", examples=["msg_01996f0c2b408f1d6e5c4b3a2910"])]
Count = Annotated[bool, Meta(description="Whether to count, which takes longer the more there is.")]


class QueryParameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of query parameters."""


class PageQuery(QueryParameters, frozen=True, kw_only=True):
    """The page of a list."""

    cursor: Cursor | UnsetType = UNSET
    limit: Limit = LIMIT

    @property
    def page(self) -> PageRequest:
        """The page."""
        return PageRequest(given(self.cursor), self.limit)


class OrderedQuery(PageQuery, frozen=True, kw_only=True):
    """The page of a list in the order of time, oldest first (`asc`) or newest first (`desc`)."""

    order: Annotated[Order, Meta(description="`asc` is oldest first, `desc` newest first.")] = "asc"

    @property
    def page(self) -> PageRequest:
        """The page."""
        return PageRequest(given(self.cursor), self.limit, self.order)


class ThreadQuery(OrderedQuery, frozen=True, kw_only=True):
    """The messages of a thread to show: after and before others, each given by its id or by a version of the conversation."""

    after: MessageOrVersion | UnsetType = UNSET
    before: MessageOrVersion | UnsetType = UNSET


class SearchQuery(PageQuery, frozen=True, kw_only=True):
    """The page of the search results."""

    q: SearchText | UnsetType = UNSET


class InboxQuery(SearchQuery, frozen=True, kw_only=True):
    """Filters of the inbox (R27)."""

    text: MessageWords | UnsetType = UNSET
    unread: bool | UnsetType = UNSET
    blocked: bool | UnsetType = UNSET
    from_: WrittenNumber | UnsetType = field(name="from", default=UNSET)
    participant: Annotated[WrittenNumber, Meta(description="A participant's number.")] | UnsetType = UNSET
    contact_id: Annotated[Id, Meta(description="A contact that a participant is linked to.")] | UnsetType = UNSET
    created_by: Annotated[Id, Meta(description="The user who created the group.")] | UnsetType = UNSET
    created_since: Moment | UnsetType = UNSET
    created_before: Moment | UnsetType = UNSET
    active_since: Moment | UnsetType = UNSET
    active_before: Moment | UnsetType = UNSET
    order: Annotated[
        Order, Meta(description="`desc` has the newest activity first, `asc` the oldest; with `text`, only `desc`.")
    ] = "desc"
    count: Count = False

    @property
    def page(self) -> PageRequest:
        """The page; raises `InvalidRequestError` for a search of words from the oldest message on, which would read them all."""
        if self.text is not UNSET and self.order == "asc":
            raise InvalidRequestError("query.order", "A search by text has the newest message first. Omit order.", "not-allowed")
        return PageRequest(given(self.cursor), self.limit, self.order)

    @property
    def chosen(self) -> ConversationFilter:
        """The query that these parameters ask for; raises `InvalidRequestError` for a malformed number or time."""
        return ConversationFilter(
            q=given(self.q),
            text=given(self.text),
            unread=given(self.unread),
            blocked=given(self.blocked),
            business_number=sought_number("query.from", self.from_),
            participant=sought_number("query.participant", self.participant),
            contact_id=given(self.contact_id),
            created_by=given(self.created_by),
            created_since=read_moment("query.created_since", self.created_since),
            created_before=read_moment("query.created_before", self.created_before),
            active_since=read_moment("query.active_since", self.active_since),
            active_before=read_moment("query.active_before", self.active_before),
        )


class NumbersQuery(PageQuery, frozen=True, kw_only=True):
    """The business numbers to list: those of the workspace, or those that it has given up (R56)."""

    given_up: bool = False


class UsersQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the users. `external_id` matches exactly."""

    external_id: ExternalId | UnsetType = UNSET


class ContactsQuery(SearchQuery, frozen=True, kw_only=True):
    """Filters of the directory. `number` and `external_id` match exactly."""

    number: WrittenNumber | UnsetType = UNSET
    external_id: ExternalId | UnsetType = UNSET
    assigned_to: Id | UnsetType = UNSET
    dnd: bool | UnsetType = UNSET
    changed_since: Moment | UnsetType = UNSET

    @property
    def sought(self) -> str | None:
        """The number to find; raises `InvalidRequestError` if it is unreadable."""
        return sought_number("query.number", self.number)

    @property
    def chosen(self) -> ContactFilter:
        """The other filters; raises `InvalidRequestError` for a malformed time."""
        since = read_moment("query.changed_since", self.changed_since)
        return ContactFilter(q=given(self.q), assigned_to=given(self.assigned_to), dnd=given(self.dnd), changed_since=since)


class DndQuery(PageQuery, frozen=True, kw_only=True):
    """The numbers to show (R36)."""

    number: WrittenNumber | UnsetType = UNSET

    @property
    def sought(self) -> str | None:
        """The number asked for; raises `InvalidRequestError` for one that can't be read."""
        return sought_number("query.number", self.number)


class PaneQuery(QueryParameters, frozen=True, kw_only=True):
    """The participants to show (R29)."""

    q: SearchText | UnsetType = UNSET


class HistoryQuery(QueryParameters, frozen=True, kw_only=True):
    """The part of a conversation's events to show; `cursor` continues where a page ended."""

    after_version: Version = 0
    cursor: Annotated[Version, Meta(description="`next_cursor` of the previous page.")] | UnsetType = UNSET
    limit: Limit = LIMIT

    @property
    def after(self) -> int:
        """The version after which the page begins."""
        return self.after_version if self.cursor is UNSET else max(self.cursor, self.after_version)


class AsOfQuery(QueryParameters, frozen=True, kw_only=True):
    """The version or moment to show; now if neither is given."""

    version: Annotated[Version, Meta(description="The state right after this version of the conversation.")] | UnsetType = UNSET
    at: Moment | UnsetType = UNSET

    @property
    def asked(self) -> When:
        """These parameters as a query; raises `InvalidRequestError` for a version and a moment together."""
        if self.version is not UNSET and self.at is not UNSET:
            raise InvalidRequestError("query.at", "Use a version or a time, not both.")
        return When(version=given(self.version), at=read_moment("query.at", self.at))


class StateQuery(AsOfQuery, frozen=True, kw_only=True):
    """The version or moment to show, now if neither is given; and the page of the thread."""

    cursor: Cursor | UnsetType = UNSET
    limit: Limit = LIMIT

    @property
    def page(self) -> PageRequest:
        """The page."""
        return PageRequest(given(self.cursor), self.limit)


class LedgerQuery(OrderedQuery, frozen=True, kw_only=True):
    """Entries from `from` on and before `to`."""

    from_: Moment | UnsetType = field(name="from", default=UNSET)
    to: Moment | UnsetType = UNSET
    conversation_id: Id | UnsetType = UNSET
    number: Annotated[WrittenNumber, Meta(description="The business number that the message was sent from.")] | UnsetType = UNSET
    recipient: Annotated[WrittenNumber, Meta(description="The number that the message was sent to.")] | UnsetType = UNSET

    @property
    def chosen(self) -> ledger.EntryFilter:
        """These parameters as a query; raises `InvalidRequestError` for a malformed time or number."""
        return ledger.EntryFilter(
            start=read_moment("query.from", self.from_),
            end=read_moment("query.to", self.to),
            conversation_id=given(self.conversation_id),
            business_number=sought_number("query.number", self.number),
            recipient=sought_number("query.recipient", self.recipient),
        )


class RefusalsQuery(OrderedQuery, frozen=True, kw_only=True):
    """Refusals from `from` on and before `to`, of a conversation, of a user."""

    conversation_id: Id | UnsetType = UNSET
    user_id: Id | UnsetType = UNSET
    from_: Moment | UnsetType = field(name="from", default=UNSET)
    to: Moment | UnsetType = UNSET

    @property
    def chosen(self) -> refusals.RefusalFilter:
        """These parameters as a query; raises `InvalidRequestError` for a malformed time."""
        start, end = read_moment("query.from", self.from_), read_moment("query.to", self.to)
        return refusals.RefusalFilter(
            conversation_id=given(self.conversation_id), user_id=given(self.user_id), start=start, end=end
        )


class ReviewsQuery(PageQuery, frozen=True, kw_only=True):
    """Reviews, all or with one status."""

    status: reviews.Status | UnsetType = UNSET


class StatementQuery(QueryParameters, frozen=True, kw_only=True):
    """The month, and the format."""

    month: Annotated[str, whole(r"[0-9]{4}-(0[1-9]|1[0-2])", description="A year and a month.", examples=["2025-01"])]
    format: Annotated[
        Literal["json", "csv"],
        Meta(description="`csv` (RFC 4180) has a header line, then a line per conversation and currency; the totals are its sums."),
    ] = "json"

    @property
    def first_day(self) -> date:
        """The month's first day; raises `InvalidRequestError` for a month outside the calendar, and for its last one."""
        if not "0001-01" <= self.month < "9999-12":
            raise InvalidRequestError("query.month", "Use a year and month, such as 2026-11.", "bad-format")
        return date.fromisoformat(f"{self.month}-01")


def given(value: T | UnsetType) -> T | None:
    """Return a parameter, or none if it was omitted."""
    return None if value is UNSET else value


def sought_number(loc: str, written: str | UnsetType) -> str | None:
    """Return a number to look for (E.164); none if it was omitted; raises `InvalidRequestError`."""
    return None if written is UNSET else read_number(loc, written)


def in_utc(loc: str, moment: datetime) -> datetime:
    """Return a time in UTC; raises `InvalidRequestError` if it is outside the calendar there."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRequestError(loc, "Use a time within the years 1 to 9999, in UTC.", "out-of-range") from error


def read_moment(loc: str, written: str | UnsetType) -> datetime | None:
    """Return the moment of a time or date, in UTC; none if it was omitted; raises `InvalidRequestError`."""
    try:
        return None if written is UNSET else moments.read(written)
    except moments.UnreadableMomentError as error:
        raise InvalidRequestError(loc, f"{error}. In a query, escape + as %2B.", "bad-format") from error
