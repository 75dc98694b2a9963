"""The rate card, and statements as JSON and CSV, over HTTP (R25, R26)."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import httpx
import pytest

from groupchat import bootstrap
from groupchat.http.documents.examples import STATEMENT, STATEMENT_SHEET
from groupchat.processes.delivery import DeliveryProcess
from groupchat.projections import VIEWS
from groupchat.settings import Settings
from tests.http.clocked import StoppedClock, clocked_site
from tests.http.site import Json, Site, assert_problem, client_of, locs, path_of
from tests.support.builders import BUSINESS, number
from tests.support.world import a_world

RATES = "/v1/rates"
DEFAULT = {"n": 0, "effective_from": None, "mms_segment": "0.0200", "currency": "USD"}
MARCH, MICROSECOND = datetime(2025, 3, 1, tzinfo=UTC), timedelta(microseconds=1)


async def post_rate(site: Site, day: str, price: str, currency: str = "USD") -> Json:
    response = await site.post(RATES, {"effective_from": day, "mms_segment": price, "currency": currency})
    assert response.status_code == 201, response.text
    return response.json()


async def entries(site: Site, url: str = "/v1/ledger?limit=200") -> list[Json]:
    page = (await site.request("GET", url)).json()
    assert page["next_cursor"] is None
    return page["items"]


async def prices(site: Site) -> list[str]:
    """Return the rates of all that was billed, a message at a time."""
    return list({each["message_id"]: each["rate"] for each in await entries(site)}.values())


# --- the rate card


async def test_the_rate_card_lists_the_default_and_the_posted_rates_in_order_R25(site):
    assert (await site.get(RATES)).json() == {"items": [DEFAULT], "next_cursor": None, "prev_cursor": None}
    later = await post_rate(site, "2025-06-01", "0.0300")
    earlier = await post_rate(site, "2025-02-01", "0.0250", "CAD")
    assert later == {"n": 1, "effective_from": "2025-06-01", "mms_segment": "0.0300", "currency": "USD"}
    assert (await site.get(RATES)).json()["items"] == [DEFAULT, later, earlier]
    page = (await site.get(RATES, limit=2)).json()
    assert (await site.get(RATES, cursor=page["next_cursor"])).json()["items"] == [earlier]


@pytest.mark.parametrize("price", ["0", "0.0", "0.000000000001", "0.0200", "123456789.123456789012", "999999999"])
async def test_a_price_of_up_to_twelve_places_is_kept_and_billed_exactly_R25(plain_site, price):
    assert (await post_rate(plain_site, "2025-01-01", price))["mms_segment"] == price
    made = await plain_site.group(1, 2)
    await plain_site.send(made)
    billed = await entries(plain_site)
    assert [(each["rate"], each["amount"]) for each in billed] == [(price, price)] * 2
    statement = (await plain_site.get("/v1/ledger/statement", month=billed[0]["at"][:7])).json()
    assert Decimal(statement["totals"][0]["amount"]) == 2 * Decimal(price)


BAD_RATES = [
    ({"mms_segment": "0.0000000000001"}, "mms_segment"),
    ({"mms_segment": "-0.01"}, "mms_segment"),
    ({"mms_segment": "1e-3"}, "mms_segment"),
    ({"mms_segment": "NaN"}, "mms_segment"),
    ({"mms_segment": "1234567890"}, "mms_segment"),
    ({"mms_segment": ".5"}, "mms_segment"),
    ({"mms_segment": 0.02}, "mms_segment"),
    ({"currency": "usd"}, "currency"),
    ({"currency": "USD\n"}, "currency"),
    ({"currency": "XYZ"}, "currency"),
    ({"currency": "XXX"}, "currency"),
    ({"currency": "XAU"}, "currency"),
    ({"currency": "DOLLAR"}, "currency"),
    ({"effective_from": "2025-02-30"}, "effective_from"),
    ({"effective_from": "2025-02-01T00:00:00Z"}, "effective_from"),
    ({"effective_from": None}, "effective_from"),
    ({"until": "2026-01-01"}, "until"),
]


async def test_a_rate_that_does_not_fit_is_refused_with_its_place_R25(plain_site):
    for change, loc in BAD_RATES:
        body = {"effective_from": "2025-01-01", "mms_segment": "0.02", "currency": "USD"} | change
        assert locs(assert_problem(await plain_site.post(RATES, body), "invalid-request", 422)) == [loc], change
    assert (await plain_site.get(RATES)).json()["items"] == [DEFAULT]


async def test_the_latest_posted_rate_of_a_date_is_billed_R25(site):
    made = await site.group(1, 2)
    for price in ("0.05", "0.03", "0.04"):
        await post_rate(site, "2025-01-01", price)
        await site.send(made)
    await post_rate(site, "2024-01-01", "0.09")
    await site.send(made)
    assert await prices(site) == ["0.05", "0.03", "0.04", "0.04"]


async def test_a_rate_is_billed_from_its_first_microsecond_in_utc_R25(database_url):
    clock = StoppedClock(MARCH - timedelta(days=1))
    async with clocked_site(database_url, clock) as site:
        made = await site.group(1, 2)
        await post_rate(site, "2025-03-01", "0.03")
        for moment in (MARCH - MICROSECOND, MARCH, MARCH + MICROSECOND):
            clock.now = moment
            await site.send(made)
        assert await prices(site) == ["0.0200", "0.03", "0.03"]
        assert [each["at"] for each in await entries(site)][::2] == [
            "2025-02-28T23:59:59.999999Z",
            "2025-03-01T00:00:00Z",
            "2025-03-01T00:00:00.000001Z",
        ]


async def test_a_message_that_a_groups_later_event_holds_back_is_billed_by_its_own_time_R25_R32(database_url):
    clock = StoppedClock(MARCH)
    async with clocked_site(database_url, clock) as site:
        made = await site.group(1, 2)
        await post_rate(site, "2025-03-01", "0.03")
        clock.now = MARCH - timedelta(hours=1)
        sent = await site.send(made)
        assert sent["at"] == "2025-03-01T00:00:00Z"
        assert await prices(site) == ["0.03"]


async def test_a_rate_that_is_posted_later_changes_no_existing_entry_R25(site):
    made = await site.group(1, 2)
    await site.send(made)
    before = await entries(site)
    history = (await site.get(path_of(made, "history"))).json()
    for day in ("2020-01-01", before[0]["at"][:10]):
        await post_rate(site, day, "9.99", "CAD")
    assert await entries(site) == before
    assert (await site.get(path_of(made, "history"))).json() == history
    assert history["items"][1]["data"]["rate"] == {"mms_segment": "0.0200", "currency": "USD"}


# --- statements


async def test_every_figure_of_a_statement_opens_to_its_entries_and_each_to_its_event_R26(database_url):
    clock = StoppedClock(MARCH - timedelta(days=40))
    async with clocked_site(database_url, clock) as site:
        await billed_months(site, clock)
        every = await entries(site)
        opened = []
        for month in ("2025-01", "2025-02", "2025-03", "2025-04"):
            statement = (await site.get("/v1/ledger/statement", month=month)).json()
            for figure in statement["conversations"]:
                listed = [each for each in await entries(site, f"{figure['entries_url']}&limit=200") if is_of(each, figure)]
                assert Decimal(figure["amount"]) == sum(Decimal(each["amount"]) for each in listed)
                assert figure["segments"] == sum(each["segments"] for each in listed)
                opened += listed
            assert sheet_of(await site.get("/v1/ledger/statement", month=month, format="csv")) == rows_of(statement)
        assert sorted(each["id"] for each in opened) == sorted(each["id"] for each in every)
        for entry in every:
            assert await event_of(site, entry) == entry["message_id"]


async def billed_months(site: Site, clock: StoppedClock) -> None:
    """Send in two groups over three months, at their edges too, in two currencies."""
    groups = [await site.group(1, 2), await site.group(1, 2, 3)]
    await post_rate(site, "2025-02-15", "0.000000000003")
    for moment in (MARCH - timedelta(days=35), MARCH - timedelta(days=28), MARCH - MICROSECOND, MARCH):
        clock.now = moment
        for group in groups:
            await site.send(group)
    await post_rate(site, "2025-03-01", "0.07", "CAD")
    await site.send(groups[0])


def is_of(entry: Json, figure: Json) -> bool:
    return entry["currency"] == figure["currency"]


async def event_of(site: Site, entry: Json) -> str:
    """Return the message of the event that an entry names, from the conversation's history."""
    event = entry["event"]
    after = event["version"] - 1
    url = f"/v1/conversations/{event['conversation_id']}/history"
    (found,) = (await site.get(url, after_version=after, limit=1)).json()["items"]
    assert found["type"] == "groupchat.conversation.message_sent"
    assert entry["recipient"] in found["data"]["recipients"]
    assert found["data"]["rate"]["mms_segment"] == entry["rate"]
    return found["data"]["message_id"]


async def test_a_withheld_messages_credit_appears_on_the_statement_R16_R26(database_url):
    async with bootstrap.running(Settings(database_url=database_url)) as system:
        services, world = system.services, await a_world(system.store)
        async with client_of(services) as client, bootstrap.working(system, list(VIEWS)):
            site = Site(client, world, services)
            made = await site.group(1, 2)
            sent = await site.send(made)
            await site.post(path_of(made, "participants", number(1), "opt-out"))
            async with bootstrap.working(system, [DeliveryProcess.name]):
                site.position = await delivered(site)
            billed = await entries(site)
            assert [(each["segments"], each["amount"]) for each in billed] == [(1, "0.0200")] * 2 + [(-1, "-0.0200")] * 2
            assert {each["event"]["stream"] for each in billed} == {made["id"], f"delivery-{sent['id']}"}
            statement = (await site.get("/v1/ledger/statement", month=sent["at"][:7])).json()
            assert [(each["segments"], each["amount"]) for each in statement["totals"]] == [(0, "0.0000")]
            assert await entries(site, statement["conversations"][0]["entries_url"]) == billed


async def delivered(site: Site) -> int:
    """Wait until delivery has seen all that is stored; return the log's end by then."""
    head = site.store.log.head()
    assert await site.services.progress.wait_for([DeliveryProcess.name], head, 10)
    return site.store.log.head()


def sheet_of(response: httpx.Response) -> list[list[str]]:
    """Return the lines of a statement that is CSV."""
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert all(line.endswith("\r\n") for line in response.text.splitlines(keepends=True))
    return list(csv.reader(StringIO(response.text, newline="")))


def rows_of(statement: Json) -> list[list[str]]:
    """Return the rows that a statement's CSV must have."""
    figures = ["segments", "amount", "costs_reported", "carrier_cost"]
    columns = ["business_number", "conversation_id", "currency", *figures, "entries_url"]
    figures = [each | {"business_number": f"tel:{each['business_number']}"} for each in statement["conversations"]]
    lines = [[statement["month"], *(str(each[column]) for column in columns)] for each in figures]
    return [["month", *columns], *lines]


async def test_a_statement_as_csv_has_the_figures_of_the_json_and_its_totals_are_their_sums_R26(site):
    first, second = await site.group(1, 2), await site.group(1, 2, 3)
    for made in (first, second):
        month = (await site.send(made))["at"][:7]
    header, *lines = sheet_of(await site.get("/v1/ledger/statement", month=month, format="csv"))
    statement = (await site.get("/v1/ledger/statement", month=month, format="json")).json()
    assert [header, *lines] == rows_of(statement)
    amounts = [Decimal(line[header.index("amount")]) for line in lines]
    assert sum(amounts) == Decimal(statement["totals"][0]["amount"]) == Decimal("0.1000")
    assert {line[header.index("business_number")] for line in lines} == {f"tel:{BUSINESS}"}


async def test_a_month_without_entries_is_a_header_alone_R26(plain_site):
    response = await plain_site.get("/v1/ledger/statement", month="2020-01", format="csv")
    assert sheet_of(response) == rows_of({"month": "2020-01", "conversations": []})
    assert response.headers["content-disposition"] == 'attachment; filename="statement-2020-01.csv"'
    empty = (await plain_site.get("/v1/ledger/statement", month="2020-01")).json()
    assert [empty[name] for name in ("totals", "numbers", "conversations")] == [[], [], []]
    assert (empty["from"], empty["to"]) == ("2020-01-01T00:00:00Z", "2020-02-01T00:00:00Z")


BAD_MONTHS = [({}, "query.month"), ({"month": "2025-13"}, "query.month"), ({"month": "2025-1"}, "query.month")]
BAD_MONTHS += [({"month": month}, "query.month") for month in ("0000-01", "9999-12")]
BAD_MONTHS += [({"month": "2025-01", "format": "pdf"}, "query.format")]


async def test_an_invalid_month_or_format_is_refused_R26(plain_site):
    for params, loc in BAD_MONTHS:
        assert locs(assert_problem(await plain_site.get("/v1/ledger/statement", **params), "invalid-request", 422)) == [loc]
    for month in ("0001-01", "9999-11"):
        assert (await plain_site.get("/v1/ledger/statement", month=month)).status_code == 200


def test_the_documented_csv_is_that_of_the_documented_json_R26():
    assert list(csv.reader(StringIO(STATEMENT_SHEET, newline=""))) == rows_of(STATEMENT)
