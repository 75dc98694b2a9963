"""The ledger: R16, R24, R25."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from groupchat.aggregates.group_events import MessageSent
from groupchat.projections import inbox, ledger
from groupchat.projections.carrier_costs import CarrierCost
from groupchat.projections.ledger import Entry, EntryShown
from groupchat.projections.paging import Order, Page, PageRequest
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from tests.projections.histories import Story, cost_reported, follow, items, log_of, received, sent, stories, withheld
from tests.support.builders import BUSINESS, CAUSE, a_group, a_participant, moment, number, rates

FIVE = tuple(number(n) for n in range(5))


def shown(database: Database, **filters: Any) -> list[Entry]:
    with database.read() as connection:
        return items(ledger.page(connection, CAUSE.workspace_id, ledger.EntryFilter(**filters)), Entry)


def entries(story: Story) -> list[Entry]:
    return [entry for recorded in log_of(story) if (line := ledger.line_of(recorded)) for entry in line.entries()]


def test_each_sent_message_counts_one_segment_per_participant_R24():
    billed = entries([("cnv_1", sent("msg_1", *FIVE))])
    assert [entry.recipient for entry in billed] == list(FIVE)
    assert sum(entry.segments for entry in billed) == 5


def test_an_entry_names_its_event_rate_and_amount_R25():
    second = entries([("cnv_1", a_group()), ("cnv_1", sent("msg_1", *FIVE, price="0.0200"))])[1]
    assert msgspec.to_builtins(second) == {
        "id": "cnv_1/2/2",
        "at": "2025-01-31T23:59:32Z",
        "conversation_id": "cnv_1",
        "message_id": "msg_1",
        "recipient": number(1),
        "kind": "mms",
        "segments": 1,
        "rate": "0.0200",
        "amount": "0.0200",
        "currency": "USD",
        "event": {"stream": "cnv_1", "conversation_id": "cnv_1", "version": 2},
    }


def test_inbound_messages_cost_nothing_R24():
    assert entries([("cnv_1", a_group()), ("cnv_1", received("msg_1"))]) == []


def test_a_withheld_message_is_credited_by_the_deliverys_event_R16():
    story = [("cnv_1", sent("msg_1", *FIVE)), ("delivery-msg_1", withheld("msg_1", *FIVE))]
    credit = entries(story)[5]
    assert (credit.id, credit.segments, credit.amount) == ("delivery-msg_1/1/1", -1, "-0.0200")
    assert msgspec.to_builtins(credit.event) == {"stream": "delivery-msg_1", "conversation_id": "cnv_1", "version": 1}
    assert sum(Decimal(entry.amount) for entry in entries(story)) == 0


def test_a_withheld_relay_was_not_billed_and_is_not_credited_R12():
    assert entries([("delivery-msg_1", withheld("msg_1", *FIVE, price=None))]) == []


@given(rate=rates(), count=st.integers(1, 50))
def test_amounts_are_exact_and_written_plainly_R25(rate, count: int):
    event = replace(sent("msg_1", *FIVE[:1]), rate=rate, recipients=tuple(number(n) for n in range(count)))
    billed = entries([("cnv_1", event)])
    assert sum(Decimal(entry.amount) for entry in billed) == rate.mms_segment * count
    assert all("E" not in entry.amount + entry.rate for entry in billed)


@pytest.mark.parametrize("price", ["0.0000001", "1E-7", "0", "1E+2"])
def test_small_and_large_prices_are_decimals_without_exponent_R25(price: str):
    (entry,) = entries([("cnv_1", sent("msg_1", number(1), price=price))])
    assert set(entry.amount) <= set("0123456789.")
    assert Decimal(entry.amount) == Decimal(price)


@given(story=stories())
def test_every_message_is_billed_to_each_of_its_recipients_once_R24(story: Story):
    sends = [event for _, event in story if isinstance(event, MessageSent)]
    expected = sorted((event.message_id, recipient) for event in sends for recipient in event.recipients)
    billed = entries(story)
    assert sorted((entry.message_id, entry.recipient) for entry in billed if entry.segments > 0) == expected
    assert len({entry.id for entry in billed}) == len(billed)


# --- the list


TWO_GROUPS: Story = (
    ("cnv_1", a_group()),
    ("cnv_1", sent("msg_1", *FIVE)),
    ("cnv_2", sent("msg_2", *FIVE[:2])),
    ("delivery-msg_2", withheld("msg_2", *FIVE[:2], conversation_id="cnv_2")),
    ("cnv_1", sent("msg_3", *FIVE[:3])),
)


async def test_the_list_shows_the_folds_entries_oldest_first_R25(database: Database):
    await follow(database, ledger.VIEW, log_of(TWO_GROUPS))
    assert shown(database) == entries(TWO_GROUPS)


CHOSEN: list[tuple[dict[str, Any], set[str]]] = [
    ({"start": moment(3)}, {"msg_2", "msg_3"}),
    ({"end": moment(3)}, {"msg_1"}),
    ({"start": moment(2), "end": moment(5)}, {"msg_1", "msg_2"}),
    ({"conversation_id": "cnv_1"}, {"msg_1", "msg_3"}),
    ({"conversation_id": "cnv_2", "start": moment(4)}, {"msg_2"}),
    ({"start": moment(9)}, set()),
    ({"end": datetime.min.replace(tzinfo=moment(1).tzinfo)}, set()),
]


async def test_a_period_has_its_beginning_and_not_its_end_R25(database: Database):
    await follow(database, ledger.VIEW, log_of(TWO_GROUPS))
    assert [(filters, {entry.message_id for entry in shown(database, **filters)}) for filters, _ in CHOSEN] == CHOSEN


async def test_entries_are_found_by_business_number_and_recipient_and_a_page_holds_as_many_as_fit_R25(database: Database):
    begun: Story = (("cnv_1", a_group(*map(a_participant, range(5)))), ("cnv_2", a_group(a_participant(0), a_participant(1))))
    log = log_of((*begun, *TWO_GROUPS[1:], ("cnv_3", sent("msg_4", *FIVE))))
    for view in (ledger.VIEW, inbox.VIEW):
        await follow(database, view, log)
    of_first = shown(database, recipient=number(0))
    assert [entry.message_id for entry in of_first] == ["msg_1", "msg_2", "msg_2", "msg_3"]
    assert {entry.recipient for entry in of_first} == {number(0)}
    assert [entry.message_id for entry in shown(database, recipient=number(4))] == ["msg_1"]
    assert {entry.conversation_id for entry in shown(database, business_number=BUSINESS)} == {"cnv_1", "cnv_2"}
    assert shown(database, business_number=number(0)) == shown(database, recipient=number(99)) == []
    for limit in (1, 2, 3):
        assert [entry for each in pages(database, limit, recipient=number(0)) for entry in each] == of_first


def pages(database: Database, limit: int, order: Order = "asc", **filters: Any) -> list[list[Entry]]:
    """Return all pages, read from the first to the last, after checking that the way back shows the same."""
    with database.read() as connection:

        def page(cursor: str | None) -> Page:
            return ledger.page(connection, CAUSE.workspace_id, ledger.EntryFilter(**filters), PageRequest(cursor, limit, order))

        there = [page(None)]
        while (cursor := there[-1].next_cursor) is not None:
            there.append(page(cursor))
        back = [there[-1]]
        while (cursor := back[-1].prev_cursor) is not None:
            back.append(page(cursor))
    assert [each.items for each in back] == [each.items for each in reversed(there)]
    return [items(each, Entry) for each in there]


async def test_pages_of_any_size_follow_one_another_even_within_a_message_R25(database: Database):
    await follow(database, ledger.VIEW, log_of(TWO_GROUPS))
    every = entries(TWO_GROUPS)
    for limit in range(1, 14):
        assert pages(database, limit) == [every[n : n + limit] for n in range(0, len(every), limit)]
        newest = every[::-1]
        assert pages(database, limit, "desc") == [newest[n : n + limit] for n in range(0, len(newest), limit)]


async def test_another_workspace_sees_nothing_of_the_ledger(database: Database):
    await follow(database, ledger.VIEW, log_of(TWO_GROUPS))
    with database.read() as connection:
        assert ledger.page(connection, "wsp_other").items == ()


async def test_a_cursor_that_no_page_gave_is_refused(database: Database):
    for cursor in ("x", "MQ", "WzFd", "Wy0xLDFd"):
        with database.read() as connection, pytest.raises(InvalidRequestError):
            ledger.page(connection, CAUSE.workspace_id, wanted=PageRequest(cursor))


async def test_an_entry_shows_what_the_carrier_charges_and_its_credit_does_not_R26(database: Database):
    one, two = number(1), number(2)
    story = [
        ("cnv_1", sent("msg_1", one, two)),
        ("delivery-msg_1", cost_reported("msg_1", two, amount="0.0080")),
        ("cnv_1", sent("msg_2", one)),
        ("delivery-msg_2", cost_reported("msg_2", one)),
        ("delivery-msg_2", withheld("msg_2", one)),
    ]
    for _ in range(2):  # applying a batch twice changes nothing
        await follow(database, ledger.VIEW, log_of(story))
    with database.read() as connection:
        listed = items(ledger.page(connection, CAUSE.workspace_id), EntryShown)
    cost = CarrierCost(amount="0.0080", currency="USD")
    assert [(each.recipient, each.segments, each.carrier_cost) for each in listed] == [
        (one, 1, None),
        (two, 1, cost),
        (one, 1, cost),
        (one, -1, None),
    ]
