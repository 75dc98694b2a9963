"""All workers of a process survive every outage of Postgres, and what was accepted goes out."""

import asyncio

from structlog.testing import capture_logs

from groupchat.bootstrap import running, working
from groupchat.processes.delivery import DeliveryProcess
from groupchat.settings import Settings
from groupchat.store.refusals import UnavailableError
from tests.store.counting import PATIENCE, until
from tests.store.outages import cut, down
from tests.support.world import World, a_world

RESTARTS = 3
WRITES = 20


async def test_all_workers_survive_restarts_and_an_outage_of_postgres_under_writes(postgres_url: str):
    with capture_logs() as logs:
        async with running(Settings(database_url=postgres_url)) as system, working(system, ()) as failed:
            world = await a_world(system.store)
            group = await world.group(1, 2)
            for _ in range(RESTARTS):
                await restart_under_writes(postgres_url, world, group)
            logs.clear()
            with down(postgres_url):
                await until(lambda: [line["event"] for line in logs].count("signals_lost") > 1)  # it tried to connect in vain
            await send_until_accepted(world, group)
            assert await system.progress.wait_for([DeliveryProcess.name], system.store.log.head(), PATIENCE)
            assert not failed.is_set()
    assert [line for line in logs if line["log_level"] in ("error", "critical")] == []


async def restart_under_writes(url: str, world: World, group: str) -> None:
    """Break all connections while messages are sent: each is accepted, or refused as unavailable."""
    sending = [asyncio.create_task(world.send(group)) for _ in range(WRITES)]
    await asyncio.to_thread(cut, url)
    outcomes = await asyncio.gather(*sending, return_exceptions=True)
    assert [each for each in outcomes if not isinstance(each, str | UnavailableError)] == []


async def send_until_accepted(world: World, group: str) -> None:
    """Send a message, and repeat that while the store is unavailable."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await world.send(group)
            except UnavailableError:
                await asyncio.sleep(0)
            else:
                return
