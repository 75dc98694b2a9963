"""A workspace to play in, set up through the commands as callers would: its owner, a business number, contacts, groups."""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from io import BytesIO
from typing import Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.contact import Change, Contact
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.media import FileFacts, urn
from groupchat.aggregates.policy import ChangePolicy
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.aggregates.users import AddUser, FirstKey
from groupchat.aggregates.workspace_state import User
from groupchat.carriers.port import Inbound
from groupchat.commands import (
    business_numbers,
    contact_merging,
    contacts,
    conversations,
    deliveries,
    do_not_disturb,
    keys,
    media,
    workspaces,
)
from groupchat.commands.caller import Caller
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.conversations import CreatedGroup, Draft, NewGroup
from groupchat.commands.deliveries import Begun
from groupchat.commands.inbound import Received
from groupchat.commands.keys import by_operator
from groupchat.commands.streams import CONTACT, CONVERSATION, USERS
from groupchat.commands.workspaces import Founded
from groupchat.media.library import Library
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.values.carriers import KnownCarriers
from groupchat.values.event import Event, Recorded
from groupchat.values.ids import new_id
from tests.support.builders import BUSINESS, number

P = ParamSpec("P")
T = TypeVar("T")

CARRIER = "fake"
MESSAGES = ("groupchat.conversation.message_sent", "groupchat.conversation.inbound_received")

Person = int | str | Contact | RequestedParticipant
"""A requested participant: the n-th person's number, a number, a contact, or any other request."""


class World(Struct, kw_only=True):
    """A workspace, its owner as the caller, and its (first) business number."""

    store: EventStore
    who: Caller
    key: str
    business: str = BUSINESS

    async def run(
        self, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Outcome[T]:
        """Run a command in the owner's name."""
        return await self.run_as(self.who, command, *args, **given)

    async def run_as(
        self, who: Caller, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> Outcome[T]:
        """Run a command in a caller's name."""
        return await self.store.run(who.cause(), command, who, *args, **given)

    async def begin(self, message: Recorded, carrier: str = CARRIER) -> Begun:
        """Begin to hand a message over."""
        return (
            await self.store.run(
                message.causes(deliveries.PROCESS),
                deliveries.begin,
                KnownCarriers(default=carrier, relaying=frozenset([carrier])),
                message,
            )
        ).value

    async def add_number(self, number: str) -> None:
        await self.run(business_numbers.add_number, AddNumber(number=number))

    async def policy(self, **changes: object) -> None:
        await self.run(workspaces.change_policy, ChangePolicy(**changes))

    async def contact(self, n: int, name: str = "Bob", *secondary: int) -> Contact:
        """Add a contact with the n-th number, and these secondary ones."""
        others = tuple(map(number, secondary))
        made = await self.run(contacts.create_contact, name=name, number=number(n), secondary_numbers=others)
        return made.value

    async def add_contact(self, n: int, name: str = "Bob") -> Outcome[Contact]:
        return await self.run(contacts.create_contact, name=name, number=number(n))

    async def contact_state(self, contact: Contact) -> Contact:
        """Return a contact as stored."""
        state = await self.store.load_fresh(CONTACT, contact.id)
        assert state is not None
        return state

    async def lift(self, n: int, reason: str, who: Caller | None = None) -> None:
        """Lift the do-not-disturb of the n-th number."""
        await self.run_as(who or self.who, do_not_disturb.lift_do_not_disturb, number(n), reason)

    async def change(self, contact: Contact, **changes: object) -> Outcome[Contact]:
        return await self.run(contacts.change_contact, contact.id, Change(**changes))

    async def delete(self, contact: Contact) -> Outcome[None]:
        return await self.run(contacts.delete_contact, contact.id)

    async def merge(self, contact: Contact, merged: Contact, who: Caller | None = None) -> Outcome[Contact]:
        """Merge the second contact into the first one."""
        return await self.run_as(who or self.who, contact_merging.merge_contacts, contact.id, merged.id)

    async def create(self, *people: Person, **given: object) -> Outcome[CreatedGroup]:
        """Create a group of these people."""
        asked = NewGroup(**{"sender": self.business, "participants": tuple(map(_asked, people))} | given)
        return await self.run(conversations.create_group, asked)

    async def group(self, *people: Person, **given: object) -> str:
        """Create a group of these people and return its id."""
        return (await self.create(*people, **given)).value.conversation_id

    async def send(self, conversation_id: str, body: str | None = "Hello all", media: tuple[Media, ...] = ()) -> str:
        """Send a message and return its id."""
        draft = Draft(body=body, media=media)
        return (await self.run(conversations.send_message, conversation_id, draft)).value

    async def kept(self, library: Library, content: bytes, content_type: str = "application/pdf") -> Media:
        """Keep a file as an upload does, and return it as a file for a message."""
        facts = FileFacts(sha256=sha256(content).hexdigest(), content_type=content_type, size=len(content))
        await library.store.put(facts.sha256, BytesIO(content))
        media_id = (await self.run(media.upload, facts)).value
        return Media(url=urn(media_id), content_type=content_type, media_id=media_id, size=len(content))

    async def succeed(self, conversation_id: str, **given: object) -> str:
        """Create a successor and return its id."""
        made = await self.run(conversations.create_successor, conversation_id, **given)
        return made.value.conversation_id

    async def writes(
        self, n: int, body: str | None, *, group: tuple[int, ...] | None = None, to: str | None = None, id_: str | None = None
    ) -> Outcome[Received]:
        """Let the n-th person write to the business, in the group with these others if given."""
        message = Inbound(
            from_=number(n),
            to=to or self.business,
            group=None if group is None else tuple(sorted(map(number, group))),
            body=body,
            media=(),
            carrier_message_id=id_ or new_id("sms"),
        )
        return await CarrierInbox(Arrivals(self.store), CARRIER).inbound(message)

    async def state(self, conversation_id: str) -> GroupConversation:
        """Return a group as stored."""
        state = await self.store.load_fresh(CONVERSATION, conversation_id)
        assert state is not None
        return state

    async def events(self, stream: str) -> list[Event]:
        """Return a stream's events, bare."""
        return [recorded.event for recorded in self.store.log.stream(stream)]

    async def types(self, stream: str) -> list[str]:
        """Return the last word of the wire name of each of a stream's events."""
        return [recorded.type.rpartition(".")[2] for recorded in self.store.log.stream(stream)]

    async def handed_over(self, conversation_id: str) -> str:
        """Send a message and begin to hand it over; return its id."""
        message_id = await self.send(conversation_id)
        await self.begin(await self.message(message_id))
        return message_id

    async def message(self, message_id: str) -> Recorded:
        """Return the event of a message, sent or received."""
        sent_and_received = await asyncio.to_thread(list, self.store.log.each(MESSAGES))
        return next(each for each in sent_and_received if each.event.message_id == message_id)

    async def log(self) -> list[Recorded]:
        """Return all that is stored."""
        return await asyncio.to_thread(list, self.store.log.each())


async def found(store: EventStore, name: str = "Harbour Dental", email: str = "ann@example.com") -> Founded:
    """Found a workspace."""
    return (await store.run(by_operator(new_id("wsp")), workspaces.create_workspace, name, email)).value


async def a_world(store: EventStore, business: str = BUSINESS) -> World:
    """Found a workspace with one business number."""
    founded = await found(store)
    world = World(store=store, who=await a_caller(store, founded.api_key), key=founded.api_key, business=business)
    await world.add_number(business)
    return world


async def a_caller(store: EventStore, key: str) -> Caller:
    """Return the caller that a key belongs to."""
    known = await keys.authenticate(store, key)
    assert known is not None
    return Caller(known.workspace_id, known.user, "req_1")


async def a_member(world: World) -> Caller:
    """Add a user who manages nothing, and return them as a caller."""
    key, key_hash = keys.new_key(world.who.workspace_id)
    ben = User(id="usr_ben", name="Ben", email="ben@example.com", role="member", assigned_only=False, active=True)
    add = AddUser(user=ben, key=FirstKey("key_ben", key_hash))
    await world.store.run(world.who.cause(), Decision.take, USERS, world.who.workspace_id, add)
    return await a_caller(world.store, key)


def _asked(person: Person) -> RequestedParticipant:
    match person:
        case int():
            return RequestedParticipant(number=number(person))
        case str():
            return RequestedParticipant(number=person)
        case Contact():
            return RequestedParticipant(contact_id=person.id)
        case _:
            return person
