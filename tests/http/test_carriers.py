"""Each real carrier's webhook over HTTP: its own proof opens the path, and its posts reach the thread (R45)."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from msgspec.structs import replace

from groupchat.adapters import Adapter
from groupchat.carriers.port import Posted
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.event_store import EventStore
from tests.carriers.bandwidth.bench import BandwidthBench
from tests.carriers.bandwidth.fake import posted
from tests.carriers.bench import Bench
from tests.carriers.doubles import HandClock
from tests.carriers.telnyx.bench import WEBHOOK_URL, TelnyxBench
from tests.carriers.telnyx.fake import event, signed
from tests.carriers.twilio.bench import TwilioBench
from tests.carriers.zoo import ZOO
from tests.http.site import Site, assert_problem, messages_of, open_site
from tests.support.builders import BUSINESS, number

ONE, TWO = number(1), number(2)


def now() -> datetime:
    return datetime.now(UTC)


class Vendor(NamedTuple):
    """A carrier's bench, and its posts: a receipt for person 1, and a message of person 1 to person 2 and the business."""

    bench: Callable[[], Bench]
    receipt: Callable[[str], Posted]
    written: Callable[[], Posted]


def telnyx_receipt(message_id: str) -> Posted:
    payload = {"to": [{"phone_number": ONE, "status": "delivered"}], "webhook_url": f"{WEBHOOK_URL}/{message_id}"}
    return signed(event("message.finalized", payload), now())


def telnyx_written() -> Posted:
    payload = {"id": "M", "from": {"phone_number": ONE}, "to": [{"phone_number": BUSINESS}], "cc": [TWO, BUSINESS], "text": "Hi"}
    return signed(event("message.received", payload), now())


def bandwidth_receipt(message_id: str) -> Posted:
    return posted([{"type": "message-delivered", "to": ONE, "message": {"id": "M", "tag": message_id}}])


def bandwidth_written() -> Posted:
    message = {"id": "M", "owner": BUSINESS, "direction": "in", "to": [BUSINESS, TWO], "from": ONE, "text": "Hi"}
    return posted([{"type": "message-received", "to": BUSINESS, "message": message}])


VENDORS = {
    "telnyx": Vendor(lambda: TelnyxBench(now, trust_key=False), telnyx_receipt, telnyx_written),
    "bandwidth": Vendor(BandwidthBench, bandwidth_receipt, bandwidth_written),
}


@pytest.fixture(params=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return VENDORS[request.param]


@pytest.fixture
async def site(store: EventStore, vendor: Vendor) -> AsyncIterator[Site]:
    carrier = vendor.bench().carrier
    async with open_site(store, workers=(), adapter=Adapter(carrier=carrier, webhook=carrier.webhook)) as site:
        yield site


async def post(site: Site, request: Posted) -> int:
    """Post as the carrier does, and return the status."""
    answer = await site.client.post(request.path, content=request.body, headers=dict(request.headers))
    site.position = site.store.log.head()
    return answer.status_code


async def test_receipts_and_messages_of_a_real_carrier_reach_the_thread_R45_R28_R11(site: Site, vendor: Vendor):
    made = await site.group(1, 2)
    sent = await site.send(made)
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), 20)

    assert [await post(site, vendor.receipt(sent["id"])) for _ in range(2)] == [204, 204]
    assert [await post(site, vendor.written()) for _ in range(2)] == [204, 204]
    message, reply = (await site.get(messages_of(made))).json()["items"]
    assert [each["status"] for each in message["recipients"]] == ["delivered", "sent"]
    assert (reply["author"]["number"], reply["body"]) == (ONE, "Hi")


BENCHES = {
    "telnyx": lambda _: TelnyxBench(now, trust_key=False),
    "bandwidth": lambda _: BandwidthBench(),
    "twilio": lambda database: TwilioBench(database, HandClock()),
}


@pytest.mark.parametrize("carrier", BENCHES)
async def test_each_real_post_is_acknowledged_R45(store: EventStore, carrier: str):
    bench = BENCHES[carrier](store.database).carrier
    async with open_site(store, workers=None, adapter=Adapter(carrier=bench, webhook=bench.webhook)) as site:
        animals = {name: animal for name, animal in ZOO.items() if animal.carrier == carrier}

        assert {name: await post(site, animal.post(now())) for name, animal in animals.items()} == dict.fromkeys(animals, 204)


async def test_a_real_carriers_proof_is_needed_R45(site: Site, vendor: Vendor):
    await site.group(1, 2)
    before, true = site.store.log.head(), vendor.written()
    for forged in (replace(true, headers={}), replace(true, headers={name: f"x{value}" for name, value in true.headers.items()})):
        answer = await site.client.post(forged.path, content=forged.body, headers=dict(forged.headers))
        assert_problem(answer, "not-the-carrier", 401)

    assert site.store.log.head() == before
