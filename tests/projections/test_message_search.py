"""Searching the words of messages: the same results on every database, in pages both ways, for what one may see (R22, R27)."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, update

from groupchat.aggregates.contact import Assigned
from groupchat.projections import contacts, inbox, inbox_list, message_search, thread
from groupchat.projections.inbox import Found
from groupchat.projections.inbox_list import ConversationFilter, InboxPage
from groupchat.projections.message_search import MESSAGE_WORDS
from groupchat.projections.paging import FIRST_PAGE, PageRequest
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Recorded
from groupchat.values.searched_words import words
from tests.projections.histories import Story, follow, forget_everything, items, log_of, received, sent
from tests.support.builders import ANN, CAUSE, a_contact_created, a_group, a_participant
from tests.support.reads import effort, queries_of, settle

VIEWS = (inbox.VIEW, thread.VIEW, contacts.VIEW, message_search.VIEW)


async def followed(database: Database, story: Story) -> Sequence[Recorded]:
    log = log_of(story)
    for view in VIEWS:
        await follow(database, view, log)
    return log


def page(
    database: Database,
    sought: str,
    wanted: PageRequest = FIRST_PAGE,
    *,
    sees_only: str | None = None,
    counted: bool = True,
    **filters: object,
) -> InboxPage:
    with database.read() as connection:
        chosen = ConversationFilter(text=sought, **filters)
        return inbox_list.page(connection, CAUSE.workspace_id, ANN.user_id, chosen, wanted, sees_only=sees_only, counted=counted)


def found(database: Database, sought: str, **filters: object) -> list[tuple[str, str]]:
    return [(each.id, each.matched.id) for each in items(page(database, sought, **filters), Found)]


async def test_a_conversation_is_found_once_with_its_newest_matching_message_R27(database: Database):
    await followed(
        database,
        [
            ("cnv_1", a_group()),
            ("cnv_2", a_group()),
            ("cnv_1", received("msg_1", body="The piano lesson is on Monday")),
            ("cnv_2", sent("msg_2", body="Piano, MONDAY?")),
            ("cnv_1", sent("msg_3", body="monday it is")),
            ("cnv_1", received("msg_4", body=None)),
        ],
    )
    assert found(database, "monday") == [("cnv_1", "msg_3"), ("cnv_2", "msg_2")]
    assert found(database, "Monday piano") == [("cnv_2", "msg_2"), ("cnv_1", "msg_1")]
    assert found(database, "monday lesson piano") == [("cnv_1", "msg_1")]
    assert found(database, "mon") == found(database, "monday tuesday") == []
    shown = page(database, "monday", PageRequest(limit=1))
    assert (shown.total, len(shown.items)) == (2, 1)


async def test_a_search_is_narrowed_by_the_other_filters_and_by_what_one_sees_R22_R27(database: Database):
    await followed(
        database,
        [
            ("ctc_1", a_contact_created(1)),
            ("ctc_2", a_contact_created(2)),
            *((f"ctc_{n}", Assigned(contact_id=f"ctc_{n}", user_id="usr_agent")) for n in (1, 2)),
            ("cnv_1", a_group(a_participant(1, contact=True), a_participant(2, contact=True))),
            ("cnv_2", a_group(a_participant(1, contact=True), a_participant(3))),
            ("cnv_1", received("msg_1", body="hello")),
            ("cnv_2", received("msg_2", body="hello")),
        ],
    )
    assert found(database, "hello", sees_only="usr_agent") == [("cnv_1", "msg_1")]
    assert found(database, "hello", contact_id="ctc_2") == [("cnv_1", "msg_1")]
    assert found(database, "hello", blocked=True) == []


@pytest.mark.parametrize("sought", ["", " ", "!?", "\U0001f389", "'"])
async def test_a_search_without_words_is_refused_R27(database: Database, sought: str):
    with pytest.raises(InvalidRequestError):
        page(database, sought)


async def test_many_messages_of_one_conversation_hide_no_other_one_R27(database: Database):
    story: Story = [("cnv_1", a_group()), ("cnv_2", a_group()), ("cnv_2", received("msg_0", body="hello"))]
    await followed(database, [*story, *(("cnv_1", received(f"msg_{n}", body="hello")) for n in range(1, 30))])
    wanted = PageRequest(limit=1)
    first = page(database, "hello", wanted)
    second = page(database, "hello", PageRequest(first.next_cursor, 1))
    back = page(database, "hello", PageRequest(second.prev_cursor, 1))
    assert [[each.id for each in items(each, Found)] for each in (first, second, back)] == [["cnv_1"], ["cnv_2"], ["cnv_1"]]
    assert second.next_cursor is None


# --- any messages

SOME = st.sampled_from(
    ("piano", "PIANO", "lesson", "D'or", "dor", "\u00e9t\u00e9", "ete", "\u6771\u4eac", "\u4eac", "5", "-", "\U0001f389")
)
BODIES = st.lists(SOME, max_size=4).map(" ".join)


@given(
    messages=st.lists(st.tuples(st.integers(1, 4), BODIES), max_size=14),
    sought=st.lists(SOME, min_size=1, max_size=2).map(" ".join),
    limit=st.integers(1, 3),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_every_database_finds_what_the_words_say_in_pages_both_ways_R27(database: Database, messages, sought, limit):
    forget_everything(database)
    story: Story = [(f"cnv_{n}", a_group()) for n in range(1, 5)]
    story += [(f"cnv_{n}", received(f"msg_{m}", body=body or None)) for m, (n, body) in enumerate(messages)]
    await followed(database, story)
    if not words(sought):
        return
    newest = {f"cnv_{n}": m for m, (n, body) in enumerate(messages) if set(words(sought)) <= set(words(body))}
    expected = [(id_, f"msg_{m}") for id_, m in sorted(newest.items(), key=lambda each: -each[1])]
    assert found(database, sought) == expected
    pages, cursor = [], None
    while True:
        shown = page(database, sought, PageRequest(cursor, limit))
        pages.append(shown)
        if (cursor := shown.next_cursor) is None:
            break
    assert [(each.id, each.matched.id) for shown in pages for each in items(shown, Found)] == expected
    for before, after in pairwise(pages):
        assert page(database, sought, PageRequest(after.prev_cursor, limit)).items == before.items
    assert pages[0].total == len(expected)


# --- the index

HELLO: Story = [("cnv_1", a_group()), ("cnv_1", received("msg_1", body="hello"))]


async def test_sqlites_index_follows_rows_that_are_replaced_changed_or_removed_R33(database: Database):
    """An online rebuild replaces the rows that differ."""
    await followed(database, HELLO)
    if not database.is_sqlite:
        pytest.skip("Postgres keeps its indexes itself.")
    with database.write() as connection:
        row = dict(connection.execute(select(MESSAGE_WORDS)).mappings().one())
        row["words"] = row["words"].replace("hello", "goodbye")
        connection.execute(insert(MESSAGE_WORDS).prefix_with("OR REPLACE").values(row))
    assert (found(database, "hello"), found(database, "goodbye")) == ([], [("cnv_1", "msg_1")])
    with database.write() as connection:
        connection.execute(update(MESSAGE_WORDS).values(words=row["words"].replace("goodbye", "farewell")))
        connection.exec_driver_sql("INSERT INTO message_words_fts(message_words_fts) VALUES ('integrity-check')")
    assert (found(database, "goodbye"), found(database, "farewell")) == ([], [("cnv_1", "msg_1")])
    with database.write() as connection:
        message_search.VIEW.clear(connection)
    assert found(database, "farewell") == []


async def test_a_batch_that_comes_again_changes_nothing_R33(database: Database):
    log = await followed(database, HELLO)
    with database.write() as connection:
        message_search.VIEW.apply(connection, log)
        assert connection.execute(select(func.count()).select_from(MESSAGE_WORDS)).scalar_one() == 1
    assert found(database, "hello") == [("cnv_1", "msg_1")]


def grown(database: Database, start: int, end: int) -> None:
    """Add messages that all say hello, and each something of its own."""
    rows = [
        {
            "position": 1_000 + n,
            "workspace_id": CAUSE.workspace_id,
            "conversation_id": f"cnv_{n % 60}",
            "message_id": f"msg_{n}",
            "words": f"wsp1hello wsp1number{n}",
        }
        for n in range(start, end)
    ]
    with database.write() as connection:
        connection.execute(insert(MESSAGE_WORDS), rows)
    settle(database, "inbox", "messages", "message_words")


@pytest.mark.parametrize("sought", ["hello", "number7", "nothing"])
async def test_a_page_reads_as_much_of_ten_times_as_many_messages_R27(database: Database, sought: str):
    await followed(database, [(f"cnv_{n}", a_group()) for n in range(60)])
    read = []
    for start, end in ((0, 500), (500, 5_000)):
        grown(database, start, end)
        asked = queries_of(database, lambda: page(database, sought, PageRequest(limit=10), counted=False))
        read.append(effort(database, asked))
    assert read[1] <= 2 * read[0]
