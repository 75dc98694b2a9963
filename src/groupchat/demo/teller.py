"""What the story of the demo is made of: people who write, answer and change things, each a few minutes after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec, TypeVar

from msgspec import Struct

from groupchat.aggregates.contact import Change, Contact
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.bootstrap import System
from groupchat.carriers.port import Posted
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.behaviors import Behavior
from groupchat.commands import consents, contacts, conversations, read_marks
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import Draft, NewGroup
from groupchat.demo.clock import StoryClock
from groupchat.http.routes.carrier_webhooks import posting
from groupchat.processes.contact_changes import ContactChanges
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.decision import Decision

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE_SECONDS = 5.0
"""How long the story waits for the workers before it continues without them."""
_MINUTES = 4
"""The time between two things that happen in a conversation."""
_FOLLOWERS = (ContactChanges.name, DeliveryProcess.name)
_POLL_SECONDS = 0.005


class Character(Struct, frozen=True):
    """A participant: a contact of the directory if `crm_id` is set, else a bare number."""

    name: str
    number: str
    crm_id: str | None = None

    def requested(self) -> RequestedParticipant:
        """Return them as a participant of a new group."""
        return RequestedParticipant(number=self.number, name=None if self.crm_id else self.name)


class Teller(Struct, frozen=True):
    """Makes things happen at the time of the story's clock, and waits for the workers, so that each thing comes after the last."""

    system: System
    simulator: Simulator
    clock: StoryClock

    async def run(
        self, who: Caller, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> T:
        """Run a command as a user; return its value."""
        self.clock.advance(_MINUTES)
        return (await self.system.store.run(who.cause(), command, who, *args, **given)).value

    async def text(
        self, who: Caller, command: Callable[Concatenate[Decision, Caller, P], Awaitable[T]], *args: P.args, **given: P.kwargs
    ) -> T:
        """Run a command that sends a message; return its value once the message is delivered."""
        self.clock.advance(_MINUTES)
        done = await self.system.store.run(who.cause(), command, who, *args, **given)
        await self._settle(done.position)
        return done.value

    async def group(self, who: Caller, sender: str, name: str, people: Sequence[Character], body: str) -> "StoryGroup":
        """Create a group with its first message."""
        participants = tuple(person.requested() for person in people)
        asked = NewGroup(sender=sender, participants=participants, name=name, message=Draft(body=body))
        created = await self.text(who, conversations.create_group, asked)
        return StoryGroup(self, created.conversation_id, sender, tuple(people))

    async def hear(self, sender: str, writer: Character, others: Sequence[str], body: str) -> None:
        """Let a person's handset write to a business number, and to the others of a group if there are any."""
        self.clock.advance(_MINUTES)
        written = await self.simulator.write(writer.number, sender, others, body)
        await self._post(await self.simulator.posted(written))

    async def contact(self, who: Caller, person: Character, **change: Any) -> Contact:
        """Add a person to the directory, or change their contact."""
        fields = {"name": person.name, "number": person.number} | change
        name, number = fields.pop("name"), fields.pop("number")
        return await self.run(who, contacts.put_contact, person.crm_id or "", name, number, Change(**fields))

    async def _post(self, posted: Posted) -> int:
        """Post to the carrier's webhook; raises `RuntimeError` if that doesn't acknowledge it."""
        status = await posting(self.system.services, self.simulator.name)(posted)
        if status != HTTPStatus.NO_CONTENT:
            msg = f"the webhook responded {status}"
            raise RuntimeError(msg)
        return status

    async def _settle(self, position: int) -> None:
        """Wait until the workers have acted on the events up to a position, and the carrier has reported on every message."""
        if not await self.system.progress.wait_for(_FOLLOWERS, position, PATIENCE_SECONDS):
            msg = f"the workers did not come to position {position} within {PATIENCE_SECONDS:g} seconds"
            raise TimeoutError(msg)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await self.simulator.next_due() is not None:
                await self.simulator.deliver_due(self._post)
                await asyncio.sleep(_POLL_SECONDS)


class StoryGroup(Struct, frozen=True):
    """A group of the story."""

    teller: Teller
    id: str
    sender: str
    people: tuple[Character, ...]

    async def send(self, who: Caller, body: str) -> None:
        """Send a message as a user."""
        await self.teller.text(who, conversations.send_message, self.id, Draft(body=body))

    async def hear(self, writer: Character, body: str) -> None:
        """Let a participant write to the group."""
        others = sorted({person.number for person in self.people} - {writer.number})
        await self.teller.hear(self.sender, writer, others, body)

    async def opt_out(self, who: Caller, person: Character) -> None:
        """Record an opt-out that a person told a user."""
        await self.teller.run(who, consents.opt_out_by_hand, self.id, person.number)

    async def goes_on(self, who: Caller, body: str) -> None:
        """Continue in a successor."""
        await self.teller.text(who, conversations.create_successor, self.id, draft=Draft(body=body))

    async def misbehaves(self, person: Character, behavior: Behavior | None, code: str | None = None) -> None:
        """Let a participant's handset misbehave from now on, or work as usual."""
        await self.teller.simulator.behave(person.number, behavior, code=code)

    async def read(self, who: Caller) -> None:
        """Mark the conversation as read by a user."""
        await self.teller.run(who, read_marks.mark_read, self.id)
