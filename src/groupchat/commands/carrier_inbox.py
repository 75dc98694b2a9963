"""The receiver of carriers' webhooks. What several posts bring at the same time is stored by one append."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from groupchat.aggregates import consent, group_conversation, workspace
from groupchat.aggregates.group_events import Media
from groupchat.carriers.port import Inbound, Receipt
from groupchat.commands.beginnings import load_for_inbound
from groupchat.commands.inbound import Received, by_participant, members_of, owner_of, receive
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.streams import CONSENT, CONVERSATION, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore, Outcome
from groupchat.store.together import Together
from groupchat.values.event import Cause
from groupchat.values.ids import new_id
from groupchat.values.text import storable


class InboundPost(Struct, frozen=True):
    """A participant's message, and the envelope of the events that it causes."""

    inbound: Inbound
    cause: Cause


class Arrivals:
    """What carriers bring to one process. Their posts come as separate requests, and each is acknowledged when it is stored."""

    def __init__(self, store: EventStore) -> None:
        self.store = store
        self.inbound = Together(self._receive)
        self.receipts = Together(self._record)

    async def _receive(self, posts: Sequence[InboundPost]) -> Sequence[Outcome[Received]]:
        outcome = await self.store.run(posts[0].cause, receive_all, posts)
        return [Outcome(received, outcome.events, outcome.position) for received in outcome.value]

    async def _record(self, reported: Sequence[Reported]) -> Sequence[None]:
        await record_all(self.store, reported)
        return [None] * len(reported)


async def receive_all(decision: Decision, posts: Sequence[InboundPost]) -> list[Received]:
    """Do the same as `receive` for several messages in their order, each under its own cause."""
    by_workspace: dict[str, list[Inbound]] = {}
    for each in posts:
        by_workspace.setdefault(each.cause.workspace_id, []).append(each.inbound)
    await decision.load_many(WORKSPACE, by_workspace)
    for workspace_id, messages in by_workspace.items():
        await _load_for(decision, workspace_id, messages)
    received = []
    for each in posts:
        decision.cause = each.cause
        received.append(await receive(decision, each.inbound))
    return received


async def _load_for(decision: Decision, workspace_id: str, messages: Sequence[Inbound]) -> None:
    """Load what messages to a workspace need. One query reads all streams of a kind that are not in memory."""
    state = workspace.existing(await decision.load(WORKSPACE, workspace_id))
    consents = await decision.load_many(CONSENT, {consent.stream(each.to, each.from_) for each in messages})
    joined = [id_ for known in consents if known is not None for id_ in known.conversations]
    groups = map(group_conversation.existing, await decision.load_many(CONVERSATION, joined))
    known_sets = {(group.business_number, frozenset(group.numbers)) for group in groups}
    written = [(each.to, members_of(each, state)) for each in messages if each.group is not None]
    beginning = [(to, members) for to, members in written if (to, frozenset(members)) not in known_sets]
    if beginning:
        await load_for_inbound(decision, workspace_id, {(to, number) for to, members in beginning for number in members})


class CarrierInbox:
    """The receiver of a carrier's webhooks; it implements `carriers.port.Inbox`.

    Its events carry the id of the request that brought them (R31); without one, each message and each receipt gets an id of its
    own. Texts are stored with U+FFFD in place of what no database stores, so no adapter has to care (R44).
    """

    def __init__(self, arrivals: Arrivals, carrier: str, correlation_id: str | None = None) -> None:
        self._arrivals = arrivals
        self._carrier = carrier
        self._correlation_id = correlation_id

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        """Record receipts."""
        reported = Reported(self._carrier, [_storable_receipt(each) for each in batch], self._correlation_id)
        await self._arrivals.receipts.ask(reported)

    async def inbound(self, inbound: Inbound) -> Outcome[Received]:
        """Record a participant's message. The outcome's events include those of the messages that were stored with it."""
        written = _storable_inbound(inbound)
        owner = await owner_of(self._arrivals.store, written.to)
        cause = by_participant(owner, self._carrier, written, self._correlation_id or new_id("req"))
        return await self._arrivals.inbound.ask(InboundPost(written, cause))


def _storable_inbound(inbound: Inbound) -> Inbound:
    return replace(
        inbound,
        body=None if inbound.body is None else storable(inbound.body),
        media=tuple(Media(url=storable(each.url), content_type=storable(each.content_type)) for each in inbound.media),
        carrier_message_id=storable(inbound.carrier_message_id),
    )


def _storable_receipt(receipt: Receipt) -> Receipt:
    code = None if receipt.code is None else storable(receipt.code)
    return replace(receipt, message_id=storable(receipt.message_id), code=code)
