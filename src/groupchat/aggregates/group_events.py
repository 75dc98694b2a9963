"""The events of a group conversation, and their values. The rules are in `group_conversation.py`."""

from typing import Any, ClassVar

from msgspec import Struct

from groupchat.aggregates.auto_replies import Purpose
from groupchat.aggregates.consent import Cause
from groupchat.aggregates.keywords import Keyword
from groupchat.aggregates.keywords_v1 import keyword_v1
from groupchat.values.event import Event, Moment, stored_as
from groupchat.values.language import Language
from groupchat.values.money import Rate
from groupchat.values.policy import Policy


class Participant(Struct, frozen=True, kw_only=True, gc=False):
    """One phone number of the group, frozen, with its contact, if any, and its name at creation."""

    number: str
    contact_id: str | None = None
    name: str | None = None


class Media(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A picture or file that a message carries.

    `url` is where somebody else has it, such as a carrier. An uploaded file has a name there, `urn:groupchat:media:<media_id>`.
    `media_id` is the stream of a file that is kept with us, or will be (R46), and `size` the number of its bytes if it is known.
    """

    url: str
    content_type: str
    media_id: str | None = None
    size: int | None = None


class Author(Struct, frozen=True, kw_only=True, gc=False):
    """The user who wrote an outbound message, with the name that they had then."""

    user_id: str
    name: str


@stored_as("groupchat.conversation.created")
class Created(Event, frozen=True, kw_only=True):
    """A group began, under a policy; `predecessor_id` is the blocked group that it continues (R18)."""

    business_number: str
    name: str | None
    roster: tuple[Participant, ...]
    policy: Policy
    predecessor_id: str | None = None


@stored_as("groupchat.conversation.message_sent")
class MessageSent(Event, frozen=True, kw_only=True):
    """The business wrote to all participants."""

    message_id: str
    author: Author
    body: str | None
    media: tuple[Media, ...]
    recipients: tuple[str, ...]
    rate: Rate


@stored_as("groupchat.conversation.inbound_received")
class InboundReceived(Event, frozen=True, kw_only=True):
    """A participant wrote; `name` is the author's name at this moment (R11).

    `keyword` is the keyword as which the message was recognized on arrival (R14); the list of keywords may have changed since.
    """

    class_version: ClassVar[int] = 2

    message_id: str
    number: str
    name: str
    body: str | None
    media: tuple[Media, ...]
    carrier_message_id: str
    keyword: Keyword | None = None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Add `keyword`, which older events lack, by the list of that time."""
        state["keyword"] = keyword_v1(state["body"])


@stored_as("groupchat.conversation.auto_replied")
class AutoReplied(Event, frozen=True, kw_only=True):
    """The business answers one participant alone: it confirms their opt-out, or answers HELP (R41).

    `evidence` is the id of the message that is answered. After `send_by`, the answer is not handed to the carrier any more.
    """

    message_id: str
    number: str
    purpose: Purpose
    evidence: str
    language: Language
    body: str
    send_by: Moment
    rate: Rate


@stored_as("groupchat.conversation.reaction_received")
class ReactionReceived(Event, frozen=True, kw_only=True):
    """A participant reacted to the message `message_id`, or removed their reaction; the handset sent it as the text `body` (R42).

    `name` is the participant's name at this moment (R11).
    """

    message_id: str
    number: str
    name: str
    emoji: str
    removed: bool
    body: str
    carrier_message_id: str


@stored_as("groupchat.conversation.participant_opted_out")
class ParticipantOptedOut(Event, frozen=True, kw_only=True):
    """A participant wants no more messages; the group is blocked. `evidence` is the id of a message or of a user.

    `contact_id` is the contact whose do-not-disturb it is, perhaps another one than the participant is linked to (R36).
    """

    class_version: ClassVar[int] = 2

    number: str
    cause: Cause
    evidence: str
    contact_id: str | None = None

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Add `contact_id`, which older events lack: it was always the participant's own contact."""
        state["contact_id"] = None


@stored_as("groupchat.conversation.participant_opted_in")
class ParticipantOptedIn(Event, frozen=True, kw_only=True):
    """A participant accepts messages again; that alone does not unblock the group (R17)."""

    number: str
    cause: Cause
    evidence: str


@stored_as("groupchat.conversation.opt_out_taken_back")
class ParticipantOptOutTakenBack(Event, frozen=True, kw_only=True):
    """An opt-out that a user had recorded by mistake was taken back, with a reason (R39)."""

    number: str
    reason: str


@stored_as("groupchat.conversation.unblocked")
class Unblocked(Event, frozen=True, kw_only=True):
    """The block ended: the last opted-out participant opted in under `reopen_on_opt_in` (R17), or it was only a mistake (R39)."""


@stored_as("groupchat.conversation.contact_linked")
class ParticipantContactLinked(Event, frozen=True, kw_only=True):
    """A participant without a contact is linked to the first contact that got their number, called `name` (R37)."""

    contact_id: str
    number: str
    name: str


@stored_as("groupchat.conversation.contact_merged")
class ParticipantContactMerged(Event, frozen=True, kw_only=True):
    """A participant's contact, `merged_id`, was merged into another one, called `name`; they are linked to that one now (R54)."""

    contact_id: str
    merged_id: str
    number: str
    name: str


@stored_as("groupchat.conversation.contact_number_changed")
class ParticipantContactNumberChanged(Event, frozen=True, kw_only=True):
    """A participant's contact lost its frozen number, or has it again; `numbers` are the contact's now (R9)."""

    contact_id: str
    number: str
    numbers: tuple[str, ...]


@stored_as("groupchat.conversation.contact_renamed")
class ParticipantContactRenamed(Event, frozen=True, kw_only=True):
    """A participant's contact has a new name."""

    contact_id: str
    name: str


@stored_as("groupchat.conversation.contact_deleted")
class ParticipantContactDeleted(Event, frozen=True, kw_only=True):
    """A participant's contact was deleted (R9)."""

    contact_id: str


@stored_as("groupchat.conversation.renamed")
class GroupRenamed(Event, frozen=True, kw_only=True):
    """The group has a new name, or none."""

    name: str | None


@stored_as("groupchat.conversation.metadata_changed")
class GroupMetadataChanged(Event, frozen=True, kw_only=True):
    """The group has this data of another system (R54)."""

    metadata: dict[str, str]


@stored_as("groupchat.conversation.succeeded_by")
class SucceededBy(Event, frozen=True, kw_only=True):
    """A new group continues this one (R18)."""

    conversation_id: str
