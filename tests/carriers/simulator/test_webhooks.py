"""The simulated carrier's webhook: which posts it accepts (R45)."""

import pytest
from msgspec.structs import replace

from groupchat.carriers.incoming import News
from groupchat.carriers.port import NotTheCarrierError, Posted, Receipt
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.webhooks import TOLERANCE_SECONDS, Posts
from groupchat.store.database import Database
from groupchat.values.errors import InvalidRequestError
from tests.carriers.doubles import ANN, BOB, BUSINESS, HandClock, RecordingInbox

NEWS = News(receipts=[Receipt(message_id="msg_1", recipient=ANN, status="delivered")])


async def posted(simulator: Simulator) -> Posted:
    return await simulator.posted(await simulator.write(ANN, BUSINESS, (BOB,), "Hi 👍"))


async def test_what_a_handset_wrote_is_posted_and_read_R45(simulator: Simulator):
    written = await simulator.write(ANN, BUSINESS, (BOB,), "Hi 👍")

    assert (await simulator.read(await simulator.posted(written))).inbound == [written]


async def test_another_process_on_the_same_database_knows_the_key_R45(database: Database, database_url: str, clock: HandClock):
    other_database = Database(database_url)
    one, other = Posts(database, clock), Posts(other_database, clock)

    assert (await other.read(await one.signed(NEWS))).receipts == NEWS.receipts
    assert (await one.read(await other.signed(NEWS))).receipts == NEWS.receipts
    other_database.close()


async def test_an_event_without_meaning_is_counted_R45(
    simulator: Simulator, database: Database, clock: HandClock, inbox: RecordingInbox
):
    post = await Posts(database, clock).signed(News(unknown=["sun", "rain"]))

    assert await simulator.webhook(post, inbox) == 2


@pytest.mark.parametrize("seconds", [-TOLERANCE_SECONDS, TOLERANCE_SECONDS])
async def test_a_post_is_accepted_for_five_minutes_R45(simulator: Simulator, clock: HandClock, seconds: int):
    post = await posted(simulator)

    clock.forward(seconds)
    await simulator.read(post)
    clock.forward(seconds / TOLERANCE_SECONDS)
    with pytest.raises(NotTheCarrierError, match="five minutes"):
        await simulator.read(post)


@pytest.mark.parametrize(
    "changes",
    [
        {"simulator-signature": ""},
        {"simulator-signature": "é"},
        {"simulator-signature": "0" * 64},
        {"simulator-timestamp": ""},
        {"simulator-timestamp": "٣"},
        {"simulator-timestamp": "1795000000"},
    ],
)
async def test_any_other_post_is_refused_R45(simulator: Simulator, changes: dict[str, str]):
    true = await posted(simulator)

    with pytest.raises(NotTheCarrierError):
        await simulator.read(replace(true, headers={**true.headers, **changes}))


async def test_an_altered_body_is_refused_R45(simulator: Simulator):
    true = await posted(simulator)

    with pytest.raises(NotTheCarrierError, match="has not signed"):
        await simulator.read(replace(true, body=true.body.replace(b"Hi", b"Ho")))


async def test_a_signed_body_that_is_not_news_is_unreadable_R45(simulator: Simulator, database: Database, clock: HandClock):
    nonsense = await Posts(database, clock).signed(News(receipts=[replace(NEWS.receipts[0], status="on its way")]))

    with pytest.raises(InvalidRequestError):
        await simulator.read(nonsense)
