"""Contacts as callers see them: one contact exactly, and the directory (R2, R22)."""

import asyncio
from collections.abc import Sequence

from msgspec.structs import asdict

from groupchat.aggregates import contact as rules
from groupchat.commands import contacts as commands
from groupchat.commands.caller import Caller, access, visible_contact
from groupchat.commands.streams import CONTACT
from groupchat.projections import contacts
from groupchat.projections.contacts import ContactFilter, ContactRow, ContactView
from groupchat.projections.paging import Page, PageRequest
from groupchat.queries.views import Views
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.store.terms import StaleAnswerError
from groupchat.values.event import Recorded


async def require_visible(store: EventStore, who: Caller, contact_id: str) -> None:
    """Raise `NotFoundError` for a contact that is unknown, deleted, or not visible to the caller (R22)."""
    if who.sees_only:  # read exactly, because another process may have changed the assignment
        await store.run(who.cause(), _require_visible, who, contact_id)
        return
    contact = rules.existing(await store.load(CONTACT, contact_id) or await store.load_fresh(CONTACT, contact_id))
    if contact.workspace_id != who.workspace_id:
        raise rules.missing()


class ContactShown(ContactView, frozen=True, kw_only=True):
    """A contact, with the ids of other contacts that have one of its numbers, oldest first: perhaps the same person (R54).

    Contacts that the caller can't see are not among them (R22).
    """

    same_number_as: tuple[str, ...]


async def now(views: Views, who: Caller, contact_id: str) -> ContactShown:
    """Return a contact: its stored row, plus the events of its stream above that.

    The caller must have checked `visible` before. Raises `NotFoundError` for a contact that is unknown or deleted.
    """
    view = await _now(views, who, contact_id)
    others = await views.store.run(who.cause(), commands.same_number_as, who, contact_id, _numbers(view))
    return _beside(view, others.value)


async def as_decided(decision: Decision, who: Caller, views: Views, contact_id: str) -> ContactShown:
    """Return a contact as it will be once a decision is stored.

    Raises `StaleAnswerError` if something that the decision rests on is not stored yet either.
    """
    view = await _now(views, who, contact_id, decision.emitted)
    return _beside(view, await commands.same_number_as(decision, who, contact_id, _numbers(view)))


async def created(decision: Decision, who: Caller, contact_id: str) -> ContactShown:
    """Return a new contact, from the events that create it."""
    view = _shown(who.workspace_id, contacts.current(None, [each for each in decision.emitted if each.stream == contact_id]))
    return _beside(view, await commands.same_number_as(decision, who, contact_id, _numbers(view)))


def _numbers(view: ContactView) -> tuple[str, ...]:
    return (view.number, *view.secondary_numbers)


def _beside(view: ContactView, others: tuple[str, ...]) -> ContactShown:
    return ContactShown(**asdict(view), same_number_as=others)


async def _now(views: Views, who: Caller, contact_id: str, events: Sequence[Recorded] = ()) -> ContactView:
    """Return a contact with `events` that may not be stored yet."""
    row = await views.ask(contacts.held, who.workspace_id, contact_id)
    tail = await asyncio.to_thread(views.store.log.stream, contact_id, after=row.version if row else 0)
    held = contacts.current(row, tail)
    version = held.version if held else 0
    new = [recorded for recorded in events if recorded.stream == contact_id and recorded.version > version]
    if new and new[0].version != version + 1:
        raise StaleAnswerError
    return _shown(who.workspace_id, contacts.current(held, new))


async def ids_of(
    store: EventStore, who: Caller, *, number: str | None = None, external_id: str | None = None
) -> frozenset[str] | None:
    """Return the contacts with exactly this number (E.164), this external id, or both; `None` if neither is asked for (R54)."""
    found: frozenset[str] | None = None
    if number is not None:
        found = (await store.run(who.cause(), commands.holders_of, who, number)).value
    if external_id is not None:
        holder = (await store.run(who.cause(), commands.holder_of, who, external_id)).value
        held = frozenset() if holder is None else frozenset({holder})
        found = held if found is None else found & held
    return found


async def page(views: Views, who: Caller, chosen: ContactFilter, wanted: PageRequest) -> Page:
    """Return a page of the directory, ordered by name and filtered by a search if given (R22).

    Raises `InvalidRequestError` for a bad cursor or search, `ProjectionBehindError`.
    """
    sees_only = await views.sees_only(who)
    return await views.ask(contacts.page, who.workspace_id, chosen, wanted, sees_only=sees_only)


async def _require_visible(decision: Decision, who: Caller, contact_id: str) -> None:
    await visible_contact(decision, await access(decision, who), contact_id)


def _shown(workspace_id: str, row: ContactRow | None) -> ContactView:
    if row is None or row.workspace_id != workspace_id or row.contact.deleted:
        raise rules.missing()
    return contacts.shown(row)
