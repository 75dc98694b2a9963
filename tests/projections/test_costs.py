"""What following costs, counted and not timed: statements of a batch, transactions for a thousand events, bytes of an event.

Who changes a figure here on purpose changes it in docs/performance.md, too.
"""

import asyncio

import pytest

from groupchat.projections import VIEWS
from groupchat.projections.view import Projection
from groupchat.store.applying import Applying
from groupchat.store.database import Database
from groupchat.store.event_store import EventStore
from groupchat.store.follower import BATCH, Follower
from groupchat.store.mapper import EventMapper
from groupchat.store.positions import statuses
from groupchat.values.event import Recorded
from tests.projections.histories import Story, log_of, read, received, sent, started, store_log, updated
from tests.support.builders import a_group, number
from tests.support.statements import counted

BOTH = (number(1), number(2))


def exchange(n: int) -> Story:
    """Return a message that two handsets receive, and a reply that is read."""
    message = f"msg_{n}"
    return (
        ("cnv_1", sent(message)),
        (f"delivery-{message}", started(message, *BOTH)),
        (f"delivery-{message}", updated(message, BOTH, "sent")),
        (f"delivery-{message}", updated(message, BOTH, "delivered")),
        ("cnv_1", received(f"msg_r{n}")),
        read("cnv_1"),
    )


def history(exchanges: int) -> list[Recorded]:
    return log_of([("cnv_1", a_group()), *(event for n in range(exchanges) for event in exchange(n))])


@pytest.fixture
def following(store: EventStore) -> list[Follower]:
    """The followers of all views, which know their position: the group's creation."""
    applying = Applying(store.database)
    return [Follower(store, Projection(store.database, view, applying)) for view in VIEWS.values()]


async def step(following: list[Follower]) -> None:
    await asyncio.gather(*(each.step() for each in following))


@pytest.mark.parametrize("exchanges", [1, 50])
async def test_a_batch_of_all_views_costs_the_same_number_of_statements_in_any_size(
    database: Database, store: EventStore, following: list[Follower], exchanges: int
):
    log = history(exchanges)
    store_log(database, log[:1])
    await step(following)
    store_log(database, log[1:])
    with counted(database) as asked:
        await step(following)
    around = 4 if database.is_sqlite else 3  # read the log; lock and read positions; move them (SQLite: and places)
    inbox, thread, search, ledger, read_marks = (
        2,
        1,
        1,
        3,
        5,
    )  # most load rows and save them; a message that begins in the batch is not loaded
    assert len(asked) == around + inbox + thread + search + ledger + read_marks


async def test_a_thousand_events_cost_all_views_two_transactions(database: Database, store: EventStore, following: list[Follower]):
    log = history(167)[: 2 * BATCH]
    store_log(database, log)
    with counted(database) as asked:
        await step(following)
        await step(following)
    assert len([each for each in asked if "UPDATE followers" in each]) == len(log) // BATCH == 2
    assert {status.position for status in statuses(database).values()} == {len(log)}


def test_an_event_takes_so_many_bytes():
    mapper = EventMapper()
    stored = [mapper.store(each.event, each.stream, each.version, each.at, each.cause) for each in history(1)]
    sizes = {event.topic.rpartition(".")[2]: len(event.state) for event in stored}
    assert sizes == {
        "created": 444,
        "message_sent": 319,
        "started": 271,
        "updated": 308,
        "inbound_received": 260,
        "conversation_read": 182,
    }
