"""Carriers' webhooks: without an API key, verified by the adapter, and acknowledged only when stored (R45)."""

import asyncio
from collections.abc import AsyncIterator
from time import sleep

import httpx
import pytest
from msgspec.structs import replace

from groupchat.adapters import Adapter
from groupchat.aggregates.group_events import InboundReceived
from groupchat.carriers.port import Inbound, Posted, Receipt
from groupchat.http.web.refusals import MAX_BODY_BYTES
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.event_store import EventStore
from tests.carriers.posting import PATH, News, PostingCarrier, proof, signed
from tests.http.site import Site, assert_problem, messages_of, open_site
from tests.support.builders import BUSINESS, canadian_number, number
from tests.support.statements import before_commits


@pytest.fixture
def carrier() -> PostingCarrier:
    return PostingCarrier()


@pytest.fixture
async def site(store: EventStore, carrier: PostingCarrier) -> AsyncIterator[Site]:
    """The API with all workers, over a carrier that posts."""
    async with open_site(store, workers=(), adapter=Adapter(carrier=carrier, webhook=carrier.webhook)) as site:
        yield site


def written(body: str = "I'm in", to: str = BUSINESS) -> News:
    """Return that person 1 wrote in the group with person 2."""
    return News(inbound=Inbound(from_=number(1), to=to, group=(number(2),), body=body, media=(), carrier_message_id=f"in-{body}"))


async def post(site: Site, posted: Posted, **given: object) -> httpx.Response:
    """Post as the carrier does: it has no key of ours."""
    return await site.client.post(posted.path, content=posted.body, headers=dict(posted.headers), **given)


async def test_an_acknowledged_message_is_stored_once_R45_R11(site: Site):
    made = await site.group(1, 2)
    answers = [await post(site, signed(written())) for _ in range(2)]

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert [recorded.event.body for recorded in site.store.log.stream(made["id"]) if hasattr(recorded.event, "body")] == ["I'm in"]


async def test_a_receipt_reaches_the_thread_R45_R28(site: Site):
    made = await site.group(1, 2)
    sent = await site.send(made)
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)
    news = News(receipts=[Receipt(message_id=sent["id"], recipient=number(1), status="delivered")])

    assert (await post(site, signed(news, f"{PATH}/receipts?of=all"))).status_code == 204
    site.position = site.store.log.head()
    (message,) = (await site.get(messages_of(made))).json()["items"]
    assert [each["status"] for each in message["recipients"]] == ["delivered", "sent"]


@pytest.mark.parametrize("forged", ["no proof", "another body", "another path", "an API key"])
async def test_a_post_of_someone_else_is_rejected_and_not_stored_R45(site: Site, forged: str):
    await site.group(1, 2)
    true, before = signed(written()), site.store.log.head()
    posted = {
        "no proof": replace(true, headers={}),
        "another body": replace(true, body=true.body.replace(b"in", b"out")),
        "another path": replace(true, path=f"{PATH}/receipts"),
        "an API key": replace(true, headers={"authorization": f"Bearer {site.key}"}),
    }[forged]

    assert_problem(await post(site, posted), "not-the-carrier", 401)
    assert site.store.log.head() == before


async def test_an_unstored_post_is_not_acknowledged_R45(site: Site):
    nobodys = await post(site, signed(written(to=canadian_number(900))))
    garbage = await post(site, Posted(path=PATH, headers=proof(PATH, b"{"), body=b"{"))

    assert_problem(nobodys, "not-found", 404)
    assert_problem(garbage, "invalid-request", 422)


COMMIT_SECONDS = 0.2
TELNYX_SECONDS = 2.0
"""The shortest time that a carrier waits."""


async def test_a_slow_database_acknowledges_many_posts_in_the_shortest_time_that_a_carrier_waits_R45(
    store: EventStore, carrier: PostingCarrier
):
    async with open_site(store, workers=None, adapter=Adapter(carrier=carrier, webhook=carrier.webhook)) as site:
        await site.group(1, 2)
        commits: list[float] = []
        before_commits(store.database, lambda: (commits.append(COMMIT_SECONDS), sleep(COMMIT_SECONDS)))
        twice = [signed(written(f"{n}")) for n in range(30)] * 2  # the carrier gave up waiting for the first ones
        answers = await asyncio.gather(*(post(site, each) for each in twice))

    assert {answer.status_code for answer in answers} == {204}
    bodies = [recorded.event.body for recorded in store.log.each() if isinstance(recorded.event, InboundReceived)]
    assert sorted(bodies, key=int) == [f"{n}" for n in range(30)]
    assert sum(commits) < TELNYX_SECONDS


async def test_a_body_has_its_limit_here_too_R45(site: Site):
    large = Posted(path=PATH, headers={}, body=b"x" * (MAX_BODY_BYTES + 1))

    assert_problem(await post(site, large), "payload-too-large", 413)
    assert_problem(await site.client.get(PATH), "method-not-allowed", 405)


async def test_the_path_is_documented_where_a_carrier_posts_R45(site: Site):
    documented = (await site.client.get("/openapi.json")).json()["paths"]
    operation = documented[PATH]["post"]

    assert operation["security"] == []
    assert {"204", "401", "413"} <= set(operation["responses"])


async def test_a_carrier_that_is_not_configured_has_no_such_path_R45(plain_site: Site):
    assert not [path for path in (await plain_site.client.get("/openapi.json")).json()["paths"] if "/carriers/" in path]
    assert_problem(await plain_site.client.post(PATH), "not-found", 404)


async def test_carriers_posts_are_counted_by_outcome(site: Site):
    await site.group(1, 2)
    await post(site, signed(written()))
    await post(site, replace(signed(written()), headers={}))
    assert (await post(site, signed(News(weather=["sun", "rain"])))).status_code == 204
    metrics = (await site.client.get("/metrics")).text

    assert 'groupchat_carrier_webhook_events_unknown_total{carrier="posting"} 2.0' in metrics
    for outcome, times in (("stored", 2), ("forged", 1)):
        assert f'groupchat_carrier_webhooks_total{{carrier="posting",outcome="{outcome}"}} {times}.0' in metrics
    assert "groupchat_carrier_calls" in metrics
