"""`Groupchat-Min-Position` holds over Kafka as it does over the log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from msgspec.structs import replace

from groupchat import bootstrap
from groupchat.store.event_store import EventStore
from tests.http.site import SETTINGS, Site, client_of
from tests.processes.partitions.conftest import Sharers
from tests.processes.partitions.publishing import Publisher
from tests.support.builders import number
from tests.support.world import a_world

ON_THE_LOG = ("read_marks", "message_search", "contacts", "contact_changes", "delivery", "simulator")


@asynccontextmanager
async def relaying(store: EventStore, publisher: Publisher) -> AsyncIterator[None]:
    """Publish the stored events, in the relay's place."""
    stop = asyncio.Event()

    async def relay() -> None:
        position = 0
        with store.signals.log.listen() as bell:
            while not stop.is_set():
                bell.clear()
                while found := (await asyncio.to_thread(store.log.read, position, 1_000)).events:
                    await asyncio.to_thread(publisher.publish, found, store.database)
                    store.signals.moved()
                    position = found[-1].position
                await bell.wait()

    task = asyncio.create_task(relay())
    try:
        yield
    finally:
        stop.set()
        store.signals.call()
        await task


@asynccontextmanager
async def a_site(store: EventStore, kafka: str, topic_prefix: str, *, patience: float = 30.0) -> AsyncIterator[Site]:
    settings = replace(SETTINGS, kafka_bootstrap_servers=kafka, kafka_topic_prefix=topic_prefix)
    system = bootstrap.over_kafka(bootstrap.assemble(settings, store.database, store.signals, store))
    async with bootstrap.working(system, ON_THE_LOG):
        services = replace(system.services, patience=patience)
        async with client_of(services) as client:
            yield Site(client, await a_world(store), services)


async def test_readers_see_their_own_write_even_if_only_another_conversation_has_moved(
    store: EventStore, kafka: str, topic_prefix: str, publisher: Publisher, sharers: Sharers
):
    async with a_site(store, kafka, topic_prefix) as site, relaying(store, publisher), sharers.running():
        groups = [await site.world.group(n, n + 1) for n in (1, 3, 5)]
        for group in groups:
            posted = await site.post(f"/v1/conversations/{group}/messages", {"body": f"to {group}"})
            assert posted.status_code == 201, posted.text
            inbox = (await site.get("/v1/conversations")).json()
            assert inbox["items"][0]["last_message"]["body"] == f"to {group}"
            thread = (await site.get(f"/v1/conversations/{group}/messages")).json()
            assert [each["body"] for each in thread["items"]] == [f"to {group}"]
            pane = (await site.get(f"/v1/conversations/{group}/participants")).json()
            assert len(pane["participants"]) == 2
            assert len((await site.get("/v1/ledger")).json()["items"]) == 2 * (groups.index(group) + 1)
        await site.world.writes(1, "Hi", group=(2,))
        await site.put(f"/v1/conversations/{groups[0]}/read")
        assert (await site.get("/v1/conversations")).json()["items"][0]["unread_count"] == 0


async def test_a_reader_is_asked_to_wait_while_no_process_follows(store: EventStore, kafka: str, topic_prefix: str, topic: str):
    async with a_site(store, kafka, topic_prefix, patience=0.05) as site:
        group = await site.world.group(number(1), number(2))
        await site.post(f"/v1/conversations/{group}/messages", {"body": "Hello"})
        behind = await site.get("/v1/conversations")
        assert (behind.status_code, behind.json()["type"].rpartition("/")[2]) == (503, "projection-behind")
