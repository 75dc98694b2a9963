"""The carriers, for those who manage or audit a workspace: what each takes, and what became of the newest messages (R23, R43)."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from groupchat.aggregates import delivery
from groupchat.aggregates.access import Access
from groupchat.aggregates.delivery_parts import Status
from groupchat.aggregates.delivery_state import Delivery
from groupchat.commands.caller import Caller
from groupchat.commands.streams import CONVERSATION, DELIVERY
from groupchat.projections import ledger
from groupchat.projections.ledger import EventCharge
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views
from groupchat.values.carriers import KnownCarriers
from groupchat.values.event import Moment

NEWEST = 100
"""The number of the workspace's newest charged messages that are looked at."""


class RecentMessages(Struct, frozen=True, kw_only=True):
    """What became of a carrier's part of the workspace's newest 100 messages. A status counts recipients.

    `put_off` is the number of messages that the carrier refused for now, so that they are sent later, and `waiting_since` the time
    of the oldest message that waits for the carrier.
    """

    messages: int = 0
    queued: int = 0
    unconfirmed: int = 0
    sent: int = 0
    partial: int = 0
    delivered: int = 0
    failed: int = 0
    withheld: int = 0
    put_off: int = 0
    waiting_since: Moment | None = None


class CarrierShown(Struct, frozen=True, kw_only=True):
    """A carrier of the server, the most that it takes in one message (null: no limit), and how it did lately.

    The `default` one carries for the business numbers that name none. One with `native_group` forwards what a participant writes to
    the others; for another one, groupchat does.
    """

    name: str
    default: bool
    native_group: bool
    max_participants: int | None
    max_characters: int | None
    max_files: int | None
    max_media_bytes: int | None
    recent: RecentMessages


class _Sent(Struct, frozen=True):
    """One of the newest messages: what was charged, and its delivery, if that has begun."""

    line: EventCharge
    delivery: Delivery | None

    @property
    def statuses(self) -> Iterable[Status]:
        """The status of each recipient."""
        return ["queued"] * len(self.line.recipients) if self.delivery is None else self.delivery.statuses.values()

    @property
    def waits(self) -> bool:
        """Whether the carrier has not answered yet."""
        return self.delivery is None or self.delivery.unanswered

    @property
    def put_off(self) -> bool:
        """Whether the carrier refused it for now."""
        return self.delivery is not None and self.delivery.unanswered and self.delivery.refused


async def list_carriers(views: Views, who: Caller) -> list[CarrierShown]:
    """Return the carriers of the server; raises `NotPermittedError` unless the caller manages or audits (R23)."""
    rights, known = await rights_of(views.store, who), views.store.carriers
    rights.require_auditor()
    lines = await views.ask(ledger.newest_charges, who.workspace_id, NEWEST)
    sent = await _by_carrier(views, rights, known, lines)
    return [_shown(name, known, sent.get(name, [])) for name in known.limits]


async def _by_carrier(
    views: Views, rights: Access, known: KnownCarriers, lines: Iterable[EventCharge]
) -> Mapping[str, list[_Sent]]:
    found: dict[str, list[_Sent]] = {}
    for line in lines:
        begun = await views.store.load(DELIVERY, delivery.stream(line.message_id))
        name = (begun and begun.carrier) or await _expected(views, rights, known, line)
        found.setdefault(name, []).append(_Sent(line, begun))
    return found


async def _expected(views: Views, rights: Access, known: KnownCarriers, line: EventCharge) -> str:
    """Return the carrier of a message that was not handed over: that of its business number."""
    group = await views.store.load(CONVERSATION, line.event.conversation_id)
    number = None if group is None else rights.state.numbers.get(group.business_number)
    return known.named(None if number is None else number.carrier)


def _shown(name: str, known: KnownCarriers, sent: list[_Sent]) -> CarrierShown:
    limits = known.limits[name]
    return CarrierShown(
        name=name,
        default=name == known.default,
        native_group=name not in known.relaying,
        max_participants=limits.recipients,
        max_characters=limits.characters,
        max_files=limits.files,
        max_media_bytes=limits.media_bytes,
        recent=_recent(sent),
    )


def _recent(sent: list[_Sent]) -> RecentMessages:
    statuses: Mapping[str, int] = Counter(status for each in sent for status in each.statuses)
    return RecentMessages(
        messages=len(sent),
        put_off=sum(each.put_off for each in sent),
        waiting_since=min((each.line.at for each in sent if each.waits), default=None),
        **statuses,
    )
