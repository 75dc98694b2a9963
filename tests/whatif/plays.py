"""Random histories as people make them: groups, messages, opt-outs and deliveries through the commands, refused ones included."""

from datetime import date

from hypothesis import strategies as st

from groupchat.aggregates.contact import Contact
from groupchat.commands import workspaces
from groupchat.values.errors import RefusalError
from groupchat.values.event import Recorded
from groupchat.whatif.differences import Difference, Summary
from groupchat.whatif.policy_file import OtherPolicy
from groupchat.whatif.replay import TOPICS, WhatIf, Window
from tests.support.builders import a_rate, number
from tests.support.world import MESSAGES, World

Step = tuple[str, int, set[int]]

PEOPLE = range(1, 6)
PEOPLES = {number(n): n for n in PEOPLE}
CONTACTS = (1, 2)
LONG_AGO = date(2020, 1, 1)


def steps() -> st.SearchStrategy[list[Step]]:
    """Return steps of a few people, in any order, after somebody has created two groups."""
    what = st.sampled_from(("group", "send", "writes", "stop", "start", "dnd", "withheld", "succeed", "deliver"))
    whom = st.sets(st.sampled_from(PEOPLE), min_size=2)
    step = st.tuples(what, st.integers(0, 5), whom)
    begun = st.tuples(st.just("group"), st.just(0), whom)
    return st.tuples(begun, begun, st.lists(step, min_size=6, max_size=16)).map(lambda drawn: [*drawn[:2], *drawn[2]])


class Play:
    """A world in which random steps are taken; refused ones are left out."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.groups: list[str] = []
        self.contacts: list[Contact] = []
        self.out: list[int] = []

    async def run(self, play: list[Step]) -> list[Recorded]:
        """Take the steps; return the log."""
        self.contacts = [await self.world.contact(n) for n in CONTACTS]
        for step in play:
            try:
                await self._take(*step)
            except RefusalError:
                continue
        return await self.world.log()

    async def _take(self, what: str, n: int, whom: set[int]) -> None:
        person, group = PEOPLE[n % len(PEOPLE)], self.groups[n % len(self.groups)] if self.groups else ""
        match what:
            case "group":
                self.groups.append(await self.world.group(*sorted(whom)))
            case "send":
                await self.world.send(group)
            case "writes":
                await self.world.writes(person, "Hello")
            case "stop":
                await self._stop(person)
            case "start" if self.out:
                await self.world.writes(self.out.pop(), "START")
            case "dnd":
                await self.world.change(self.contacts[n % len(CONTACTS)], dnd=n < 3)
            case "withheld":
                await self.world.send(group)
                await self._stop(PEOPLES[(await self.world.state(group)).numbers[0]])
                await self._deliver(0)
            case "succeed":
                self.groups.append(await self.world.succeed(group))
            case "deliver":
                await self._deliver(n)

    async def _stop(self, person: int) -> None:
        await self.world.writes(person, "STOP")
        self.out.append(person)

    async def _deliver(self, n: int) -> None:
        messages = [recorded for recorded in await self.world.log() if recorded.type in MESSAGES]
        if messages:
            await self.world.begin(messages[-1 - n % len(messages)])


async def with_rate(world: World, price: str, currency: str = "USD") -> None:
    """Post a rate that has been in effect for long."""
    await world.run(workspaces.post_rate, LONG_AGO, a_rate(price, currency))


def replayed(world: World, other: OtherPolicy, **window: object) -> tuple[list[Difference], Summary]:
    """Return the differences under another policy."""
    replay = WhatIf(other, Window(**window))
    return list(replay.replay(world.store.log.each(TOPICS))), replay.summary()
