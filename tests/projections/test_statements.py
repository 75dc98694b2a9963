"""Statements: a month's sums, each of them exactly that of its entries (R26)."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import given as given_any
from hypothesis import strategies as st
from msgspec.structs import replace

from groupchat.aggregates.delivery import stream as delivery_stream
from groupchat.aggregates.delivery_events import Withheld
from groupchat.projections import contacts, inbox, ledger, statements
from groupchat.projections.ledger import Entry
from groupchat.projections.paging import PageRequest
from groupchat.projections.statements import Statement, Sum
from groupchat.store.database import Database
from groupchat.values.event import Event, Recorded
from groupchat.values.money import Rate
from tests.projections.histories import cost_reported, follow, forget_everything, items, sent, withheld
from tests.support.builders import CAUSE, a_group, a_rate, number

MONTHS = [date(2024, 12, 1), date(2025, 1, 1), date(2025, 2, 1), date(2025, 3, 1)]
GROUPS = {"cnv_1": number(901), "cnv_2": number(901), "cnv_3": number(902)}
"""Each group's business number."""
MICROSECOND = timedelta(microseconds=1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def log_at(story: Sequence[tuple[str, Event, datetime]]) -> list[Recorded]:
    """Return events of given times as entries of a log, after the creation of all groups."""
    beginning = [(id_, a_group(business_number=business), midnight(date(2024, 11, 1))) for id_, business in GROUPS.items()]
    versions, log = Counter[str](), []
    for position, (stream, event, at) in enumerate([*beginning, *story], start=1):
        versions[stream] += 1
        log.append(Recorded(event=event, stream=stream, version=versions[stream], position=position, at=at, cause=CAUSE))
    return log


async def followed(database: Database, story: Sequence[tuple[str, Event, datetime]]) -> None:
    log = log_at(story)
    for view in (ledger.VIEW, inbox.VIEW, contacts.VIEW):
        await follow(database, view, log)


def statement(database: Database, month: date, **given: Any) -> Statement:
    with database.read() as connection:
        return statements.statement(connection, CAUSE.workspace_id, month, **given)


def entries(database: Database, **filters: Any) -> list[Entry]:
    with database.read() as connection:
        return items(ledger.page(connection, CAUSE.workspace_id, ledger.EntryFilter(**filters), PageRequest(limit=10_000)), Entry)


def opened(database: Database, shown: Statement, figure: Sum) -> list[Entry]:
    """Return the entries that a figure is the sum of."""
    return entries(database, start=shown.from_, end=shown.to, conversation_id=figure.conversation_id)


def a_message(id_: str, group: str, at: datetime, rate: Rate, people: int = 2) -> tuple[str, Event, datetime]:
    return group, replace(sent(id_, *(number(n) for n in range(people))), rate=rate), at


def a_credit(of: tuple[str, Event, datetime], at: datetime) -> tuple[str, Event, datetime]:
    group, message, _ = of
    credit = withheld(message.message_id, *message.recipients, conversation_id=group)
    return delivery_stream(message.message_id), replace(credit, rate=message.rate), at


EDGES = [midnight(month) + offset for month in MONTHS for offset in (-MICROSECOND, timedelta(), MICROSECOND, timedelta(days=9))]
PRICES = st.decimals(0, 10, places=12) | st.sampled_from([Decimal(price) for price in ("0", "0.0200", "0.000000000001", "1E+2")])
RATES = st.builds(Rate, mms_segment=PRICES, currency=st.sampled_from(["USD", "CAD"]))


@st.composite
def billed_months(draw: st.DrawFn) -> list[tuple[str, Event, datetime]]:
    """Return messages of several months, at the edges of them too, some withheld later, at rates that change."""
    story = []
    for n in range(draw(st.integers(0, 12))):
        at, group = draw(st.sampled_from(EDGES)), draw(st.sampled_from(sorted(GROUPS)))
        message = a_message(f"msg_{n}", group, at, draw(RATES), draw(st.integers(2, 5)))
        story.append(message)
        if draw(st.booleans()):
            later = at + draw(st.sampled_from([timedelta(), MICROSECOND, timedelta(days=20)]))
            story.append(a_credit(message, later))
    return story


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given_any(story=billed_months())
async def test_every_figure_is_exactly_the_sum_of_the_entries_that_it_opens_to_R26(database: Database, story):
    forget_everything(database)
    await followed(database, story)
    counts: Counter[str] = Counter()
    for month in [date(2024, 11, 1), *MONTHS]:
        shown = statement(database, month)
        for figure in shown.conversations:
            listed = [entry for entry in opened(database, shown, figure) if entry.currency == figure.currency]
            assert GROUPS[figure.conversation_id] == figure.business_number
            assert (figure.segments, Decimal(figure.amount)) == summed(listed)
            assert "E" not in figure.amount
            counts.update(entry.id for entry in listed)
        for totals, figures in parts(shown):
            assert {each.currency: (each.segments, Decimal(each.amount)) for each in totals} == totaled(figures)
    assert counts == Counter(entry.id for entry in entries(database))


def parts(shown: Statement):
    """Return each list of totals of a statement with the figures below it."""
    yield shown.totals, shown.conversations
    assert [each.business_number for each in shown.numbers] == sorted({each.business_number for each in shown.conversations})
    for of_number in shown.numbers:
        below = [figure for figure in shown.conversations if figure.business_number == of_number.business_number]
        yield of_number.totals, below


def summed(listed: Sequence[Entry]) -> tuple[int, Decimal]:
    return sum(entry.segments for entry in listed), exactly(entry.amount for entry in listed)


def exactly(amounts) -> Decimal:
    """Add amounts in units of 10^-12, as whole numbers."""
    return Decimal(sum(int(Decimal(amount).scaleb(12)) for amount in amounts)).scaleb(-12)


def totaled(figures) -> dict[str, tuple[int, Decimal]]:
    currencies = {figure.currency for figure in figures}
    return {
        currency: (
            sum(figure.segments for figure in figures if figure.currency == currency),
            exactly(figure.amount for figure in figures if figure.currency == currency),
        )
        for currency in currencies
    }


# --- by hand


async def test_an_entry_at_a_months_last_and_first_microsecond_is_in_exactly_one_month_R26(database: Database):
    edge = midnight(date(2025, 2, 1))
    last, first = (a_message(f"msg_{n}", "cnv_1", at, a_rate()) for n, at in ((1, edge - MICROSECOND), (2, edge)))
    await followed(database, [last, first])
    january, february = statement(database, date(2025, 1, 1)), statement(database, date(2025, 2, 1))
    assert (january.from_, january.to) == (midnight(date(2025, 1, 1)), edge)
    assert (february.from_, february.to) == (edge, midnight(date(2025, 3, 1)))
    for month, message in ((january, "msg_1"), (february, "msg_2")):
        (figure,) = month.conversations
        assert {entry.message_id for entry in opened(database, month, figure)} == {message}
        assert (figure.segments, figure.amount) == (2, "0.0400")


async def test_a_credit_is_in_the_month_of_its_own_event_R16_R26(database: Database):
    edge = midnight(date(2025, 2, 1))
    message = a_message("msg_1", "cnv_1", edge - MICROSECOND, a_rate())
    await followed(database, [message, a_credit(message, edge)])
    amounts = [statement(database, month).totals[0].amount for month in (date(2025, 1, 1), date(2025, 2, 1))]
    assert amounts == ["0.0400", "-0.0400"]


async def test_a_message_withheld_in_its_own_month_sums_to_nothing_and_is_still_listed_R16_R26(database: Database):
    message = a_message("msg_1", "cnv_1", midnight(date(2025, 1, 9)), a_rate())
    await followed(database, [message, a_credit(message, midnight(date(2025, 1, 9)))])
    shown = statement(database, date(2025, 1, 1))
    (figure,) = shown.conversations
    assert (figure.segments, figure.amount) == (0, "0.0000")
    assert len(opened(database, shown, figure)) == 4


async def test_a_month_without_entries_is_an_empty_statement_R26(database: Database):
    await followed(database, [])
    shown = statement(database, date(2025, 12, 1))
    assert (shown.month, shown.to) == ("2025-12", midnight(date(2026, 1, 1)))
    assert (shown.totals, shown.numbers, shown.conversations) == ((), (), ())


async def test_each_currency_has_its_own_figures_R26(database: Database):
    at, cad = midnight(date(2025, 1, 9)), Rate(mms_segment=Decimal("0.03"), currency="CAD")
    await followed(database, [a_message("msg_1", "cnv_1", at, a_rate()), a_message("msg_2", "cnv_1", at, cad)])
    shown = statement(database, date(2025, 1, 1))
    assert [(each.currency, each.amount) for each in shown.conversations] == [("CAD", "0.06"), ("USD", "0.0400")]
    assert [(each.currency, each.segments, each.amount) for each in shown.totals] == [("CAD", 2, "0.06"), ("USD", 2, "0.0400")]


async def test_what_the_carrier_charges_is_summed_beside_our_figures_in_the_month_of_its_report_R26(database: Database):
    january, february = midnight(date(2025, 1, 9)), midnight(date(2025, 2, 1))
    story = [a_message("msg_1", "cnv_1", january, a_rate(), people=3)]
    for at, people in ((january, (number(0), number(1))), (february, (number(2),))):
        story.append((delivery_stream("msg_1"), cost_reported("msg_1", *people, amount="0.0081"), at))
    await followed(database, story)
    (figure,), totals = statement(database, date(2025, 1, 1)).conversations, statement(database, date(2025, 1, 1)).totals
    assert (figure.segments, figure.amount, figure.costs_reported, figure.carrier_cost) == (3, "0.0600", 2, "0.0162")
    assert [(each.costs_reported, each.carrier_cost) for each in totals] == [(2, "0.0162")]
    (later,) = statement(database, date(2025, 2, 1)).conversations
    assert (later.segments, later.amount, later.costs_reported, later.carrier_cost) == (0, "0", 1, "0.0081")


async def test_sums_are_exact_where_floats_are_not_R25_R26(database: Database):
    at, tiny = midnight(date(2025, 1, 9)), Rate(mms_segment=Decimal("0.000000000001"), currency="USD")
    huge = Rate(mms_segment=Decimal("999999999.999999999999"), currency="USD")
    await followed(database, [a_message("msg_1", "cnv_1", at, huge), a_message("msg_2", "cnv_1", at, tiny)])
    assert statement(database, date(2025, 1, 1)).totals[0].amount == "2000000000.000000000000"


async def test_another_workspaces_statement_has_none_of_the_entries(database: Database):
    await followed(database, [a_message("msg_1", "cnv_1", midnight(date(2025, 1, 9)), a_rate())])
    with database.read() as connection:
        assert statements.statement(connection, "wsp_other", date(2025, 1, 1)).conversations == ()


def test_a_withheld_message_names_its_rate_R16_R25():
    _, credit, _ = a_credit(a_message("msg_1", "cnv_1", EDGES[0], a_rate("0.03")), EDGES[0])
    assert isinstance(credit, Withheld)
    assert credit.rate == a_rate("0.03")
