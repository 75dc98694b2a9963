"""Watching: what a user may see of a piece of the log, as of now (R22, R23)."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from msgspec import Struct

from groupchat.aggregates.access import Access
from groupchat.aggregates.sight import About, Known, about, sees
from groupchat.commands.caller import Caller, access
from groupchat.commands.streams import CONSENT, CONTACT, CONVERSATION
from groupchat.store.decision import Decision, StreamKind
from groupchat.store.event_store import EventStore
from groupchat.values.event import Recorded

S = TypeVar("S")


class EventFilter(Struct, frozen=True, kw_only=True):
    """The events to watch: of these types, and about this conversation, its deliveries and read marks. `None` doesn't filter."""

    types: frozenset[str] | None = None
    conversation_id: str | None = None

    def wants(self, recorded: Recorded) -> bool:
        """Return whether an event is among them."""
        if self.types is not None and recorded.type not in self.types:
            return False
        if self.conversation_id is None:
            return True
        what = about(recorded)
        return what is not None and what.conversation_id == self.conversation_id


EVERYTHING = EventFilter()


async def visible(store: EventStore, who: Caller, rights: Access, batch: Sequence[Recorded]) -> list[Recorded]:
    """Return the events that the caller may see, in their order.

    For a user who sees assigned data only, one decision reads everything that matters, so the result is true at one moment and
    includes everything that was acknowledged before, in any process. Raises `UnauthenticatedError` if the user is gone,
    `UnavailableError`.
    """
    own = [(recorded, what) for recorded in batch if recorded.cause.workspace_id == who.workspace_id and (what := about(recorded))]
    if not rights.restricted:
        return [recorded for recorded, what in own if sees(rights, what, Known())]
    return (await store.run(who.cause(), _visible, who, own)).value if own else []


async def _visible(decision: Decision, who: Caller, own: Sequence[tuple[Recorded, About]]) -> list[Recorded]:
    rights = await access(decision, who)
    known = await _known(decision, [what for _, what in own])
    return [recorded for recorded, what in own if sees(rights, what, known)]


async def _known(decision: Decision, wanted: Sequence[About]) -> Known:
    consents = await _load(decision, CONSENT, (what.consent for what in wanted))
    joined = (id_ for consent in consents.values() if consent for id_ in consent.conversations)
    groups = await _load(decision, CONVERSATION, (*(what.conversation_id for what in wanted), *joined))
    linked = (member.contact_id for group in groups.values() if group for member in group.members)
    contacts = await _load(decision, CONTACT, (*(what.contact_id for what in wanted), *linked))
    return Known(groups=groups, contacts=contacts, consents=consents)


async def _load(decision: Decision, kind: StreamKind[S, Any], streams: Iterable[str | None]) -> dict[str, S | None]:
    asked = list(dict.fromkeys(stream for stream in streams if stream))
    return dict(zip(asked, await decision.load_many(kind, asked), strict=True))
