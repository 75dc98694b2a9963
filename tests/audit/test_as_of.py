"""As-of views equal the live views of their time (R32)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from sqlalchemy import event as sqlalchemy_event

from groupchat.aggregates import delivery
from groupchat.audit import as_of
from groupchat.audit.as_of import AsOf, When
from groupchat.projections import inbox, pane, thread
from groupchat.projections.paging import PageRequest
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.log import STREAMS_AT_ONCE, Log
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Recorded
from tests.projections.histories import (
    Story,
    follow,
    forget_everything,
    items,
    log_of,
    opted_out,
    received,
    sent,
    started,
    store_log,
    stories,
    updated,
    withheld,
)
from tests.support.builders import CAUSE, a_group, moment, number

NOW = When()

END = moment(1_000)
ON_ONE_DATABASE = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
VIEWS = (inbox.VIEW, pane.VIEW, thread.VIEW)
A_STORY: Story = [
    ("cnv_1", a_group()),
    ("cnv_1", sent("msg_1")),
    ("cnv_2", a_group(name="Others")),
    (delivery.stream("msg_1"), started("msg_1", number(1), number(2))),
    ("cnv_1", received("msg_2")),
    (delivery.stream("msg_1"), updated("msg_1", number(1), "delivered")),
    ("cnv_1", sent("msg_3")),
    ("cnv_1", opted_out(1)),
    (delivery.stream("msg_3"), withheld("msg_3", number(1), number(2))),
]


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Gather the queries on the log that are made in the block."""
    queries: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if "stored_events" in statement:
            queries.append(statement)

    sqlalchemy_event.listen(database.single, "before_cursor_execute", note)
    try:
        yield queries
    finally:
        sqlalchemy_event.remove(database.single, "before_cursor_execute", note)


def live(database: Database, newest: Recorded) -> AsOf:
    """Return a conversation as the views show it now."""
    id_ = newest.stream
    with database.read() as connection:
        found, people = inbox.one(connection, CAUSE.workspace_id, "usr_nobody", id_), pane.one(connection, id_)
        messages = thread.page(connection, id_, PageRequest(limit=200))
    assert found is not None
    assert people is not None
    fields = {name: getattr(found, name) for name in inbox.Shown.__struct_fields__}
    return AsOf(
        conversation=inbox.Shown(**fields),
        participants=people,
        messages=tuple(items(messages, thread.Message)),
        version=newest.version,
        position=newest.position,
        at=newest.at,
    )


def whole(log: Log, id_: str, asked: When, limit: int = 2) -> AsOf:
    """Read all pages, and check that they show the same state."""
    first = page = as_of.page(log, id_, asked, END, limit=limit)
    messages = first.messages
    while page.next_cursor is not None:
        page = as_of.page(log, id_, asked, END, cursor=page.next_cursor, limit=limit)
        assert replace(page, messages=(), next_cursor=None) == replace(first, messages=(), next_cursor=None)
        assert 0 < len(page.messages) <= limit
        messages += page.messages
    return replace(first, messages=messages, next_cursor=None)


async def lived(database: Database, events: Sequence[Recorded]) -> dict[str, AsOf]:
    """Let the views follow one event at a time; return their rows after each event of a conversation, by its id."""
    shown: dict[str, AsOf] = {}
    for recorded in events:
        for view in VIEWS:
            await follow(database, view, [recorded])
        if recorded.stream.startswith("cnv_"):
            shown[recorded.id] = live(database, recorded)
    return shown


@given(story=stories(max_size=20))
@ON_ONE_DATABASE
async def test_every_version_shows_the_same_as_the_live_views_when_it_was_the_newest_R32(database: Database, story: Story):
    forget_everything(database)
    events = log_of(story)
    store_log(database, events)
    log, shown = Log.of(database), await lived(database, events)
    for recorded in events:
        if recorded.id in shown:
            assert whole(log, recorded.stream, When(version=recorded.version)) == shown[recorded.id]


@given(story=stories(max_size=20))
@ON_ONE_DATABASE
async def test_every_moment_shows_the_same_as_the_live_views_then_R32(database: Database, story: Story):
    forget_everything(database)
    events = log_of(story)
    store_log(database, events)
    log, begun = Log.of(database), dict[str, Recorded]()
    for recorded in events:
        for view in VIEWS:
            await follow(database, view, [recorded])
        if recorded.stream.startswith("cnv_"):
            begun[recorded.stream] = recorded
        for id_, newest in begun.items():
            then = live(database, newest)
            assert whole(log, id_, When(at=recorded.at)) == then
            assert whole(log, id_, When(at=recorded.at + timedelta(microseconds=999_999))) == then
    assert {id_: whole(log, id_, NOW) for id_ in begun} == {id_: live(database, newest) for id_, newest in begun.items()}


def test_statuses_are_those_of_the_log_up_to_the_version_R32(database: Database):
    store_log(database, log_of(A_STORY))
    log = Log.of(database)

    def statuses(**asked: object) -> list[list[str]]:
        return [[each.status for each in message.recipients] for message in as_of.page(log, "cnv_1", When(**asked), END).messages]

    assert statuses(version=3) == [["queued", "queued"], []]
    assert statuses(version=4) == [["delivered", "queued"], [], ["queued", "queued"]]
    assert statuses(at=moment(8)) == statuses(version=5) == statuses(version=4)
    assert statuses() == [["delivered", "queued"], [], ["withheld", "withheld"]]


def test_later_pages_show_the_state_of_the_first_page_though_events_come_meanwhile_R32(database: Database):
    log = log_of(A_STORY)
    store_log(database, log[:7])
    first = as_of.page(Log.of(database), "cnv_1", NOW, END, limit=1)
    store_log(database, log[7:])
    rest = as_of.page(Log.of(database), "cnv_1", NOW, END, cursor=first.next_cursor)
    assert [message.id for message in (*first.messages, *rest.messages)] == ["msg_1", "msg_2", "msg_3"]
    assert (rest.version, rest.conversation.blocked) == (4, False)
    assert {each.status for each in rest.messages[-1].recipients} == {"queued"}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (When(version=0), "only versions 1 to 5"),
        (When(version=6), "only versions 1 to 5"),
        (When(at=moment(0)), "It was created at 2025-01-31T23:59:31Z"),
        (When(at=moment(1_001)), r"up to now \(2025-02-01T00:16:10Z\)"),
    ],
)
def test_an_unknown_version_or_time_is_refused_with_the_known_ones_R32(database: Database, asked: When, reason: str):
    store_log(database, log_of(A_STORY))
    with pytest.raises(InvalidRequestError, match=reason):
        as_of.page(Log.of(database), "cnv_1", asked, END)


def test_an_event_stored_by_a_clock_ahead_of_ours_is_not_in_the_future_R32(database: Database):
    store_log(database, log_of(A_STORY))
    behind = moment(2)
    assert as_of.page(Log.of(database), "cnv_1", When(at=moment(8)), behind).version == 5
    with pytest.raises(InvalidRequestError, match="in the future"):
        as_of.page(Log.of(database), "cnv_1", When(at=moment(9)), behind)


@pytest.mark.parametrize("cursor", ["nonsense", "WzAsMF0", "WzFd"])
def test_a_cursor_that_this_list_did_not_give_is_refused(database: Database, cursor: str):
    store_log(database, log_of(A_STORY))
    with pytest.raises(InvalidRequestError) as refused:
        as_of.page(Log.of(database), "cnv_1", NOW, END, cursor=cursor)
    assert "cursor" in refused.value.detail


def test_an_unknown_conversation_has_no_state(database: Database):
    with pytest.raises(NotFoundError):
        as_of.page(Log.of(database), "cnv_1", NOW, END)


def test_a_long_conversation_is_read_in_three_queries(database: Database):
    store_log(database, log_of([("cnv_1", a_group()), *(("cnv_1", sent(f"msg_{n}")) for n in range(400))]))
    with counted(database) as queries:
        page = as_of.page(Log.of(database), "cnv_1", NOW, END, limit=200)
    assert (len(page.messages), len(queries)) == (200, 3)


def test_many_streams_are_read_many_at_a_time(database: Database):
    names = [f"cnv_{n}" for n in range(STREAMS_AT_ONCE + 1)]
    store_log(database, log_of([(name, a_group()) for name in names]))
    with counted(database) as queries:
        found = Log.of(database).streams([*names, *names, "cnv_none"])
    assert ([each.stream for each in found], len(queries)) == (names, 2)


async def test_the_store_has_the_same_log(store: EventStore):
    store_log(store.database, log_of(A_STORY))
    assert store.log.stream("cnv_1", upto=2) == store.log.stream("cnv_1")[:2]
    assert store.log.head() == len(list(A_STORY))


def test_a_state_is_written_as_the_api_writes_R32(database: Database):
    store_log(database, log_of(A_STORY))
    written = msgspec.json.decode(msgspec.json.encode(as_of.page(Log.of(database), "cnv_1", When(version=1), END)))
    assert list(written) == ["conversation", "participants", "messages", "next_cursor", "version", "position", "at"]
    assert written["conversation"]["from"].startswith("+1")
    assert "unread_count" not in written["conversation"]
