"""The actions of racers, as data, so that this process or another one can run them."""

import asyncio
from typing import Any

from msgspec import Struct

from groupchat.aggregates.contact import Change
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.commands import consents, contacts, conversations
from groupchat.commands.conversations import Draft
from groupchat.store.event_store import EventStore
from groupchat.values.errors import RefusalError
from tests.support.builders import BUSINESS, number
from tests.support.world import World, a_caller


class Action(Struct, frozen=True):
    """One command, by the name of a function below, with its arguments."""

    name: str
    given: dict[str, Any] = {}


class Answer(Struct, frozen=True):
    """The result of an action: its value, or the slug and members of its refusal."""

    action: str
    value: Any = None
    refused: str | None = None
    members: dict[str, Any] = {}


class Plan(Struct, frozen=True):
    """One racer's actions in the name of a key's user: lanes run at the same time, the actions of a lane one after the other."""

    key: str
    lanes: list[list[Action]]


async def run(store: EventStore, plan: Plan) -> list[Answer]:
    """Carry out a plan; return the answers in the order of lanes and actions."""
    world = World(store=store, who=await a_caller(store, plan.key), key=plan.key, business=BUSINESS)
    lanes = await asyncio.gather(*(_lane(world, lane) for lane in plan.lanes))
    return [answer for lane in lanes for answer in lane]


async def _lane(world: World, lane: list[Action]) -> list[Answer]:
    return [await _act(world, action) for action in lane]


async def _act(world: World, action: Action) -> Answer:
    """Act once; nobody has to insist if another one is faster."""
    try:
        return Answer(action.name, value=await _ACTIONS[action.name](world, **action.given))
    except RefusalError as refusal:
        ids = {name: value for name, value in refusal.members.items() if name == "conversation_id"}
        return Answer(action.name, refused=refusal.slug, members=ids)


async def _send(world: World, group: str) -> str:
    return await world.send(group)


async def _send_and_begin(world: World, group: str) -> str:
    """Send a message and begin to hand it over; return its outcome."""
    draft = Draft(body="Hello all")
    outcome = await world.run(conversations.send_message, group, draft)
    (message,) = (await asyncio.to_thread(world.store.log.read, outcome.position - 1, 1)).events
    begun = await world.begin(message)
    return next(iter(begun.delivery.statuses.values()))


async def _create(world: World, people: list[int], contact: str | None = None) -> str:
    asked = [] if contact is None else [RequestedParticipant(contact_id=contact)]
    return await world.group(*people, *asked)


async def _write(world: World, n: int, body: str) -> None:
    await world.writes(n, body)


async def _opt_out_by_hand(world: World, group: str, n: int) -> None:
    await world.run(consents.opt_out_by_hand, group, number(n))


async def _dnd(world: World, contact: str, *, on: bool) -> None:
    await world.run(contacts.change_contact, contact, Change(dnd=on))


async def _move(world: World, contact: str, n: int) -> None:
    await world.run(contacts.change_contact, contact, Change(number=number(n)))


async def _delete(world: World, contact: str) -> None:
    await world.run(contacts.delete_contact, contact)


async def _add_number(world: World, number: str) -> None:
    await world.add_number(number)


async def _succeed(world: World, group: str) -> str:
    return await world.succeed(group)


_ACTIONS: dict[str, Any] = {
    "send": _send,
    "send_and_begin": _send_and_begin,
    "create": _create,
    "write": _write,
    "opt_out_by_hand": _opt_out_by_hand,
    "dnd": _dnd,
    "move": _move,
    "delete": _delete,
    "add_number": _add_number,
    "succeed": _succeed,
}


def send(group: str) -> Action:
    return Action("send", {"group": group})


def send_and_begin(group: str) -> Action:
    return Action("send_and_begin", {"group": group})


def create(*people: int, contact: str | None = None) -> Action:
    return Action("create", {"people": list(people), "contact": contact})


def write(n: int, body: str) -> Action:
    return Action("write", {"n": n, "body": body})


def opt_out_by_hand(group: str, n: int) -> Action:
    return Action("opt_out_by_hand", {"group": group, "n": n})


def dnd(contact: str, *, on: bool) -> Action:
    return Action("dnd", {"contact": contact, "on": on})


def move(contact: str, n: int) -> Action:
    return Action("move", {"contact": contact, "n": n})


def delete(contact: str) -> Action:
    return Action("delete", {"contact": contact})


def add_number(number_: str) -> Action:
    return Action("add_number", {"number": number_})


def succeed(group: str) -> Action:
    return Action("succeed", {"group": group})
