"""The number of unread conversations: it is what counting gives, and reading it costs the same in any inbox."""

from collections.abc import Sequence
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.projections import inbox, inbox_list, read_marks, read_totals
from groupchat.projections.inbox import Conversation
from groupchat.projections.paging import PageRequest
from groupchat.store.database import Database
from tests.projections.histories import (
    Story,
    cut,
    follow,
    forget_everything,
    items,
    log_of,
    marked_unread,
    read,
    received,
    sent,
)
from tests.support.builders import ANN, CAUSE, a_group
from tests.support.reads import effort, queries_of, settle

BOB, NEW = "usr_bob", "usr_who_has_no_mark"
READERS = (ANN.user_id, BOB, NEW)


def unread(database: Database, user_id: str) -> int:
    with database.read() as connection:
        return read_totals.unread(connection, CAUSE.workspace_id, user_id)


def counted(database: Database, user_id: str) -> int:
    with database.read() as connection:
        page = inbox_list.page(connection, CAUSE.workspace_id, user_id)
    return sum(each.unread_count > 0 for each in items(page, Conversation))


@st.composite
def stories_of_readers(draw: st.DrawFn) -> Story:
    """Return any history of three conversations and two readers."""
    story: Story = tuple((f"cnv_{n}", a_group()) for n in range(3))
    for n in range(draw(st.integers(1, 20))):
        conversation, reader = f"cnv_{draw(st.integers(0, 2))}", draw(st.sampled_from(READERS[:2]))
        steps = (
            (conversation, received(f"msg_{n}")),
            (conversation, sent(f"msg_{n}")),
            read(conversation, reader),
            read(conversation, reader, version=draw(st.integers(1, 5))),
            marked_unread(conversation, reader),
        )
        story = (*story, draw(st.sampled_from(steps)))
    return story


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=stories_of_readers(), cuts=st.lists(st.integers(0, 25), max_size=6))
async def test_it_is_the_number_of_conversations_that_are_shown_as_unread_R27_R30(
    database: Database, story: Story, cuts: Sequence[int]
):
    forget_everything(database)
    log = log_of(story)
    for view in (inbox.VIEW, read_marks.VIEW):
        await follow(database, view, *cut(log, cuts))

    assert [unread(database, each) for each in READERS] == [counted(database, each) for each in READERS]


async def test_counting_the_inbox_reads_an_index_and_no_marks(database: Database):
    await follow(database, inbox.VIEW, log_of([("cnv_1", a_group()), ("cnv_1", received("msg_1"))]))
    with database.read() as connection:
        page = partial(inbox_list.page, connection, CAUSE.workspace_id, NEW, wanted=PageRequest(limit=1), counted=True)
        _, (statement, parameters), _ = queries_of(database, page)
        assert "count(*)" in statement
        assert "read_marks" not in statement
        if database.is_sqlite:
            ((*_, step),) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            assert step == "SEARCH inbox USING COVERING INDEX inbox_newest (workspace_id=?)"


async def test_reading_it_costs_the_same_in_an_inbox_of_any_size(database: Database):
    conversations = [f"cnv_{n}" for n in range(500)]
    story = [(each, a_group()) for each in conversations]
    story += [(each, received(f"msg_{each}")) for each in conversations]
    await follow(database, read_marks.VIEW, log_of([*story, *(read(each) for each in conversations[:200])]))
    settle(database, "read_totals", "read_marks", "inbound_numbers")

    assert (unread(database, ANN.user_id), unread(database, NEW)) == (300, 500)
    assert effort(database, queries_of(database, lambda: unread(database, ANN.user_id))) < 50
