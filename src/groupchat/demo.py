"""The demo workspace that `make run` shows: a business number, contacts, and a group with a few messages."""

import asyncio

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.reader import ConversationRead
from groupchat.aggregates.roster import GroupExistsError, RequestedParticipant
from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.aggregates.workspace_state import User
from groupchat.bootstrap import System
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.commands import business_numbers, contacts, conversations, keys, reading, workspaces
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import Draft, NewGroup
from groupchat.commands.inbound import CarrierInbox
from groupchat.commands.keys import by_operator
from groupchat.commands.streams import WORKSPACE
from groupchat.processes.delivery import DeliveryProcess
from groupchat.queries.workspaces import list_numbers
from groupchat.store.event_store import EventStore
from groupchat.store.lease import Lease
from groupchat.values.errors import ToldError
from groupchat.values.ids import new_id

PATIENCE_SECONDS = 5.0
NAME, OWNER_EMAIL = "Demo", "owner@example.com"
BUSINESS_NUMBER = "+14155550100"
_ANN, _BEN, _CLEO = "+14155550101", "+14155550102", "+16045550103"


class OtherWorkspaceError(ToldError):
    """The database has a real workspace, which the demo does not touch."""


class NoHandsetsError(ToldError):
    """The carrier is a real one, and the demo must not text anyone."""


class Demo(Struct, frozen=True):
    """The demo workspace: everything that a visitor needs."""

    workspace_id: str
    api_key: str
    fresh: bool


async def prepare(system: System) -> Demo:
    """Return the demo workspace, seeded if the store is empty, with a new key for its owner.

    If several processes start at once, one creates it, and the others wait and use it. Raises `NoHandsetsError`,
    `OtherWorkspaceError`.
    """
    simulator = system.simulator
    if simulator is None:
        msg = "The demo needs the simulated carrier. Leave GROUPCHAT_CARRIER unset."
        raise NoHandsetsError(msg)
    async with Lease(system.database, "demo", asyncio.Event()):
        return await _prepared(system, simulator)


async def _prepared(system: System, simulator: Simulator) -> Demo:
    store = system.store
    first = await asyncio.to_thread(next, store.log.each([WorkspaceCreated.TOPIC]), None)
    if first is None:
        founded = (await store.run(by_operator(new_id("wsp")), workspaces.create_workspace, NAME, OWNER_EMAIL)).value
        workspace_id, key = founded.workspace_id, founded.api_key
    else:
        workspace_id = first.stream
        user_id = (await _demo_owner(store, workspace_id)).id
        key = (await store.run(by_operator(workspace_id), keys.issue_by_operator, user_id)).value.api_key
    owner = await _demo_owner(store, workspace_id)
    seeded = await asyncio.to_thread(store.log.first_position, ConversationRead.TOPIC) is not None
    if not seeded:
        await _seed(system, simulator, Caller(workspace_id, owner, new_id("req")))
    return Demo(workspace_id, key, fresh=not seeded)


async def _demo_owner(store: EventStore, workspace_id: str) -> User:
    state = workspace.existing(await store.load_fresh(WORKSPACE, workspace_id))
    owners = [user for user in state.users.values() if user.email == OWNER_EMAIL]
    if state.name != NAME or not owners:
        msg = f"This database has your own workspace {state.name!r}. Use `groupchat serve`, or another GROUPCHAT_DATABASE_URL."
        raise OtherWorkspaceError(msg)
    return owners[0]


async def _seed(system: System, simulator: Simulator, who: Caller) -> None:
    """Fill the workspace, continuing an interrupted start."""
    store, cause = system.store, who.cause()
    if not await list_numbers(store, who):
        number = AddNumber(number=BUSINESS_NUMBER, label="Front desk", default=True)
        await store.run(cause, business_numbers.add_number, who, number)
    ann = (await store.run(cause, contacts.create_contact, who, name="Ann Lee", number=_ANN)).value
    await store.run(cause, contacts.create_contact, who, name="Ben Ortiz", number=_BEN)
    group = NewGroup(
        sender=BUSINESS_NUMBER,
        participants=(
            RequestedParticipant(contact_id=ann.id),
            RequestedParticipant(number=_BEN),
            RequestedParticipant(number=_CLEO, name="Cleo"),
        ),
        name="House on Elm Street",
        message=Draft(body="Hello all! The viewing is on Saturday at 10. Does that suit you?"),
    )
    try:
        created = await store.run(cause, conversations.create_group, who, group)
    except GroupExistsError as exists:
        await store.run(cause, reading.mark_read, who, exists.members["conversation_id"])
        return
    await system.progress.wait_for([DeliveryProcess.name], created.position, PATIENCE_SECONDS)  # so that the replies come after it
    await _talk(store, simulator, who, created.value.conversation_id)


async def _talk(store: EventStore, simulator: Simulator, who: Caller, conversation_id: str) -> None:
    inbox, cause = CarrierInbox(store, simulator.name), who.cause()
    for writer, body in ((_ANN, "Saturday is fine 👍"), (_BEN, "For me as well, see you there.")):
        others = sorted({_ANN, _BEN, _CLEO} - {writer})
        written = await simulator.write(writer, BUSINESS_NUMBER, others, body)
        await inbox.inbound(written)
    await store.run(cause, reading.mark_read, who, conversation_id)
    await store.run(cause, conversations.send_message, who, conversation_id, Draft(body="Wonderful. I'll bring the keys."))
