"""A conversation to audit: a rate was posted, a contact changed, somebody opted out, a message was withheld."""

from datetime import date

from msgspec import Struct

from groupchat.carriers.port import Receipt
from groupchat.commands import workspaces
from groupchat.commands.conversations import Draft
from groupchat.commands.receipts import Reported, record_all
from groupchat.processes.contact_changes import ContactChanges
from groupchat.store.event_store import EventStore
from tests.store.following import opened
from tests.support.builders import a_rate, number
from tests.support.world import World, a_world

CARRIER = "simulator"


class Disputed(Struct, frozen=True):
    """The ids that an auditor begins with."""

    world: World
    conversation: str
    sent: str
    received: str
    withheld: str

    @property
    def variables(self) -> dict[str, str]:
        """The ids as in docs/audit.md."""
        return {"CONVERSATION": self.conversation, "SENT": self.sent, "WITHHELD": self.withheld}


async def a_disputed_conversation(store: EventStore) -> Disputed:
    """Carry it out, through the commands.

    Version 1: created, with Bob as a contact; 2: sent and delivered; 3: Bob's number changed; 4: Bob wrote; 5: sent, and withheld
    because of 7; 6 and 7: Bob wrote STOP, and so opted out.
    """
    world = await a_world(store)
    await world.run(workspaces.post_rate, date(2025, 1, 1), a_rate("0.0250"))
    bob = await world.contact(2, "Bob")
    made = (await world.create(1, bob, name="Saturday crew", message=Draft(body="Practice moves to 6 pm"))).value
    assert made.message_id is not None
    await world.begin(await world.message(made.message_id), CARRIER)
    receipts = [Receipt(message_id=made.message_id, recipient=number(n), status="delivered") for n in (1, 2)]
    await record_all(store, [Reported(CARRIER, receipts)])
    changed = await world.change(bob, number=number(3))
    changes = ContactChanges(store)
    await changes.react(next(event for event in changed.events if changes.key(event)))
    received = (await world.writes(2, "I'm in")).value.message_id
    withheld = await world.send(made.conversation_id, "Bring water")
    await world.writes(2, "Stop.")
    await world.begin(await world.message(withheld), CARRIER)
    return Disputed(world, made.conversation_id, made.message_id, received, withheld)


async def disputed_in(url: str) -> Disputed:
    """Store such a conversation, and close the database."""
    async with opened(url) as store:
        return await a_disputed_conversation(store)
