"""The view of what users were refused: filters, pages, and the columns that they rest on (R15, R20 to R23)."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from groupchat.aggregates.refusal import RefusalRecorded, Subject, stream
from groupchat.projections import refusals
from groupchat.projections.paging import PageRequest
from groupchat.projections.refusals import RefusalView
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from tests.projections.histories import follow, items, log_of
from tests.support.builders import CAUSE, moment, number

WORKSPACE = CAUSE.workspace_id


def refused(n: int, user_id: str = "usr_1", conversation_id: str | None = "cnv_1", seconds: int = 0) -> RefusalRecorded:
    """Return a record of a refusal at `moment(n)`, and until so many seconds later."""
    return RefusalRecorded(
        user_id=user_id,
        slug="conversation-blocked",
        rule="R15",
        operation="POST /v1/conversations/{conversation_id}/messages",
        about=Subject(conversation_id=conversation_id, numbers=(number(1),)),
        times=1 + seconds,
        first_at=moment(n),
        last_at=moment(n + seconds),
    )


EVENTS = [refused(1), refused(20, "usr_2", seconds=10), refused(40, conversation_id=None), refused(60, "usr_2", "cnv_2")]


@pytest.fixture
async def followed(database: Database) -> Database:
    """The view with four records, and one of another workspace."""
    log = log_of([(stream(WORKSPACE, moment(0).date()), event) for event in EVENTS])
    others = log_of([("refusals-wsp_2-x", refused(30))], cause=replace(CAUSE, workspace_id="wsp_2"), first=5)
    await follow(database, refusals.VIEW, log, others)
    return database


def found(database: Database, **filters: object) -> list[RefusalView]:
    with database.read() as connection:
        return items(refusals.page(connection, WORKSPACE, refusals.RefusalFilter(**filters)), RefusalView)


def test_a_record_is_shown_with_its_envelope_newest_last_R31(followed: Database):
    all_of_them = found(followed)
    assert [each.about.conversation_id for each in all_of_them] == ["cnv_1", "cnv_1", None, "cnv_2"]
    first = all_of_them[0]
    assert (first.id, first.at, first.correlation_id) == (f"refusals-{WORKSPACE}-2025-01-31/1", moment(1), "req_1")
    assert (first.rule, first.times, first.first_at, first.last_at) == ("R15", 1, moment(1), moment(1))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"conversation_id": "cnv_1"}, [0, 1]),
        ({"user_id": "usr_2"}, [1, 3]),
        ({"conversation_id": "cnv_2", "user_id": "usr_1"}, []),
        ({"start": moment(30)}, [1, 2, 3]),
        ({"start": moment(30) + timedelta(microseconds=1)}, [2, 3]),
        ({"end": moment(20)}, [0]),
        ({"end": moment(20) + timedelta(microseconds=1)}, [0, 1]),
        ({"start": moment(22), "end": moment(25)}, [1]),
    ],
    ids=str,
)
def test_a_record_is_found_by_its_subject_its_user_and_any_moment_of_it_R15(followed: Database, filters, expected):
    assert found(followed, **filters) == [found(followed)[n] for n in expected]


def test_pages_continue_where_the_last_one_ended_and_a_bad_cursor_is_refused_R15(followed: Database):
    with followed.read() as connection:
        first = refusals.page(connection, WORKSPACE, wanted=PageRequest(limit=3))
        rest = refusals.page(connection, WORKSPACE, wanted=PageRequest(first.next_cursor, 3))
        assert [*first.items, *rest.items] == list(refusals.page(connection, WORKSPACE).items)
        assert rest.next_cursor is None
        assert refusals.page(connection, WORKSPACE, wanted=PageRequest(rest.prev_cursor, 3)).items == first.items
        newest = refusals.page(connection, WORKSPACE, wanted=PageRequest(order="desc"))
        assert newest.items == (*reversed(rest.items), *reversed(first.items))
        with pytest.raises(InvalidRequestError):
            refusals.page(connection, WORKSPACE, wanted=PageRequest("nonsense"))
