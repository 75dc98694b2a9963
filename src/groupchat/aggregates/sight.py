"""Sight: which events of the log a user may see. It applies the rules of `access.py` to events.

- R22 A user restricted to assigned data sees the events of the groups and contacts that they may see now, with their deliveries and
  consents; of the users, they see only themselves.
- R23 Managers and auditors see everything except keys: those are visible to their user and to those who manage users.
- R23 Refusals and webhooks are visible to managers and auditors.
- R46 A file's events are for those who see the conversation that it came into.
- R30 Read marks are per user; only managers and auditors see those of others.

Nobody can see an event type that is not listed here, so a new type does not leak unnoticed. A key's hash never leaves: `published`.
"""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict

from groupchat.aggregates import contact as contacts
from groupchat.aggregates import delivery_events, do_not_disturb, group_events, phone_book, reader
from groupchat.aggregates import workspace_events as workspaces
from groupchat.aggregates.access import Access
from groupchat.aggregates.consent import Consent, GroupJoined, OptedIn, OptedOut, OptOutTakenBack
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.external_id import ExternalIdClaimed, ExternalIdReleased
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.media import MediaAttached, MediaMissing, MediaStored
from groupchat.aggregates.refusal import RefusalRecorded
from groupchat.aggregates.review import ReviewOpened, ReviewSettled
from groupchat.aggregates.webhook_events import WEBHOOK_EVENTS
from groupchat.aggregates.workspace_state import OWNER
from groupchat.values.event import Event, Recorded
from groupchat.values.money import Rate

OPEN = (
    workspaces.WorkspaceCreated,
    workspaces.NumberClaimed,
    workspaces.NumberAdded,
    workspaces.NumberLabeled,
    workspaces.NumberAssigned,
    workspaces.NumberCarrierChosen,
    workspaces.NumberGivenUp,
    workspaces.DefaultNumberChosen,
    workspaces.PolicyChanged,
    workspaces.KeywordsChosen,
    workspaces.AutoRepliesChosen,
    workspaces.RoleDefined,
    workspaces.RatePosted,
)
"""The events of the workspace itself that every user may see."""

CONVERSATION = (
    group_events.Created,
    group_events.MessageSent,
    group_events.InboundReceived,
    group_events.AutoReplied,
    group_events.ReactionReceived,
    group_events.ParticipantOptedOut,
    group_events.ParticipantOptedIn,
    group_events.ParticipantOptOutTakenBack,
    group_events.Unblocked,
    group_events.ParticipantContactLinked,
    group_events.ParticipantContactMerged,
    group_events.ParticipantContactNumberChanged,
    group_events.ParticipantContactRenamed,
    group_events.ParticipantContactDeleted,
    group_events.GroupRenamed,
    group_events.GroupMetadataChanged,
    group_events.SucceededBy,
)
DELIVERY = (*delivery_events.EVENTS, GroupJoined)
USER = (
    workspaces.UserAdded,
    workspaces.UserRenamed,
    workspaces.UserEmailChanged,
    workspaces.UserExternalIdGiven,
    workspaces.UserRoleChanged,
    workspaces.UserDeactivated,
    workspaces.UserReactivated,
)
CONTACT = (
    contacts.ContactCreated,
    contacts.Renamed,
    contacts.NumbersChanged,
    contacts.Assigned,
    contacts.DndTurnedOn,
    contacts.DndTurnedOff,
    contacts.ExternalIdGiven,
    contacts.MetadataChanged,
    contacts.ContactMerged,
    contacts.ContactDeleted,
)


UNPUBLISHED: dict[type[Event], frozenset[str]] = {workspaces.KeyIssued: frozenset({"key_hash"})}
"""Fields that never leave the system."""


class About(Struct, frozen=True, kw_only=True):
    """The subject of an event, as far as it decides who sees the event."""

    conversation_id: str | None = None
    contact_id: str | None = None
    consent: str | None = None
    """The stream of a number's consent: it concerns the groups that the number takes part in."""
    user_id: str | None = None
    key_of: str | None = None
    reader_id: str | None = None
    audited: bool = False
    unrestricted: bool = False
    """Not for users who see assigned data only."""


class Known(Struct, frozen=True, kw_only=True):
    """Groups, contacts and consents as they are now, by stream."""

    groups: Mapping[str, GroupConversation | None] = {}
    contacts: Mapping[str, Contact | None] = {}
    consents: Mapping[str, Consent | None] = {}


def about(recorded: Recorded) -> About | None:
    """Return the subject of an event; none if nobody sees it."""
    event, found = recorded.event, None
    match event:
        case _ if isinstance(event, CONVERSATION):
            found = About(conversation_id=recorded.stream)
        case _ if isinstance(event, DELIVERY):
            found = About(conversation_id=event.conversation_id)
        case ReviewOpened() | ReviewSettled() | MediaAttached() | MediaMissing():
            found = About(conversation_id=event.conversation_id)
        case _ if isinstance(event, CONTACT):
            found = About(contact_id=recorded.stream)
        case phone_book.NumberListed() | phone_book.NumberUnlisted() | ExternalIdClaimed() | ExternalIdReleased():
            found = About(contact_id=event.contact_id)
        case OptedOut() | OptedIn() | OptOutTakenBack():
            found = About(consent=recorded.stream)
        case do_not_disturb.TurnedOn() | do_not_disturb.LeftBehind() | do_not_disturb.TurnedOff():
            found = About(contact_id=event.contact_id)
        case MediaStored():  # it may be in no conversation yet
            found = About(unrestricted=True)
        case do_not_disturb.Lifted():  # it concerns contacts and groups that it does not name
            found = About(unrestricted=True)
        case reader.ConversationRead() | reader.ConversationMarkedUnread():
            found = About(conversation_id=event.conversation_id, reader_id=event.user_id)
        case _ if isinstance(event, USER):
            found = About(user_id=event.user_id)
        case workspaces.KeyIssued():
            found = About(key_of=event.user_id)
        case workspaces.KeyRevoked():  # the event does not name the key's user; users who do not manage users revoke only their own
            found = About(key_of=recorded.cause.actor.id)
        case RefusalRecorded():
            found = About(audited=True)
        case _ if isinstance(event, WEBHOOK_EVENTS):  # an address can be as good as a password
            found = About(audited=True)
        case _ if isinstance(event, OPEN):
            found = About()
    return found


def sees(rights: Access, what: About, known: Known) -> bool:
    """Return whether a user sees an event of their workspace; `known` is used only for a restricted user (R22)."""
    if what.key_of is not None:
        return what.key_of == rights.user.id or _manages(rights, what.key_of)
    if (what.audited or what.reader_id not in (None, rights.user.id)) and not (rights.manages or rights.audits):
        return False
    return not rights.restricted or _sees_assigned(rights, what, known)


def _manages(rights: Access, user_id: str) -> bool:
    holder = rights.state.users.get(user_id)
    return rights.manages and (holder is None or holder.role != OWNER or rights.user.role == OWNER)


def _sees_assigned(rights: Access, what: About, known: Known) -> bool:
    if what.unrestricted:
        return False
    if what.user_id is not None:
        return what.user_id == rights.user.id
    if what.contact_id is not None:
        contact = known.contacts.get(what.contact_id)
        return contact is not None and rights.sees_contact(contact)
    if what.conversation_id is not None:
        return _sees_group(rights, what.conversation_id, known)
    if what.consent is not None:
        consent = known.consents.get(what.consent)
        return consent is not None and any(_sees_group(rights, id_, known) for id_ in consent.conversations)
    return True


def _sees_group(rights: Access, conversation_id: str, known: Known) -> bool:
    group = known.groups.get(conversation_id)
    return group is not None and rights.sees_group(group, known.contacts)


def published(event: Event) -> Event | dict[str, object]:
    """Return an event's data in the form that may leave the system: without a key's hash, with prices without an exponent."""
    match event:
        case _ if hidden := UNPUBLISHED.get(type(event)):
            return {name: value for name, value in asdict(event).items() if name not in hidden}
        case (
            group_events.MessageSent(rate=Rate() as rate)
            | group_events.AutoReplied(rate=Rate() as rate)
            | delivery_events.Withheld(rate=Rate() as rate)
        ):
            return asdict(event) | {"rate": rate.shown()}
        case workspaces.RatePosted(rate=rate):
            return asdict(event) | {"rate": rate.shown()}
        case _:
            return event
