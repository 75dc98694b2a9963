"""Fixtures of these tests: an arena, where plans are carried out at the same time, in this process or in two others."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.races import actions
from tests.races.actions import Answer, Plan
from tests.races.racer import Racer, racing
from tests.store.following import opened
from tests.support.checks import broken
from tests.support.emptied import database, postgres_url, shared_database
from tests.support.world import World, a_world

__all__ = ["database", "postgres_url", "shared_database"]

ARENAS = ("sqlite", "postgres", "postgres, two processes")


class Arena:
    """A workspace and its racers: each in a process of its own, or all in this process on one store."""

    def __init__(self, world: World, url: str, racers: tuple[Racer, ...]) -> None:
        self.world = world
        self.url = url
        self._racers = racers

    async def race(self, *plans: Plan) -> list[Answer]:
        """Carry out plans at the same time; return all outcomes. In any case, the log keeps its promises."""
        if self._racers:
            await asyncio.gather(*(racer.open(self.url) for racer in self._racers))
            runs = [racer.run(plan) for racer, plan in zip(self._racers, plans, strict=True)]
        else:
            runs = [actions.run(self.world.store, plan) for plan in plans]
        answers = [answer for answered in await asyncio.gather(*runs) for answer in answered]
        assert broken(await self.world.log()) == []
        return answers

    def plan(self, *lanes: list[actions.Action]) -> Plan:
        """Return a plan for the workspace's owner."""
        return Plan(self.world.key, list(lanes))


@pytest.fixture(scope="session")
def racers() -> Iterator[tuple[Racer, Racer]]:
    """Two processes that race."""
    with racing() as first, racing() as second:
        yield first, second


@pytest.fixture(params=ARENAS)
async def arena(request: pytest.FixtureRequest):
    """A workspace on each database where plans race in one process, and on Postgres in two."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    racing_ = request.getfixturevalue("racers") if "two" in request.param else ()
    async with opened(url) as store:
        yield Arena(await a_world(store), url, racing_)
