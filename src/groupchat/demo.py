"""The demo workspace that `make run` shows: a business number, contacts, and a group that has talked a little."""

from msgspec import Struct

from groupchat.aggregates import workspace
from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.roster import Asked
from groupchat.aggregates.workspace_events import WorkspaceCreated
from groupchat.bootstrap import System
from groupchat.commands import business_numbers, contacts, conversations, inbound, keys, reading, workspaces
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import Draft, NewGroup
from groupchat.commands.streams import WORKSPACE
from groupchat.processes.delivery import DeliveryProcess
from groupchat.values.ids import new_id

PATIENCE_SECONDS = 5.0
BUSINESS_NUMBER = "+14155550100"
_ANN, _BEN, _CLEO = "+14155550101", "+14155550102", "+16045550103"


class Demo(Struct, frozen=True):
    """What a visitor needs."""

    workspace_id: str
    api_key: str
    fresh: bool


async def prepare(system: System) -> Demo:
    """Return the demo workspace, seeded if the store is empty, with a new key for its owner."""
    store = system.store
    first = await store.first_of(WorkspaceCreated.TOPIC)
    if first is None:
        founded = (await workspaces.create_workspace(store, "Demo", "owner@example.com")).value
        await _seed(system, founded)
        return Demo(founded.workspace_id, founded.api_key, fresh=True)
    state = workspace.existing(await store.load_fresh(WORKSPACE, first.stream))
    owner = next(user for user in state.users.values() if user.role == workspace.OWNER)
    key = await keys.issue_by_operator(store, first.stream, owner.id)
    return Demo(first.stream, key, fresh=False)


async def _seed(system: System, founded: workspaces.Founded) -> None:
    store, carrier = system.store, system.carrier
    known = await keys.authenticate(store, founded.api_key)
    if known is None:
        msg = "the key that was just made is not known"
        raise RuntimeError(msg)
    who = Caller(founded.workspace_id, known.user, new_id("req"))
    number = AddNumber(number=BUSINESS_NUMBER, label="Front desk", default=True)
    await business_numbers.add_number(store, who, number)
    ann = (await contacts.create_contact(store, who, name="Ann Lee", number=_ANN)).value
    await contacts.create_contact(store, who, name="Ben Ortiz", number=_BEN)
    group = NewGroup(
        sender=BUSINESS_NUMBER,
        participants=(Asked(contact_id=ann.id), Asked(number=_BEN), Asked(number=_CLEO, name="Cleo")),
        name="House on Elm Street",
        message=Draft(body="Hello all! The viewing is on Saturday at 10. Does that suit you?"),
    )
    outcome = await conversations.create_group(store, who, group)
    created = outcome.value
    await system.progress.wait_for([DeliveryProcess.name], outcome.position, PATIENCE_SECONDS)  # so that the replies come after it
    for writer, body in ((_ANN, "Saturday is fine 👍"), (_BEN, "For me as well, see you there.")):
        others = sorted({_ANN, _BEN, _CLEO} - {writer})
        written = await carrier.write(writer, BUSINESS_NUMBER, others, body)
        await inbound.receive(store, carrier.name, written, who.correlation_id, who.workspace_id)
    await reading.mark_read(store, who, created.conversation_id)
    await conversations.send_message(store, who, created.conversation_id, Draft(body="Wonderful. I'll bring the keys."))
