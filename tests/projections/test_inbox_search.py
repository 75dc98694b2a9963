"""The searchable texts of the inbox: what changes them, and how much a search reads."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from sqlalchemy import insert

from groupchat.aggregates import group_state
from groupchat.aggregates.group_events import GroupRenamed, ParticipantContactLinked, ParticipantContactRenamed
from groupchat.aggregates.group_state import GroupConversation
from groupchat.projections import inbox, inbox_list, inbox_search
from groupchat.projections.inbox import Conversation
from groupchat.projections.inbox_list import ConversationFilter
from groupchat.projections.inbox_search import INBOX_SEARCH, Named
from groupchat.projections.paging import Page
from groupchat.projections.search import pieces
from groupchat.store.database import Database
from tests.projections.histories import follow, items, log_of, received, stories
from tests.support.builders import ANN, BUSINESS, CAUSE, a_group, a_participant, number
from tests.support.postgres import PostgresServer
from tests.support.reads import effort, queries_of, settle
from tests.support.statements import counted

OTHERS = "wsp_of_others"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A new database: Postgres plans for the size of tables, and rows that earlier tests deleted would count."""
    with postgres_server.database() as url:
        yield url


def search(database: Database, chosen: ConversationFilter) -> Page:
    with database.read() as connection:
        return inbox_list.page(connection, CAUSE.workspace_id, ANN.user_id, chosen)


def found(database: Database, q: str) -> list[str]:
    return [each.id for each in items(search(database, ConversationFilter(q=q)), Conversation)]


@given(story=stories())
def test_its_names_are_those_that_the_inbox_shows_after_any_history_R27_R54(story):
    named: dict[str, Named | None] = {}
    groups: dict[str, GroupConversation | None] = {}
    for recorded in log_of(story):
        if recorded.stream.startswith("cnv_"):
            named[recorded.stream] = inbox_search.fold(named.get(recorded.stream), recorded)
            groups[recorded.stream] = group_state.evolve(groups.get(recorded.stream), recorded)
    for id_, group in groups.items():
        assert (named[id_].name, [each.name for each in named[id_].people]) == (group.name, [each.name for each in group.members])


async def test_a_groups_search_text_follows_every_change_of_a_name_R27_R37(database: Database):
    linked = ParticipantContactLinked(number=number(2), contact_id="ctc_bo", name="Bo")
    story = [
        ("cnv_1", a_group(a_participant(1, contact=True), a_participant(2), name="Crew")),
        ("cnv_1", GroupRenamed(name="Team")),
        ("cnv_1", linked),
        ("cnv_1", ParticipantContactRenamed(contact_id="ctc_1", name="Ann Lee")),
    ]
    log = log_of(story)
    await follow(database, inbox.VIEW, *([each] for each in log))
    assert [found(database, q) for q in ("team", "bo", "ann lee", "crew", "contact 1")] == [["cnv_1"], ["cnv_1"], ["cnv_1"], [], []]


async def test_a_group_is_not_found_by_a_name_that_was_removed_R13_R27(database: Database):
    await follow(database, inbox.VIEW, log_of([("cnv_1", a_group(name="Crew")), ("cnv_1", GroupRenamed(name=None))]))
    assert found(database, "crew") == []


async def test_a_message_does_not_write_it(database: Database):
    log = log_of([("cnv_1", a_group()), ("cnv_1", received("msg_1"))])
    await follow(database, inbox.VIEW, log[:1])
    with counted(database) as asked:
        await follow(database, inbox.VIEW, log[1:])
    assert not [each for each in asked if INBOX_SEARCH.name in each]


async def test_an_older_batch_changes_nothing(database: Database):
    log = log_of([("cnv_1", a_group(name="Crew")), ("cnv_1", GroupRenamed(name="Team"))])
    await follow(database, inbox.VIEW, log)
    with database.write() as connection:
        inbox_search.keep(connection, log[:1])
    assert found(database, "crew") == []
    assert found(database, "team") == ["cnv_1"]


async def test_frequent_hits_come_from_the_inbox_as_rare_ones_do_R27(database: Database):
    more = inbox_search.FEW + 10
    await follow(database, inbox.VIEW, log_of((f"cnv_{n}", a_group(name=f"Crew {n}")) for n in range(more)))
    assert found(database, "crew") == [f"cnv_{n}" for n in range(more - 1, more - 51, -1)]
    assert found(database, f"crew {more - 1}") == [f"cnv_{more - 1}"]
    with database.read() as connection:
        page = inbox_list.page(connection, CAUSE.workspace_id, ANN.user_id, ConversationFilter(q="crew"), counted=True)
    assert page.total == more


def test_a_search_reads_nothing_of_other_workspaces(database: Database):
    fill(database, CAUSE.workspace_id, 100)
    before = effort_of(database, "zzyzx")
    fill(database, OTHERS, 3_000)
    assert effort_of(database, "zzyzx") < before + 10


def test_a_search_without_a_hit_reads_no_conversation_on_postgres_and_an_index_of_texts_on_sqlite(database: Database):
    fill(database, CAUSE.workspace_id, 3_000)
    asked = queries_of(database, lambda: search(database, ConversationFilter(q="zzyzx")))
    assert not any("inbox_search" in statement for statement, _ in asked[1:])
    if not database.is_sqlite:
        assert effort(database, asked) == 0
        return
    statement, given = asked[0]
    with database.read() as connection:
        ((*_, step),) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
    assert step == "SEARCH inbox_search USING COVERING INDEX inbox_searched (workspace_id=?)"
    assert effort(database, asked[1:]) < 100


def test_few_conversations_are_looked_up_and_not_looked_for_in_all_R27(database: Database):
    fill(database, CAUSE.workspace_id, 3_000)
    for chosen in (
        ConversationFilter(q="crew 2999"),
        ConversationFilter(participant=number(1)),
        ConversationFilter(contact_id="ctc_1"),
    ):
        *_, asked = queries_of(database, lambda chosen=chosen: search(database, chosen))
        assert effort(database, [asked]) < 100


def test_a_search_with_many_hits_reads_as_many_however_many_there_are(database: Database):
    fill(database, CAUSE.workspace_id, 3_000)
    before = effort_of(database, "crew")
    fill(database, CAUSE.workspace_id, 3_000, first=3_000)
    assert effort_of(database, "crew") < 1.1 * before


def effort_of(database: Database, q: str) -> int:
    return effort(database, queries_of(database, lambda: search(database, ConversationFilter(q=q))))


def fill(database: Database, workspace_id: str, conversations: int, *, first: int = 0) -> None:
    """Write rows of both tables as the view would."""
    rows = [(n, f"cnv_{workspace_id}_{n}", f"crew {n}", f"1415555{n:04}") for n in range(first, first + conversations)]
    with database.write() as connection:
        connection.execute(insert(inbox.INBOX), [an_inbox_row(workspace_id, n, id_) for n, id_, *_ in rows])
        connection.execute(
            insert(INBOX_SEARCH),
            [
                {
                    "conversation_id": id_,
                    "workspace_id": workspace_id,
                    "text": text,
                    "digits": digits,
                    "pieces": pieces(workspace_id, (text, digits)),
                    "position": n,
                    "state": "{}",
                }
                for n, id_, text, digits in rows
            ],
        )
    settle(database, "inbox", "inbox_search")


def an_inbox_row(workspace_id: str, n: int, conversation_id: str) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "workspace_id": workspace_id,
        "business_number": BUSINESS,
        "blocked": False,
        "inbound_count": 0,
        "last_activity_position": n,
        "created_by": ANN.user_id,
        "created_at": n,
        "last_activity_at": n,
        "position": n,
        "state": "." * 500,
        "doc": "{}",
    }
