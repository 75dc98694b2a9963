"""Bodies of requests about conversations and contacts. Unknown fields are rejected; optional ones may be omitted or null."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, ValidationError, convert, field

from groupchat.aggregates import contact
from groupchat.aggregates.contact import MAX_SECONDARY
from groupchat.aggregates.group_events import Media
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.carriers.simulator.behaviors import Behavior
from groupchat.commands.conversations import Draft, NewGroup
from groupchat.commands.settling import Settlement
from groupchat.http.inputs.fields import (
    ContentType,
    ExternalId,
    Id,
    InboundBody,
    MediaUrl,
    MessageBody,
    Metadata,
    Name,
    Reason,
    WrittenNumber,
)
from groupchat.http.inputs.taken import Taken
from groupchat.values.errors import InvalidRequestError
from groupchat.values.patterns import whole
from groupchat.values.policy import MAX_PARTICIPANTS_EVER

MAX_ASKED = 200
"""A group with more participants is not even checked; the policy's own limit is far below."""


class MediaInput(Taken, frozen=True, kw_only=True):
    """A picture or file: the id of one that was uploaded, or the address of one that somebody else has, with its type (R46)."""

    media_id: Id | None = None
    url: MediaUrl | None = None
    content_type: ContentType | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        is_elsewhere = self.media_id is None
        if any((each is not None) != is_elsewhere for each in (self.url, self.content_type)):
            msg = "Use a media_id alone, or a url with its content_type"
            raise ValueError(msg)

    def media(self) -> Media:
        """Return it in the form that commands take."""
        if self.media_id is not None:
            return Media(url="", content_type="", media_id=self.media_id)
        return Media(url=self.url or "", content_type=self.content_type or "")


SomeMedia = Annotated[tuple[MediaInput, ...], Meta(max_length=10)]


def media_of(given: SomeMedia | None) -> tuple[Media, ...]:
    """Return media in the form that commands take; null becomes none."""
    return tuple(each.media() for each in given or ())


class MessageInput(Taken, frozen=True, kw_only=True):
    """A message: a body, media, or both (R10). An empty body with media counts as no body (R47)."""

    body: MessageBody | None = None
    media: SomeMedia | None = ()

    def draft(self) -> Draft:
        """Return it in the command's form."""
        return Draft(body=self.body or None, media=media_of(self.media))


class ParticipantInput(Taken, frozen=True, kw_only=True):
    """A contact, with one of its numbers or by default its primary one; or a number, optionally with a name (R2)."""

    contact_id: Id | None = None
    number: WrittenNumber | None = None
    name: Name | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.contact_id is None and self.number is None:
            msg = "Use a contact_id or a number"
            raise ValueError(msg)
        if self.contact_id is not None and self.name is not None:
            msg = "A contact has its own name: use `name` only with a bare number"
            raise ValueError(msg)

    def asked(self) -> RequestedParticipant:
        """Return it in the command's form."""
        return RequestedParticipant(contact_id=self.contact_id, number=self.number, name=self.name)


class ConversationInput(Taken, frozen=True, kw_only=True):
    """A group to create. With `message`, the message is sent immediately."""

    from_: WrittenNumber = field(name="from")
    participants: Annotated[tuple[ParticipantInput, ...], Meta(max_length=MAX_ASKED)]
    name: Name | None = None
    metadata: Metadata = field(default_factory=dict)
    message: MessageInput | None = None

    def group(self) -> NewGroup:
        """Return it in the command's form."""
        return NewGroup(
            sender=self.from_,
            participants=tuple(each.asked() for each in self.participants),
            name=self.name,
            metadata=self.metadata,
            message=None if self.message is None else self.message.draft(),
        )


class ConversationChange(Taken, frozen=True, kw_only=True):
    """Changes to a group; omitted fields stay. A null name restores the participants' names (R13)."""

    name: Name | UnsetType | None = UNSET
    metadata: Metadata = field(default_factory=dict)


class SuccessorInput(Taken, frozen=True, kw_only=True):
    """The group that continues without the people who opted out (R18). Without `name`, it keeps the old one's."""

    name: Name | UnsetType | None = UNSET
    message: MessageInput | None = None


class ContactInput(Taken, frozen=True, kw_only=True):
    """A person to add to the directory."""

    name: Name
    number: WrittenNumber
    secondary_numbers: Annotated[tuple[WrittenNumber, ...], Meta(max_length=MAX_SECONDARY)] = ()
    assigned_to: Id | None = None
    external_id: ExternalId | None = None
    metadata: Metadata = field(default_factory=dict)


class ContactPut(Taken, frozen=True, kw_only=True):
    """A contact as another system has it (R54). Omitted fields stay, or are empty on a new contact."""

    name: Name
    number: WrittenNumber
    secondary_numbers: Annotated[tuple[WrittenNumber, ...], Meta(max_length=MAX_SECONDARY)] | UnsetType = UNSET
    assigned_to: Id | UnsetType | None = UNSET
    dnd: bool | UnsetType = UNSET
    metadata: Metadata | UnsetType = UNSET

    def change(self) -> contact.Change:
        """Return everything but name and number in the command's form."""
        return contact.Change(
            secondary_numbers=self.secondary_numbers, assigned_to=self.assigned_to, dnd=self.dnd, metadata=self.metadata
        )


class ContactChange(Taken, frozen=True, kw_only=True):
    """Changes to a contact; omitted fields stay. DND on opts the person out of everything (R14)."""

    name: Name | UnsetType = UNSET
    number: WrittenNumber | UnsetType = UNSET
    secondary_numbers: Annotated[tuple[WrittenNumber, ...], Meta(max_length=MAX_SECONDARY)] | UnsetType = UNSET
    assigned_to: Id | UnsetType | None = UNSET
    dnd: bool | UnsetType = UNSET
    external_id: ExternalId | UnsetType | None = UNSET
    metadata: Metadata | UnsetType = UNSET

    def change(self) -> contact.Change:
        """Return it in the command's form."""
        return contact.Change(
            name=self.name,
            number=self.number,
            secondary_numbers=self.secondary_numbers,
            assigned_to=self.assigned_to,
            dnd=self.dnd,
            external_id=self.external_id,
            metadata=self.metadata,
        )

    @property
    def reaches_conversations(self) -> bool:
        """Whether it changes anything in the contact's conversations (R9, R11)."""
        return any(value is not UNSET for value in (self.name, self.number, self.secondary_numbers))


class MergeInput(Taken, frozen=True, kw_only=True):
    """The contact to merge into another one; it is deleted (R54)."""

    contact_id: Id


class Reasoned(Taken, frozen=True, kw_only=True):
    """The reason for a change; it is stored."""

    reason: Reason


class ReviewJudgment(Taken, frozen=True, kw_only=True):
    """Whether a text is an opt-out in the person's own words, with a note."""

    opt_out: bool
    note: Reason | None = None


class MessageOutcome(Taken, frozen=True, kw_only=True):
    """Whether an unconfirmed message arrived, and how you know; without recipients, it applies to all unconfirmed ones."""

    status: Settlement
    reason: Reason
    recipients: Annotated[tuple[WrittenNumber, ...], Meta(max_length=MAX_PARTICIPANTS_EVER)] = ()


class HandsetWrites(Taken, frozen=True, kw_only=True):
    """A message from a simulated handset; `group` lists the other participants, to distinguish several groups."""

    from_: WrittenNumber = field(name="from")
    to: WrittenNumber
    group: Annotated[tuple[WrittenNumber, ...], Meta(max_length=MAX_ASKED)] | None = None
    body: InboundBody | None = None
    media: SomeMedia | None = ()


class BehaviorInput(Taken, frozen=True, kw_only=True):
    """The behavior of a simulated number from now on; null restores the normal one."""

    behavior: Behavior | None
    seconds: Annotated[float, Meta(ge=0, le=3_600)] | None = None
    code: Annotated[str, whole("[0-9A-Za-z_-]+", min_length=1, max_length=20)] | None = None


class ReadUpTo(Taken, frozen=True, kw_only=True):
    """The version up to which the caller has read; without it, everything that the conversation has now."""

    version: Annotated[int, Meta(ge=1, le=10**18 - 1, description="A version of the conversation.")] | None = None


def read_external_id(written: str) -> str:
    """Return an external id from a path; raises `InvalidRequestError` for one that is malformed (R54)."""
    try:
        return convert(written, ExternalId)
    except ValidationError as error:
        detail = "An external id has 1 to 128 visible ASCII characters, without slashes (R54)."
        raise InvalidRequestError("external_id", detail, "bad-format") from error
