"""The types of stored events.

`python -m openapi.client` makes this from the OpenAPI document; don't edit it by hand.
"""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from groupchat.api.stored import Stored


class ConsentGroupJoinedData(Struct, frozen=True, kw_only=True):
    """The data of `ConsentGroupJoined`."""

    business_number: str
    number: str
    conversation_id: str


class ConsentGroupJoined(Stored, frozen=True, kw_only=True, tag="groupchat.consent.group_joined"):
    """The number became a participant of a new group of this business number."""

    data: ConsentGroupJoinedData


class ConsentOptOutTakenBackData(Struct, frozen=True, kw_only=True):
    """The data of `ConsentOptOutTakenBack`."""

    business_number: str
    number: str
    reason: str


class ConsentOptOutTakenBack(Stored, frozen=True, kw_only=True, tag="groupchat.consent.opt_out_taken_back"):
    """An owner or admin took back what a user had recorded by mistake (R39)."""

    data: ConsentOptOutTakenBackData


class ConsentOptedInData(Struct, frozen=True, kw_only=True):
    """The data of `ConsentOptedIn`."""

    business_number: str
    number: str
    cause: Literal["carrier", "dnd", "keyword", "review", "user"]
    evidence: str
    carrier_message_id: str | None


class ConsentOptedIn(Stored, frozen=True, kw_only=True, tag="groupchat.consent.opted_in"):
    """The person accepts messages again."""

    data: ConsentOptedInData


class ConsentOptedOutData(Struct, frozen=True, kw_only=True):
    """The data of `ConsentOptedOut`."""

    business_number: str
    number: str
    cause: Literal["carrier", "dnd", "keyword", "review", "user"]
    evidence: str
    carrier_message_id: str | None


class ConsentOptedOut(Stored, frozen=True, kw_only=True, tag="groupchat.consent.opted_out"):
    """The person wants no more messages from this business number. `evidence` is the id of a message or of a user."""

    data: ConsentOptedOutData


class ContactAssignedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactAssigned`."""

    contact_id: str
    user_id: str | None


class ContactAssigned(Stored, frozen=True, kw_only=True, tag="groupchat.contact.assigned"):
    """The contact is assigned to a user, or to nobody."""

    data: ContactAssignedData


class ContactCreatedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactCreated`."""

    contact_id: str
    name: str
    number: str
    secondary_numbers: list[str]
    assigned_to: str | None


class ContactCreated(Stored, frozen=True, kw_only=True, tag="groupchat.contact.created"):
    """A contact joined the directory."""

    data: ContactCreatedData


class ContactDeletedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactDeleted`."""

    contact_id: str


class ContactDeleted(Stored, frozen=True, kw_only=True, tag="groupchat.contact.deleted"):
    """The contact was removed from the directory."""

    data: ContactDeletedData


class ContactDndTurnedOffData(Struct, frozen=True, kw_only=True):
    """The data of `ContactDndTurnedOff`."""

    contact_id: str


class ContactDndTurnedOff(Stored, frozen=True, kw_only=True, tag="groupchat.contact.dnd_turned_off"):
    """The contact accepts messages again."""

    data: ContactDndTurnedOffData


class ContactDndTurnedOnData(Struct, frozen=True, kw_only=True):
    """The data of `ContactDndTurnedOn`."""

    contact_id: str


class ContactDndTurnedOn(Stored, frozen=True, kw_only=True, tag="groupchat.contact.dnd_turned_on"):
    """The contact wants no messages (R5, R14)."""

    data: ContactDndTurnedOnData


class ContactExternalIdClaimedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactExternalIdClaimed`."""

    external_id: str
    contact_id: str


class ContactExternalIdClaimed(Stored, frozen=True, kw_only=True, tag="groupchat.contact.external_id_claimed"):
    """An external id belongs to this contact."""

    data: ContactExternalIdClaimedData


class ContactExternalIdGivenData(Struct, frozen=True, kw_only=True):
    """The data of `ContactExternalIdGiven`."""

    contact_id: str
    external_id: str | None


class ContactExternalIdGiven(Stored, frozen=True, kw_only=True, tag="groupchat.contact.external_id_given"):
    """The contact has this id in another system, or none (R54)."""

    data: ContactExternalIdGivenData


class ContactExternalIdReleasedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactExternalIdReleased`."""

    external_id: str
    contact_id: str


class ContactExternalIdReleased(Stored, frozen=True, kw_only=True, tag="groupchat.contact.external_id_released"):
    """An external id no longer belongs to this contact."""

    data: ContactExternalIdReleasedData


class ContactMergedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactMerged`."""

    contact_id: str
    merged_id: str
    numbers_ever: list[str]


class ContactMerged(Stored, frozen=True, kw_only=True, tag="groupchat.contact.merged"):
    """Another contact of the same person, `merged_id`, was merged into this one and deleted (R54).

    `numbers_ever` are the other's numbers, and former ones that groups may have (R8). They lead to its groups.
    """

    data: ContactMergedData


class ContactMetadataChangedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactMetadataChanged`."""

    contact_id: str
    metadata: dict[str, str]


class ContactMetadataChanged(Stored, frozen=True, kw_only=True, tag="groupchat.contact.metadata_changed"):
    """The contact has this data of another system (R54)."""

    data: ContactMetadataChangedData


class ContactNumberListedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactNumberListed`."""

    number: str
    contact_id: str
    contact_since: datetime


class ContactNumberListed(Stored, frozen=True, kw_only=True, tag="groupchat.contact.number_listed"):
    """A contact now has this number. `contact_since` is when the contact was created: the oldest comes first (R2)."""

    data: ContactNumberListedData


class ContactNumberUnlistedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactNumberUnlisted`."""

    number: str
    contact_id: str


class ContactNumberUnlisted(Stored, frozen=True, kw_only=True, tag="groupchat.contact.number_unlisted"):
    """A contact no longer has this number."""

    data: ContactNumberUnlistedData


class ContactNumbersChangedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactNumbersChanged`."""

    contact_id: str
    number: str
    secondary_numbers: list[str]
    released: list[str]


class ContactNumbersChanged(Stored, frozen=True, kw_only=True, tag="groupchat.contact.numbers_changed"):
    """The contact now has these numbers. `released` are former numbers that no group has: they no longer lead to the
    contact.
    """

    data: ContactNumbersChangedData


class ContactRenamedData(Struct, frozen=True, kw_only=True):
    """The data of `ContactRenamed`."""

    contact_id: str
    name: str


class ContactRenamed(Stored, frozen=True, kw_only=True, tag="groupchat.contact.renamed"):
    """The contact has a new name."""

    data: ContactRenamedData


class EventRate(Struct, frozen=True, kw_only=True):
    """The price of one MMS segment."""

    mms_segment: str
    currency: str


class ConversationAutoRepliedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationAutoReplied`."""

    message_id: str
    number: str
    purpose: Literal["help", "opt-out"]
    evidence: str
    language: Literal["en", "es", "fr"]
    body: str
    send_by: datetime
    rate: EventRate


class ConversationAutoReplied(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.auto_replied"):
    """The business answers one participant alone: it confirms their opt-out, or answers HELP (R41).

    `evidence` is the id of the message that is answered. After `send_by`, the answer is not handed to the carrier
    any more.
    """

    data: ConversationAutoRepliedData


class ConversationContactDeletedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationContactDeleted`."""

    contact_id: str


class ConversationContactDeleted(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.contact_deleted"):
    """A participant's contact was deleted (R9)."""

    data: ConversationContactDeletedData


class ConversationContactLinkedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationContactLinked`."""

    contact_id: str
    number: str
    name: str


class ConversationContactLinked(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.contact_linked"):
    """A participant without a contact is linked to the first contact that got their number, called `name` (R37)."""

    data: ConversationContactLinkedData


class ConversationContactMergedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationContactMerged`."""

    contact_id: str
    merged_id: str
    number: str
    name: str


class ConversationContactMerged(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.contact_merged"):
    """A participant's contact, `merged_id`, was merged into another one, called `name`; they are linked to that one
    now (R54).
    """

    data: ConversationContactMergedData


class ConversationContactNumberChangedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationContactNumberChanged`."""

    contact_id: str
    number: str
    numbers: list[str]


class ConversationContactNumberChanged(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.contact_number_changed"):
    """A participant's contact lost its frozen number, or has it again; `numbers` are the contact's now (R9)."""

    data: ConversationContactNumberChangedData


class ConversationContactRenamedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationContactRenamed`."""

    contact_id: str
    name: str


class ConversationContactRenamed(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.contact_renamed"):
    """A participant's contact has a new name."""

    data: ConversationContactRenamedData


class EventParticipant(Struct, frozen=True, kw_only=True):
    """One phone number of the group, frozen, with its contact, if any, and its name at creation."""

    number: str
    contact_id: str | None
    name: str | None


class EventPolicy(Struct, frozen=True, kw_only=True):
    """R1 sizes, R4 regions, R17 reopening. The defaults are Heymarket's."""

    preset: Literal["heymarket", "highlevel"]
    min_participants: int
    max_participants: int
    allowed_regions: list[str]
    reopen_on_opt_in: bool


class ConversationCreatedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationCreated`."""

    business_number: str
    name: str | None
    roster: list[EventParticipant]
    policy: EventPolicy
    predecessor_id: str | None


class ConversationCreated(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.created"):
    """A group began, under a policy; `predecessor_id` is the blocked group that it continues (R18)."""

    data: ConversationCreatedData


class EventMedia(Struct, frozen=True, kw_only=True):
    """A picture or file that a message carries.

    `url` is where somebody else has it, such as a carrier. An uploaded file has a name there,
    `urn:groupchat:media:<media_id>`. `media_id` is the stream of a file that is kept with us, or will be (R46), and
    `size` the number of its bytes if it is known.
    """

    url: str
    content_type: str
    media_id: str | None
    size: int | None


class ConversationInboundReceivedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationInboundReceived`."""

    message_id: str
    number: str
    name: str
    body: str | None
    media: list[EventMedia]
    carrier_message_id: str
    keyword: Literal["help", "opt-in", "opt-out"] | None


class ConversationInboundReceived(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.inbound_received"):
    """A participant wrote; `name` is the author's name at this moment (R11).

    `keyword` is the keyword as which the message was recognized on arrival (R14); the list of keywords may have
    changed since.
    """

    data: ConversationInboundReceivedData


class EventAuthor(Struct, frozen=True, kw_only=True):
    """The user who wrote an outbound message, with the name that they had then."""

    user_id: str
    name: str


class ConversationMessageSentData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationMessageSent`."""

    message_id: str
    author: EventAuthor
    body: str | None
    media: list[EventMedia]
    recipients: list[str]
    rate: EventRate


class ConversationMessageSent(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.message_sent"):
    """The business wrote to all participants."""

    data: ConversationMessageSentData


class ConversationMetadataChangedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationMetadataChanged`."""

    metadata: dict[str, str]


class ConversationMetadataChanged(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.metadata_changed"):
    """The group has this data of another system (R54)."""

    data: ConversationMetadataChangedData


class ConversationOptOutTakenBackData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationOptOutTakenBack`."""

    number: str
    reason: str


class ConversationOptOutTakenBack(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.opt_out_taken_back"):
    """An opt-out that a user had recorded by mistake was taken back, with a reason (R39)."""

    data: ConversationOptOutTakenBackData


class ConversationParticipantOptedInData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationParticipantOptedIn`."""

    number: str
    cause: Literal["carrier", "dnd", "keyword", "review", "user"]
    evidence: str


class ConversationParticipantOptedIn(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.participant_opted_in"):
    """A participant accepts messages again; that alone does not unblock the group (R17)."""

    data: ConversationParticipantOptedInData


class ConversationParticipantOptedOutData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationParticipantOptedOut`."""

    number: str
    cause: Literal["carrier", "dnd", "keyword", "review", "user"]
    evidence: str
    contact_id: str | None


class ConversationParticipantOptedOut(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.participant_opted_out"):
    """A participant wants no more messages; the group is blocked. `evidence` is the id of a message or of a user.

    `contact_id` is the contact whose do-not-disturb it is, perhaps another one than the participant is linked to
    (R36).
    """

    data: ConversationParticipantOptedOutData


class ConversationReactionReceivedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationReactionReceived`."""

    message_id: str
    number: str
    name: str
    emoji: str
    removed: bool
    body: str
    carrier_message_id: str


class ConversationReactionReceived(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.reaction_received"):
    """A participant reacted to the message `message_id`, or removed their reaction; the handset sent it as the text
    `body` (R42).

    `name` is the participant's name at this moment (R11).
    """

    data: ConversationReactionReceivedData


class ConversationRenamedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationRenamed`."""

    name: str | None


class ConversationRenamed(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.renamed"):
    """The group has a new name, or none."""

    data: ConversationRenamedData


class ConversationSucceededByData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationSucceededBy`."""

    conversation_id: str


class ConversationSucceededBy(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.succeeded_by"):
    """A new group continues this one (R18)."""

    data: ConversationSucceededByData


class ConversationUnblockedData(Struct, frozen=True, kw_only=True):
    """The data of `ConversationUnblocked`."""


class ConversationUnblocked(Stored, frozen=True, kw_only=True, tag="groupchat.conversation.unblocked"):
    """The block ended: the last opted-out participant opted in under `reopen_on_opt_in` (R17), or it was only a
    mistake (R39).
    """

    data: ConversationUnblockedData


class DeliveryCallRefusedData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryCallRefused`."""

    message_id: str
    conversation_id: str
    reason: str


class DeliveryCallRefused(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.call_refused"):
    """The carrier did not take the message now, and may later. The call is over, so another call doesn't repeat it."""

    data: DeliveryCallRefusedData


class EventRecipientCost(Struct, frozen=True, kw_only=True):
    """The carrier's charge for one recipient, in the event's currency."""

    recipient: str
    amount: str


class DeliveryCostReportedData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryCostReported`."""

    message_id: str
    conversation_id: str
    currency: str
    costs: list[EventRecipientCost]


class DeliveryCostReported(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.cost_reported"):
    """The carrier reported what it charges for one recipient or several. Our ledger's entries don't change (R26)."""

    data: DeliveryCostReportedData


class EventPartOutcome(Struct, frozen=True, kw_only=True):
    """The status of one part, counted from 0, for one recipient. `code` is the carrier's own. A `withheld` part never
    goes.
    """

    part: int
    recipient: str
    status: Literal["delivered", "failed", "sent", "unconfirmed", "withheld"]
    code: str | None


class DeliveryPartsUpdatedData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryPartsUpdated`."""

    message_id: str
    conversation_id: str
    outcomes: list[EventPartOutcome]


class DeliveryPartsUpdated(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.parts_updated"):
    """What became of parts of a message that its carrier takes one by one: as it reported, or because the rest does
    not go.

    If the status of the whole message changes with it, an `updated` event follows.
    """

    data: DeliveryPartsUpdatedData


class DeliverySettledData(Struct, frozen=True, kw_only=True):
    """The data of `DeliverySettled`."""

    message_id: str
    conversation_id: str
    recipients: list[str]
    status: Literal["delivered", "failed", "sent", "unconfirmed"]
    reason: str


class DeliverySettled(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.settled"):
    """A person found out what became of the message for recipients whose status was unconfirmed, and says how they
    know.

    The `updated` event that follows has the same statuses, unless the message has several parts: then those that
    were unconfirmed have this status, and `updated` has that of the whole message.
    """

    data: DeliverySettledData


class DeliveryStartedData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryStarted`."""

    message_id: str
    conversation_id: str
    business_number: str
    recipients: list[str]
    carrier: str
    part: int
    parts: int


class DeliveryStarted(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.started"):
    """The message is about to be handed to the carrier, perhaps again after a call that certainly never reached it.

    A carrier may take a message in several `parts`, one by one: then `part` is the one that is handed over, counted
    from 0.
    """

    data: DeliveryStartedData


class EventRecipientOutcome(Struct, frozen=True, kw_only=True):
    """The status of a message for one recipient. `code` is the carrier's own.

    `partial`: some parts of the message arrived, or are on their way, and others never will.
    """

    recipient: str
    status: Literal["delivered", "failed", "partial", "sent", "unconfirmed"]
    code: str | None


class DeliveryUpdatedData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryUpdated`."""

    message_id: str
    conversation_id: str
    outcomes: list[EventRecipientOutcome]


class DeliveryUpdated(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.updated"):
    """The carrier reported what became of the message, for one recipient or several: one response or report is one
    event.

    `outcomes` are in the order in which they were reported. A recipient appears twice if a report brought two
    statuses. Of a message in several parts, they are the statuses of the whole message, after the `parts_updated`
    event before this one.
    """

    data: DeliveryUpdatedData


class DeliveryWithheldData(Struct, frozen=True, kw_only=True):
    """The data of `DeliveryWithheld`."""

    message_id: str
    conversation_id: str
    recipients: list[str]
    rate: EventRate | None


class DeliveryWithheld(Stored, frozen=True, kw_only=True, tag="groupchat.delivery.withheld"):
    """The message was not handed over, because it must not be sent any more.

    Someone opted out first (R16), its number was given up (R56), or it is an automatic reply that came too late
    (R41). `rate` is the message's; none for a relay (R12).
    """

    data: DeliveryWithheldData


class DoNotDisturbLeftBehindData(Struct, frozen=True, kw_only=True):
    """The data of `DoNotDisturbLeftBehind`."""

    number: str
    contact_id: str


class DoNotDisturbLeftBehind(Stored, frozen=True, kw_only=True, tag="groupchat.do_not_disturb.left_behind"):
    """A contact lost the number, or was deleted, while its DND was on. Do-not-disturb stays with the number."""

    data: DoNotDisturbLeftBehindData


class DoNotDisturbLiftedData(Struct, frozen=True, kw_only=True):
    """The data of `DoNotDisturbLifted`."""

    number: str
    reason: str


class DoNotDisturbLifted(Stored, frozen=True, kw_only=True, tag="groupchat.do_not_disturb.lifted"):
    """An owner or admin ended the do-not-disturb that former contacts had left with the number."""

    data: DoNotDisturbLiftedData


class DoNotDisturbTurnedOffData(Struct, frozen=True, kw_only=True):
    """The data of `DoNotDisturbTurnedOff`."""

    number: str
    contact_id: str


class DoNotDisturbTurnedOff(Stored, frozen=True, kw_only=True, tag="groupchat.do_not_disturb.turned_off"):
    """A contact with this number turned DND off. Do-not-disturb through it, and through former contacts of the number,
    ends.
    """

    data: DoNotDisturbTurnedOffData


class DoNotDisturbTurnedOnData(Struct, frozen=True, kw_only=True):
    """The data of `DoNotDisturbTurnedOn`."""

    number: str
    contact_id: str


class DoNotDisturbTurnedOn(Stored, frozen=True, kw_only=True, tag="groupchat.do_not_disturb.turned_on"):
    """A contact with this number turned DND on, so do-not-disturb applies to the number."""

    data: DoNotDisturbTurnedOnData


class MediaAttachedData(Struct, frozen=True, kw_only=True):
    """The data of `MediaAttached`."""

    media_id: str
    message_id: str
    conversation_id: str
    content_type: str
    size: int


class MediaAttached(Stored, frozen=True, kw_only=True, tag="groupchat.media.attached"):
    """The file, which is kept, came into a conversation, first with this message."""

    data: MediaAttachedData


class MediaMissingData(Struct, frozen=True, kw_only=True):
    """The data of `MediaMissing`."""

    media_id: str
    message_id: str
    conversation_id: str
    reason: str


class MediaMissing(Stored, frozen=True, kw_only=True, tag="groupchat.media.missing"):
    """A file that a participant sent can't be fetched from the carrier; `reason` says why."""

    data: MediaMissingData


class ReaderConversationMarkedUnreadData(Struct, frozen=True, kw_only=True):
    """The data of `ReaderConversationMarkedUnread`."""

    user_id: str
    conversation_id: str


class ReaderConversationMarkedUnread(Stored, frozen=True, kw_only=True, tag="groupchat.reader.conversation_marked_unread"):
    """The user wants to see the conversation as unread."""

    data: ReaderConversationMarkedUnreadData


class ReaderConversationReadData(Struct, frozen=True, kw_only=True):
    """The data of `ReaderConversationRead`."""

    user_id: str
    conversation_id: str
    version: int


class ReaderConversationRead(Stored, frozen=True, kw_only=True, tag="groupchat.reader.conversation_read"):
    """The user has read the conversation up to this version of it."""

    data: ReaderConversationReadData


class EventSubject(Struct, frozen=True, kw_only=True):
    """The subject of a refusal, as far as it exists in the workspace.

    `numbers` are people who opted out (R15), or who are not contacts assigned to the user (R22).
    """

    conversation_id: str | None
    contact_ids: list[str]
    business_number: str | None
    numbers: list[str]


class RefusalRecordedData(Struct, frozen=True, kw_only=True):
    """The data of `RefusalRecorded`."""

    user_id: str
    slug: str
    rule: Literal["R15", "R20", "R21", "R22"]
    operation: str
    about: EventSubject
    times: int
    first_at: datetime
    last_at: datetime
    no_more_of: Literal["user", "workspace"] | None


class RefusalRecorded(Stored, frozen=True, kw_only=True, tag="groupchat.refusal.recorded"):
    """A user was refused something, `times` times from `first_at` to `last_at`.

    `operation` is the method and the path's template. `no_more_of` says that the rest of the UTC day's refusals, of
    this user or of the whole workspace, are only counted in a metric.
    """

    data: RefusalRecordedData


class ReviewOpenedData(Struct, frozen=True, kw_only=True):
    """The data of `ReviewOpened`."""

    message_id: str
    conversation_id: str
    business_number: str
    number: str
    because: str
    due_at: datetime


class ReviewOpened(Stored, frozen=True, kw_only=True, tag="groupchat.review.opened"):
    """A participant's text was marked for the phrase `because`. Unless it is settled before `due_at`, it is an opt-
    out.
    """

    data: ReviewOpenedData


class ReviewSettledData(Struct, frozen=True, kw_only=True):
    """The data of `ReviewSettled`."""

    message_id: str
    conversation_id: str
    opt_out: bool
    note: str | None


class ReviewSettled(Stored, frozen=True, kw_only=True, tag="groupchat.review.settled"):
    """A user judged whether the text was an opt-out, or the time was over, which counts as one."""

    data: ReviewSettledData


class EventTexts(Struct, frozen=True, kw_only=True):
    """A workspace's own texts of one purpose, by language; `None` is the standard text."""

    en: str | None
    es: str | None
    fr: str | None


class EventAutoReplies(Struct, frozen=True, kw_only=True):
    """What a workspace has chosen: whether it answers at all, and its own texts."""

    confirms_opt_outs: bool
    answers_help: bool
    opt_out_texts: EventTexts
    help_texts: EventTexts


class WorkspaceAutoRepliesChosenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceAutoRepliesChosen`."""

    auto_replies: EventAutoReplies


class WorkspaceAutoRepliesChosen(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.auto_replies_chosen"):
    """The workspace now confirms opt-outs and answers HELP in this way (R41); a text of `null` is the standard one."""

    data: WorkspaceAutoRepliesChosenData


class WorkspaceCreatedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceCreated`."""

    name: str
    policy: EventPolicy


class WorkspaceCreated(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.created"):
    """A tenant began."""

    data: WorkspaceCreatedData


class WorkspaceDefaultNumberChosenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceDefaultNumberChosen`."""

    number: str | None


class WorkspaceDefaultNumberChosen(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.default_number_chosen"):
    """One number, or none, is everyone's default."""

    data: WorkspaceDefaultNumberChosenData


class WorkspaceKeyIssuedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceKeyIssued`."""

    key_id: str
    user_id: str
    expires_at: datetime | None
    label: str | None


class WorkspaceKeyIssued(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.key_issued"):
    """A user got an API key, of which only the hash (SHA-256, hexadecimal) is stored."""

    data: WorkspaceKeyIssuedData


class WorkspaceKeyRevokedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceKeyRevoked`."""

    key_id: str


class WorkspaceKeyRevoked(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.key_revoked"):
    """A key was revoked."""

    data: WorkspaceKeyRevokedData


class WorkspaceKeywordsChosenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceKeywordsChosen`."""

    opt_out: list[str]
    opt_in: list[str]


class WorkspaceKeywordsChosen(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.keywords_chosen"):
    """The workspace now has these own keywords, in addition to the standard ones (R38)."""

    data: WorkspaceKeywordsChosenData


class WorkspaceMediaStoredData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceMediaStored`."""

    media_id: str
    sha256: str
    content_type: str
    size: int
    width: int | None
    height: int | None


class WorkspaceMediaStored(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.media_stored"):
    """A file is kept under the SHA-256 of its content. `content_type` was judged by the content; only pictures have a
    width.
    """

    data: WorkspaceMediaStoredData


class WorkspaceNumberAddedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberAdded`."""

    number: str
    label: str | None
    assigned_to: str | None


class WorkspaceNumberAdded(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_added"):
    """The workspace can send from a number."""

    data: WorkspaceNumberAddedData


class WorkspaceNumberAssignedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberAssigned`."""

    number: str
    user_id: str | None


class WorkspaceNumberAssigned(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_assigned"):
    """A number is assigned to a user, or to nobody."""

    data: WorkspaceNumberAssignedData


class WorkspaceNumberCarrierChosenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberCarrierChosen`."""

    number: str
    carrier: str | None


class WorkspaceNumberCarrierChosen(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_carrier_chosen"):
    """A number's messages go over this carrier from now on, over the default one if none is named (R43)."""

    data: WorkspaceNumberCarrierChosenData


class WorkspaceNumberClaimedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberClaimed`."""

    number: str
    workspace_id: str


class WorkspaceNumberClaimed(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_claimed"):
    """A business number belongs to this workspace, and to no other (in the number's own stream)."""

    data: WorkspaceNumberClaimedData


class WorkspaceNumberGivenUpData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberGivenUp`."""

    number: str


class WorkspaceNumberGivenUp(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_given_up"):
    """The workspace has stopped sending from a number; its history stays (R56)."""

    data: WorkspaceNumberGivenUpData


class WorkspaceNumberLabeledData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceNumberLabeled`."""

    number: str
    label: str | None


class WorkspaceNumberLabeled(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.number_labeled"):
    """A number has a new label."""

    data: WorkspaceNumberLabeledData


class WorkspacePolicyChangedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspacePolicyChanged`."""

    policy: EventPolicy


class WorkspacePolicyChanged(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.policy_changed"):
    """The workspace now has this policy."""

    data: WorkspacePolicyChangedData


class WorkspaceRatePostedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceRatePosted`."""

    effective_from: date
    rate: EventRate


class WorkspaceRatePosted(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.rate_posted"):
    """From the first second (UTC) of a date on, a segment costs this price (R25)."""

    data: WorkspaceRatePostedData


class WorkspaceRoleDefinedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceRoleDefined`."""

    role: str
    group_chat: bool


class WorkspaceRoleDefined(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.role_defined"):
    """A role exists and has these permissions (R20)."""

    data: WorkspaceRoleDefinedData


class WorkspaceUserAddedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserAdded`."""

    user_id: str
    name: str
    email: str
    role: str
    assigned_only: bool


class WorkspaceUserAdded(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_added"):
    """A user joined."""

    data: WorkspaceUserAddedData


class WorkspaceUserDeactivatedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserDeactivated`."""

    user_id: str


class WorkspaceUserDeactivated(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_deactivated"):
    """A user can't log in anymore. Their keys were revoked before."""

    data: WorkspaceUserDeactivatedData


class WorkspaceUserEmailChangedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserEmailChanged`."""

    user_id: str
    email: str


class WorkspaceUserEmailChanged(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_email_changed"):
    """A user has another e-mail address."""

    data: WorkspaceUserEmailChangedData


class WorkspaceUserExternalIdGivenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserExternalIdGiven`."""

    user_id: str
    external_id: str | None


class WorkspaceUserExternalIdGiven(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_external_id_given"):
    """A user has this id in another system, or none (R54)."""

    data: WorkspaceUserExternalIdGivenData


class WorkspaceUserReactivatedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserReactivated`."""

    user_id: str


class WorkspaceUserReactivated(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_reactivated"):
    """A user can log in again, with new keys."""

    data: WorkspaceUserReactivatedData


class WorkspaceUserRenamedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserRenamed`."""

    user_id: str
    name: str


class WorkspaceUserRenamed(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_renamed"):
    """A user has another name."""

    data: WorkspaceUserRenamedData


class WorkspaceUserRoleChangedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceUserRoleChanged`."""

    user_id: str
    role: str
    assigned_only: bool


class WorkspaceUserRoleChanged(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.user_role_changed"):
    """A user has a new role, or the restriction to assigned data was set or removed (R20, R22)."""

    data: WorkspaceUserRoleChangedData


class WorkspaceWebhookAddedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookAdded`."""

    webhook_id: str
    url: str
    types: list[str] | None
    description: str | None
    secret_id: str
    made_with: str


class WorkspaceWebhookAdded(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_added"):
    """Another system receives events of these types, or all, at an address.

    `secret_id` names the secret that signs them, and `made_with` the server's key that makes the secret.
    """

    data: WorkspaceWebhookAddedData


class WorkspaceWebhookDescribedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookDescribed`."""

    webhook_id: str
    description: str | None


class WorkspaceWebhookDescribed(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_described"):
    """A webhook has another description."""

    data: WorkspaceWebhookDescribedData


class WorkspaceWebhookMovedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookMoved`."""

    webhook_id: str
    url: str


class WorkspaceWebhookMoved(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_moved"):
    """A webhook has another address."""

    data: WorkspaceWebhookMovedData


class WorkspaceWebhookRemovedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookRemoved`."""

    webhook_id: str


class WorkspaceWebhookRemoved(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_removed"):
    """A webhook and its secrets no longer exist."""

    data: WorkspaceWebhookRemovedData


class WorkspaceWebhookReplayedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookReplayed`."""

    webhook_id: str
    after: int


class WorkspaceWebhookReplayed(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_replayed"):
    """A webhook continues after this position of the log, earlier or later than where it was."""

    data: WorkspaceWebhookReplayedData


class WorkspaceWebhookSecretIssuedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookSecretIssued`."""

    webhook_id: str
    secret_id: str
    made_with: str
    earlier_until: datetime


class WorkspaceWebhookSecretIssued(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_secret_issued"):
    """A webhook has another secret. The earlier ones also sign until `earlier_until`."""

    data: WorkspaceWebhookSecretIssuedData


class WorkspaceWebhookSwitchedOffData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookSwitchedOff`."""

    webhook_id: str
    reason: Literal["failing", "gone", "user"]


class WorkspaceWebhookSwitchedOff(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_switched_off"):
    """Nothing is sent to a webhook until it is switched on."""

    data: WorkspaceWebhookSwitchedOffData


class WorkspaceWebhookSwitchedOnData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookSwitchedOn`."""

    webhook_id: str


class WorkspaceWebhookSwitchedOn(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_switched_on"):
    """A webhook continues where it was switched off."""

    data: WorkspaceWebhookSwitchedOnData


class WorkspaceWebhookTestedData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookTested`."""

    webhook_id: str


class WorkspaceWebhookTested(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_tested"):
    """A user asked for this event, which is sent to this webhook only, whatever types it receives."""

    data: WorkspaceWebhookTestedData


class WorkspaceWebhookTypesChosenData(Struct, frozen=True, kw_only=True):
    """The data of `WorkspaceWebhookTypesChosen`."""

    webhook_id: str
    types: list[str] | None


class WorkspaceWebhookTypesChosen(Stored, frozen=True, kw_only=True, tag="groupchat.workspace.webhook_types_chosen"):
    """A webhook receives events of these types, or all."""

    data: WorkspaceWebhookTypesChosenData


StoredEvent = (
    ConsentGroupJoined
    | ConsentOptOutTakenBack
    | ConsentOptedIn
    | ConsentOptedOut
    | ContactAssigned
    | ContactCreated
    | ContactDeleted
    | ContactDndTurnedOff
    | ContactDndTurnedOn
    | ContactExternalIdClaimed
    | ContactExternalIdGiven
    | ContactExternalIdReleased
    | ContactMerged
    | ContactMetadataChanged
    | ContactNumberListed
    | ContactNumberUnlisted
    | ContactNumbersChanged
    | ContactRenamed
    | ConversationAutoReplied
    | ConversationContactDeleted
    | ConversationContactLinked
    | ConversationContactMerged
    | ConversationContactNumberChanged
    | ConversationContactRenamed
    | ConversationCreated
    | ConversationInboundReceived
    | ConversationMessageSent
    | ConversationMetadataChanged
    | ConversationOptOutTakenBack
    | ConversationParticipantOptedIn
    | ConversationParticipantOptedOut
    | ConversationReactionReceived
    | ConversationRenamed
    | ConversationSucceededBy
    | ConversationUnblocked
    | DeliveryCallRefused
    | DeliveryCostReported
    | DeliveryPartsUpdated
    | DeliverySettled
    | DeliveryStarted
    | DeliveryUpdated
    | DeliveryWithheld
    | DoNotDisturbLeftBehind
    | DoNotDisturbLifted
    | DoNotDisturbTurnedOff
    | DoNotDisturbTurnedOn
    | MediaAttached
    | MediaMissing
    | ReaderConversationMarkedUnread
    | ReaderConversationRead
    | RefusalRecorded
    | ReviewOpened
    | ReviewSettled
    | WorkspaceAutoRepliesChosen
    | WorkspaceCreated
    | WorkspaceDefaultNumberChosen
    | WorkspaceKeyIssued
    | WorkspaceKeyRevoked
    | WorkspaceKeywordsChosen
    | WorkspaceMediaStored
    | WorkspaceNumberAdded
    | WorkspaceNumberAssigned
    | WorkspaceNumberCarrierChosen
    | WorkspaceNumberClaimed
    | WorkspaceNumberGivenUp
    | WorkspaceNumberLabeled
    | WorkspacePolicyChanged
    | WorkspaceRatePosted
    | WorkspaceRoleDefined
    | WorkspaceUserAdded
    | WorkspaceUserDeactivated
    | WorkspaceUserEmailChanged
    | WorkspaceUserExternalIdGiven
    | WorkspaceUserReactivated
    | WorkspaceUserRenamed
    | WorkspaceUserRoleChanged
    | WorkspaceWebhookAdded
    | WorkspaceWebhookDescribed
    | WorkspaceWebhookMoved
    | WorkspaceWebhookRemoved
    | WorkspaceWebhookReplayed
    | WorkspaceWebhookSecretIssued
    | WorkspaceWebhookSwitchedOff
    | WorkspaceWebhookSwitchedOn
    | WorkspaceWebhookTested
    | WorkspaceWebhookTypesChosen
)
