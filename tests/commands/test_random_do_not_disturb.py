"""Random histories and a model: no message is accepted to somebody who refused texts (R36, R37, R39, R54).

The model is in plain sets and knows no class of the product: which cards have which numbers and DND, which DND was left behind,
who said STOP, whom a user opted out, which participants are linked to which card, and who blocks which group for what.
"""

from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.commands import consents
from groupchat.values.errors import RefusalError
from tests.support.builders import number
from tests.support.checks import broken
from tests.support.world import World, a_world

PEOPLE = range(1, 5)
OF_CARDS = ("delete", "move", "add", "take", "merge", "dnd", "off")
WHAT = ("card", "card", *OF_CARDS, "merge", "dnd", "lift", "stop", "start", "hand", "undo", "succeed")
REASON = "A mistake"
_businesses: Iterator[int] = count(901)


def steps() -> st.SearchStrategy[list[tuple[str, int, int]]]:
    """Return the steps that may concern four people's numbers, each with the people and values that it concerns."""
    step = st.tuples(st.sampled_from((*WHAT, "group", "group", "send")), st.integers(0, 7), st.integers(0, 14))
    return st.lists(step, min_size=10, max_size=30)


class Model:
    """The rules, for numbers as small integers."""

    def __init__(self, *, reopens: bool) -> None:
        self.reopens = reopens
        self.cards: list[dict[str, Any]] = []  # {"has": numbers, "dnd": bool, "there": bool}
        self.left: set[int] = set()
        self.stopped: set[int] = set()
        self.by_hand: set[int] = set()
        self.groups: list[dict[str, Any]] = []  # {"of": numbers, "card": links, "out": reasons, "for": reasons of the block}

    def no(self, n: int) -> bool:
        return n in self.left or any(card["there"] and card["dnd"] and n in card["has"] for card in self.cards)

    def unwanted(self, n: int) -> bool:
        return self.no(n) or n in self.stopped or n in self.by_hand

    def by_link(self, group: dict[str, Any], n: int) -> bool:
        card = group["card"].get(n)
        return card is not None and self.cards[card]["dnd"] and n not in self.cards[card]["has"]

    def open_beside(self, group: dict[str, Any]) -> bool:
        return any(other["of"] == group["of"] and not blocks(other) for other in self.groups if other is not group)

    def begin(self, numbers: frozenset[int], links: dict[int, int] | None = None) -> None:
        if links is None:
            links = {n: card for n in numbers if (card := self.oldest(n)) is not None}
        self.groups.append({"of": numbers, "card": links, "out": {n: set() for n in numbers}, "for": {n: set() for n in numbers}})

    def oldest(self, n: int) -> int | None:
        return next((c for c, card in enumerate(self.cards) if card["there"] and n in card["has"]), None)

    def may_begin(self, numbers: frozenset[int]) -> bool:
        taken = any(group["of"] == numbers and not blocks(group) for group in self.groups)
        return len(numbers) > 1 and not taken and not any(map(self.unwanted, numbers))

    def has(self, card: int, numbers: list[int]) -> None:
        """Let a contact have these numbers; then links follow, and do-not-disturb that is left behind."""
        gained = set(numbers) - set(self.cards[card]["has"])
        if self.cards[card]["dnd"]:
            self.left |= set(self.cards[card]["has"]) - set(numbers)
        self.cards[card]["has"] = list(numbers)
        for group in self.groups:
            for n in gained & group["of"]:
                group["card"].setdefault(n, card)

    def merge(self, kept: int, gone: int) -> None:
        """Merge one contact into another: its numbers, its links, and its do-not-disturb (R54)."""
        if self.cards[gone]["dnd"]:
            self.left |= set(self.cards[gone]["has"])
            self.cards[kept]["dnd"] = True
        self.cards[gone]["there"] = False
        self.has(kept, list(dict.fromkeys((*self.cards[kept]["has"], *self.cards[gone]["has"]))))
        for group in self.groups:
            group["card"] = {n: kept if card == gone else card for n, card in group["card"].items()}

    def settle(self) -> None:
        """Bring blocks in line with the present state; the newest group reopens first (R17, R35)."""
        reasons = {
            "dnd": lambda group, n: self.no(n) or self.by_link(group, n),
            "word": lambda _, n: n in self.stopped,
            "hand": lambda _, n: n in self.by_hand,
        }
        for group in self.groups:
            for n in group["of"]:
                new = {reason for reason, holds in reasons.items() if holds(group, n)} - group["out"][n]
                group["out"][n] |= new
                group["for"][n] |= new
        for group in reversed(self.groups):
            back = False
            for n in group["of"]:
                still = {reason for reason in group["out"][n] if reasons[reason](group, n)}
                back, group["out"][n] = back or still != group["out"][n], still
            if back and self.reopens and not any(group["out"].values()) and not self.open_beside(group):
                group["for"] = {n: set() for n in group["of"]}

    def undo(self, n: int) -> None:
        """Take back an opt-out that a user recorded (R39)."""
        self.by_hand.discard(n)
        for group in reversed(self.groups):
            if n not in group["of"]:
                continue
            alone = {m: kinds for m, kinds in group["for"].items() if kinds} == {n: {"hand"}}
            group["out"][n].discard("hand")
            if not alone:
                group["for"][n].discard("hand")
            elif self.open_beside(group):
                group["for"][n] = {"a mistake"}
            else:
                group["for"][n] = set()


def blocks(group: dict[str, Any]) -> frozenset[int]:
    return frozenset(n for n, kinds in group["for"].items() if kinds)


class Life:
    """The same steps in a workspace and in the model; each is refused in both, or in neither."""

    def __init__(self, world: World, model: Model) -> None:
        self.world, self.model = world, model
        self.cards: list[Any] = []
        self.groups: list[str] = []

    async def take(self, what: str, a: int, b: int) -> None:
        """Take one step, if it can concern anything."""
        n = PEOPLE[a % len(PEOPLE)]
        there = [c for c, card in enumerate(self.model.cards) if card["there"]]
        card = there[b % len(there)] if there else None
        group = b % len(self.groups) if self.groups else None
        if what in ("card", "lift", "stop", "start", "group"):
            await getattr(self, f"_{what}")(n, b)
        elif what in OF_CARDS and card is not None:
            await getattr(self, f"_{what}")(n, card)
        elif what in ("hand", "undo", "succeed", "send") and group is not None:
            await getattr(self, f"_{what}")(n, group)
        self.model.settle()

    async def agrees(self) -> None:
        """Assert that groups are blocked by whom the model says, and that their participants are linked as it says."""
        for id_, group in zip(self.groups, self.model.groups, strict=True):
            state = await self.world.state(id_)
            assert {who(each) for each in state.blocked_by} == blocks(group)
            assert {who(m.number): m.contact_id for m in state.members} == {
                n: self.cards[group["card"][n]].id if n in group["card"] else None for n in group["of"]
            }

    # --- cards

    async def _card(self, n: int, _: int) -> None:
        self.cards.append(await self.world.contact(n, f"Card {len(self.cards)}"))
        self.model.cards.append({"has": [], "dnd": False, "there": True})
        self.model.has(len(self.cards) - 1, [n])

    async def _delete(self, _: int, card: int) -> None:
        await self.world.delete(self.cards[card])
        if self.model.cards[card]["dnd"]:
            self.model.left |= set(self.model.cards[card]["has"])
        self.model.cards[card]["there"] = False

    async def _numbers(self, card: int, numbers: list[int]) -> None:
        first, *others = map(number, numbers)
        await self.world.change(self.cards[card], number=first, secondary_numbers=tuple(others))
        self.model.has(card, numbers)

    async def _move(self, n: int, card: int) -> None:
        await self._numbers(card, [n])

    async def _add(self, n: int, card: int) -> None:
        await self._numbers(card, list(dict.fromkeys((*self.model.cards[card]["has"], n))))

    async def _take(self, n: int, card: int) -> None:
        await self._numbers(card, [m for m in self.model.cards[card]["has"] if m != n] or [n])

    async def _merge(self, n: int, card: int) -> None:
        there = [c for c, each in enumerate(self.model.cards) if each["there"]]
        gone = there[n % len(there)]
        if gone != card:
            await self.world.merge(self.cards[card], self.cards[gone])
            self.model.merge(card, gone)

    async def _dnd(self, _: int, card: int) -> None:
        await self.world.change(self.cards[card], dnd=True)
        self.model.cards[card]["dnd"] = True

    async def _off(self, _: int, card: int) -> None:
        await self.world.change(self.cards[card], dnd=False)
        if self.model.cards[card]["dnd"]:
            self.model.cards[card]["dnd"] = False
            self.model.left -= set(self.model.cards[card]["has"])

    async def _lift(self, n: int, _: int) -> None:
        held = any(card["there"] and card["dnd"] and n in card["has"] for card in self.model.cards)
        if await self._is_done(self.world.lift(n, REASON), may=n in self.model.left and not held):
            self.model.left.discard(n)

    # --- words

    async def _stop(self, n: int, _: int) -> None:
        await self.world.writes(n, "STOP", group=(), to=self.world.business)
        self.model.stopped.add(n)

    async def _start(self, n: int, _: int) -> None:
        await self.world.writes(n, "START", group=(), to=self.world.business)
        self.model.stopped.discard(n)
        self.model.by_hand.discard(n)

    async def _hand(self, _: int, group: int) -> None:
        n = min(self.model.groups[group]["of"])
        await self.world.run(consents.opt_out_by_hand, self.groups[group], number(n))
        if n not in self.model.stopped:
            self.model.by_hand.add(n)

    async def _undo(self, _: int, group: int) -> None:
        n = min(self.model.groups[group]["of"])
        of = self.model.groups[group]
        by_user = n in self.model.by_hand or "hand" in of["for"][n]  # the block outlives the opt-out until the group reopens
        undone = self.world.run(consents.take_back_opt_out, self.groups[group], number(n), REASON)
        if await self._is_done(undone, may=n not in self.model.stopped and (by_user or "dnd" not in of["out"][n])):
            self.model.undo(n)

    # --- groups

    async def _group(self, _: int, b: int) -> None:
        numbers = frozenset(n for n in PEOPLE if b >> (n - 1) & 1)
        created = self.world.create(*sorted(numbers))
        if made := await self._is_done(created, may=self.model.may_begin(numbers)):
            self.groups.append(made.value.conversation_id)
            self.model.begin(numbers)

    async def _succeed(self, _: int, group: int) -> None:
        old = self.model.groups[group]
        numbers = frozenset(n for n in old["of"] if not self.model.unwanted(n) and not self.model.by_link(old, n))
        may = bool(blocks(old)) and self.model.may_begin(numbers)
        if made := await self._is_done(self.world.succeed(self.groups[group]), may=may):
            self.groups.append(made)
            self.model.begin(numbers, {n: card for n, card in old["card"].items() if n in numbers})

    async def _send(self, _: int, group: int) -> None:
        of = self.model.groups[group]
        if await self._is_done(self.world.send(self.groups[group]), may=not blocks(of)):
            assert not any(self.model.unwanted(n) or self.model.by_link(of, n) for n in of["of"])

    async def _is_done(self, command: Any, *, may: bool) -> Any:
        """Return what a command returns if the model allows it; else assert that it is refused."""
        done, refused = None, ""
        try:
            done = await command
        except RefusalError as refusal:
            refused = refusal.detail
        assert may == (not refused), refused
        return None if refused else done or True


def who(phone: str) -> int:
    return int(phone.removeprefix(number(0)[:-4]))


@given(play=steps(), reopens=st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_goes_to_somebody_who_refused_texts_after_any_changes_of_contacts_R36_R37_R39_R54(store, play, reopens):
    world = await a_world(store, number(next(_businesses)))
    await world.policy(reopen_on_opt_in=reopens)
    life = Life(world, Model(reopens=reopens))
    for step in play:
        await life.take(*step)
        await life.agrees()
    assert broken(await world.log()) == []
