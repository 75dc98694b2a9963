"""The directory of contacts."""

from typing import Any

import pytest
from sqlalchemy import insert, text

from groupchat.aggregates import phone_book
from groupchat.aggregates.contact import Assigned, ContactDeleted, DndTurnedOff, DndTurnedOn, NumbersChanged, Renamed
from groupchat.projections import contacts
from groupchat.projections.contacts import ContactFilter, ContactView
from groupchat.projections.paging import PageRequest, cursor_at
from groupchat.projections.search import pieces
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from groupchat.values.event import Event
from tests.projections.histories import Story, follow, items, log_of
from tests.support.builders import CAUSE, a_contact_created, moment, number
from tests.support.statements import listening


def contact(*events: Event) -> ContactView:
    row = contacts.current(None, log_of(("ctc_1", event) for event in events))
    assert row is not None
    return contacts.shown(row)


def found(database: Database, q: str | None = None) -> list[str]:
    with database.read() as connection:
        return [each.id for each in items(contacts.page(connection, CAUSE.workspace_id, ContactFilter(q=q)), ContactView)]


def test_a_contact_is_shown_as_its_events_left_it():
    assert contact(
        a_contact_created(secondary_numbers=(number(5),)),
        Renamed(contact_id="ctc_1", name="Dana"),
        NumbersChanged(contact_id="ctc_1", number=number(6), secondary_numbers=()),
        Assigned(contact_id="ctc_1", user_id="usr_bob"),
        DndTurnedOn(contact_id="ctc_1"),
    ) == ContactView(
        id="ctc_1",
        name="Dana",
        number=number(6),
        secondary_numbers=(),
        assigned_to="usr_bob",
        dnd=True,
        deleted=False,
        version=5,
        created_at=moment(1),
        updated_at=moment(5),
        external_id=None,
        metadata={},
    )


def test_do_not_disturb_can_be_turned_off_again_R14():
    assert not contact(a_contact_created(), DndTurnedOn(contact_id="ctc_1"), DndTurnedOff(contact_id="ctc_1")).dnd


NAMES: Story = tuple((f"ctc_{n}", a_contact_created(n, name=name)) for n, name in enumerate(["bob", "Élan", "ann", "Zed", "Bob"]))


async def test_contacts_come_by_name_without_case_and_accents_then_by_id(database: Database):
    await follow(database, contacts.VIEW, log_of(NAMES))
    assert found(database) == ["ctc_2", "ctc_0", "ctc_4", "ctc_1", "ctc_3"]


async def test_pages_follow_one_another_even_between_two_of_one_name(database: Database):
    await follow(database, contacts.VIEW, log_of(NAMES))
    with database.read() as connection:
        first = contacts.page(connection, CAUSE.workspace_id, wanted=PageRequest(limit=2))
        second = contacts.page(connection, CAUSE.workspace_id, wanted=PageRequest(first.next_cursor, 3))
    assert [each.id for each in items(second, ContactView)] == ["ctc_4", "ctc_1", "ctc_3"]
    assert second.next_cursor is None


FOUND = [
    ("BO", ["ctc_0", "ctc_4"]),
    ("e\u0301l", ["ctc_1"]),
    ("ELA\u0144", ["ctc_1"]),
    ("(415) 555-0003", ["ctc_3"]),
    ("555\u20110003", ["ctc_3"]),
    ("\u202a+1 415\u202f555\u00b70003\u202c", ["ctc_3"]),
    ("011 44 20 7946 0958", ["ctc_5"]),
    ("020 7946", []),
    ("nobody", []),
]


async def test_contacts_are_found_by_name_or_any_number_R3(database: Database):
    londoner = ("ctc_5", a_contact_created(5, name="Lou", number="+14155550005", secondary_numbers=("+442079460958",)))
    await follow(database, contacts.VIEW, log_of([*NAMES, londoner]))
    assert [(q, found(database, q)) for q, _ in FOUND] == FOUND


async def test_a_short_search_finds_all_results_of_a_longer_one_R27(database: Database):
    await follow(database, contacts.VIEW, log_of([*NAMES, ("ctc_5", a_contact_created(5, name="\u738b \u5c0f\u660e"))]))
    asked = ["z", "ze", "zed", "\u5c0f", "3", "03", "b b", "x" * 200]
    assert [found(database, q) for q in asked] == [["ctc_3"], ["ctc_3"], ["ctc_3"], ["ctc_5"], ["ctc_3"], ["ctc_3"], [], []]


def test_a_search_without_a_hit_reads_no_contact_of_a_large_directory(database: Database):
    with database.write() as connection:
        connection.execute(insert(contacts.CONTACTS), [a_row(n) for n in range(3_000)])
    if not database.is_sqlite:
        with database.single.connect() as connection:
            connection.execute(text("VACUUM ANALYZE contacts"))
    asked: dict[str, Any] = {}
    with listening(database, "before_cursor_execute", lambda *given: asked.setdefault(given[2], given[3])):
        assert found(database, "zzyzx") == []

    ((sent, given),) = ((each, given) for each, given in asked.items() if "contacts" in each)
    query = sent[sent.index("SELECT") :]  # on Postgres it is sent with what begins its transaction
    explain, index = ("EXPLAIN QUERY PLAN", "searched") if database.is_sqlite else ("EXPLAIN", "search")
    with database.read() as connection:
        plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {query}", given))
    assert f"contacts_{index}" in plan
    assert "contacts_by_name" not in plan
    assert "Seq Scan" not in plan


def a_row(n: int) -> dict[str, object]:
    name, digits = f"contact {n}", f"1415555{n:04}"
    filled = {"workspace_id": CAUSE.workspace_id, "deleted": False, "dnd": False, "position": n, "updated_at": n}
    return filled | {
        "contact_id": f"ctc_{n}",
        "state": "." * 500,
        "doc": "." * 300,
        "name_key": name,
        "digits": digits,
        "pieces": pieces(CAUSE.workspace_id, (name, digits)),
    }


async def test_a_deleted_contact_is_in_no_list_but_can_be_read(database: Database):
    await follow(database, contacts.VIEW, log_of([*NAMES, ("ctc_0", ContactDeleted(contact_id="ctc_0"))]))
    assert found(database, "bob") == ["ctc_4"]
    with database.read() as connection:
        deleted = contacts.one(connection, CAUSE.workspace_id, "ctc_0")
    assert deleted is not None
    assert deleted.deleted


async def test_another_workspaces_contact_does_not_exist(database: Database):
    await follow(database, contacts.VIEW, log_of(NAMES))
    with database.read() as connection:
        assert contacts.one(connection, "wsp_other", "ctc_0") is None
        assert contacts.page(connection, "wsp_other").items == ()


async def test_the_list_of_a_numbers_contacts_is_not_a_contact_R2(database: Database):
    listed = phone_book.NumberListed(number=number(1), contact_id="ctc_9", contact_since=moment(1))
    await follow(database, contacts.VIEW, log_of([(phone_book.stream(CAUSE.workspace_id, number(1)), listed)]))
    assert found(database) == []


async def test_a_cursor_that_no_page_gave_is_refused(database: Database):
    for cursor in ("x", cursor_at(1), cursor_at(["ann"]), cursor_at(["a\x00", "ctc_1"])):
        with database.read() as connection, pytest.raises(InvalidRequestError):
            contacts.page(connection, CAUSE.workspace_id, wanted=PageRequest(cursor))
