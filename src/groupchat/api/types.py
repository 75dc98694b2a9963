"""The types of responses, and of parts of requests.

`python -m openapi.client` makes this from the OpenAPI document; don't edit it by hand.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from msgspec import UNSET, Struct, UnsetType, field

from groupchat.api.events import StoredEvent
from groupchat.api.stored import Actor


class Arrived(Struct, frozen=True, kw_only=True):
    """The conversation of the message."""

    conversation_id: str
    message_id: str


class Author(Struct, frozen=True, kw_only=True):
    """The writer of a message, with the name that they had then (R11). A user has no number. A participant's id is the
    number.

    An `automatic` reply (R41) has its purpose as the id: `opt-out` or `help`.
    """

    kind: Literal["automatic", "participant", "user"]
    id: str
    name: str
    number: str | None


class LastMessage(Struct, frozen=True, kw_only=True):
    """The newest message of a conversation."""

    id: str
    author: Author
    direction: Literal["inbound", "outbound"]
    body: str | None
    at: datetime


class Shown(Struct, frozen=True, kw_only=True):
    """The part of a conversation that all users see alike. Without a name, `display_name` lists the participants
    (R13).
    """

    id: str
    from_: str = field(name="from")
    name: str | None
    display_name: str
    blocked: bool
    blocked_by: list[str]
    participant_count: int
    version: int
    created_at: datetime
    created_by: str
    last_activity_at: datetime
    last_message: LastMessage | None
    predecessor_id: str | None
    successor_id: str | None
    metadata: dict[str, str]
    kind: Literal["direct", "group"]


class Person(Struct, frozen=True, kw_only=True):
    """A participant; `name` is none if unknown. `opted_in_at` is set if they block the group and have opted in again."""

    number: str
    name: str | None
    contact_id: str | None
    tags: list[Literal["deleted", "updated"]]
    opted_out_at: datetime | None
    opted_in_at: datetime | None


class Pane(Struct, frozen=True, kw_only=True):
    """Every participant, in exactly one of the two lists, each in the order of the roster (R19)."""

    participants: list[Person]
    opted_out: list[Person]


class Attachment(Struct, frozen=True, kw_only=True):
    """A picture or file of a message (R46).

    With a `media_id`, it is kept with us: `state` says whether it is `there` already, and `reason` why it is
    `missing`. Without one, it is only at `url`, which belongs to somebody else. `content_type` is the sender's word
    until the file is there.
    """

    url: str
    content_type: str
    media_id: str | None
    size: int | None
    state: Literal["missing", "pending", "there"] | None
    reason: str | None


class MessagePart(Struct, frozen=True, kw_only=True):
    """A part of a message that its carrier takes one by one: the text, or the `file` with this place in `media`, from
    0.
    """

    file: int | None
    status: Literal["delivered", "failed", "partial", "queued", "sent", "unconfirmed", "withheld"]
    code: str | None
    reason: str | None


class Recipient(Struct, frozen=True, kw_only=True):
    """A number that a message is sent to, and its status there.

    `code` is the carrier's code for the status, `reason` its meaning in words (R49). A message that its carrier
    takes one by one has `parts`, each with a status of its own.
    """

    number: str
    status: Literal["delivered", "failed", "partial", "queued", "sent", "unconfirmed", "withheld"]
    code: str | None
    reason: str | None
    parts: list[MessagePart]


class MessageReaction(Struct, frozen=True, kw_only=True):
    """A participant's reaction to a message, with the name that they had then (R42)."""

    emoji: str
    number: str
    name: str
    at: datetime


class Message(Struct, frozen=True, kw_only=True):
    """A message; `version` is its event's in the conversation. An inbound one has the `recipients` that it is relayed
    to (R12).
    """

    id: str
    conversation_id: str
    direction: Literal["inbound", "outbound"]
    author: Author
    body: str | None
    media: list[Attachment]
    at: datetime
    version: int
    recipients: list[Recipient]
    reactions: list[MessageReaction]


class AsOf(Struct, frozen=True, kw_only=True):
    """A conversation as of a version or moment (R32).

    `version`, `position` and `at` are those of the conversation's newest event at that time. `messages` is a page
    of the thread; `next_cursor` is null on the last page.
    """

    conversation: Shown
    participants: Pane
    messages: list[Message]
    next_cursor: str | None
    version: int
    position: int
    at: datetime


class Attempt(Struct, frozen=True, kw_only=True):
    """An attempt to send a message, the n-th (`number`); `status` is null without a response, `next_at` if it was the
    last.
    """

    webhook_id: str
    message_id: str
    position: int
    type: str
    number: int
    at: datetime
    seconds: float
    delivered: bool
    status: int | None
    error: str | None
    next_at: datetime | None


class AttemptPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[Attempt]
    next_cursor: str | None
    prev_cursor: str | None


class ReplyTextsShown(Struct, frozen=True, kw_only=True):
    """The texts in use, by language; `{business}` stands for the workspace's name (R41)."""

    en: str
    es: str
    fr: str


class AutoRepliesShown(Struct, frozen=True, kw_only=True):
    """Whether opt-outs are confirmed and HELP is answered, and the texts in use (R41)."""

    confirms_opt_outs: bool
    answers_help: bool
    opt_out_texts: ReplyTextsShown
    help_texts: ReplyTextsShown


class RecentMessages(Struct, frozen=True, kw_only=True):
    """What became of a carrier's part of the workspace's newest 100 messages. A status counts recipients.

    `put_off` is the number of messages that the carrier refused for now, so that they are sent later, and
    `waiting_since` the time of the oldest message that waits for the carrier.
    """

    messages: int
    queued: int
    unconfirmed: int
    sent: int
    partial: int
    delivered: int
    failed: int
    withheld: int
    put_off: int
    waiting_since: datetime | None


class CarrierShown(Struct, frozen=True, kw_only=True):
    """A carrier of the server, the most that it takes in one message (null: no limit), and how it did lately.

    The `default` one carries for the business numbers that name none. One with `native_group` forwards what a
    participant writes to the others; for another one, groupchat does.
    """

    name: str
    default: bool
    native_group: bool
    max_participants: int | None
    max_characters: int | None
    max_files: int | None
    max_media_bytes: int | None
    recent: RecentMessages


class CarrierShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[CarrierShown]
    next_cursor: str | None
    prev_cursor: str | None


class ChangedUserShown(Struct, frozen=True, kw_only=True):
    """A changed user; `ended_keys` are the ids of the keys that ended with the change."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool
    active: bool
    external_id: str | None
    ended_keys: list[str]


class CheckpointView(Struct, frozen=True, kw_only=True):
    """A checkpoint: the log's name, the number of its events, the root of their tree in Base64, and the signed note
    itself.
    """

    origin: str
    size: int
    root: str
    note: str


class ContactShown(Struct, frozen=True, kw_only=True):
    """A contact, with the ids of other contacts that have one of its numbers, oldest first: perhaps the same person
    (R54).

    Contacts that the caller can't see are not among them (R22).
    """

    id: str
    name: str
    number: str
    secondary_numbers: list[str]
    assigned_to: str | None
    dnd: bool
    deleted: bool
    version: int
    created_at: datetime
    updated_at: datetime
    external_id: str | None
    metadata: dict[str, str]
    same_number_as: list[str]


class ContactView(Struct, frozen=True, kw_only=True):
    """A contact as it is shown. No list contains a deleted one."""

    id: str
    name: str
    number: str
    secondary_numbers: list[str]
    assigned_to: str | None
    dnd: bool
    deleted: bool
    version: int
    created_at: datetime
    updated_at: datetime
    external_id: str | None
    metadata: dict[str, str]


class ContactViewPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[ContactView]
    next_cursor: str | None
    prev_cursor: str | None


class Conversation(Struct, frozen=True, kw_only=True):
    """A conversation as one user sees it (R27, R30)."""

    id: str
    from_: str = field(name="from")
    name: str | None
    display_name: str
    blocked: bool
    blocked_by: list[str]
    participant_count: int
    version: int
    created_at: datetime
    created_by: str
    last_activity_at: datetime
    last_message: LastMessage | None
    predecessor_id: str | None
    successor_id: str | None
    metadata: dict[str, str]
    kind: Literal["direct", "group"]
    unread_count: int


class Source(Struct, frozen=True, kw_only=True):
    """The event that an entry comes from: its stream and version there, and the conversation."""

    stream: str
    conversation_id: str
    version: int


class CarrierCost(Struct, frozen=True, kw_only=True):
    """The carrier's own charge for one message to one recipient: an exact decimal."""

    amount: str
    currency: str


class EntryShown(Struct, frozen=True, kw_only=True):
    """An entry, and what the carrier charges for the same, if it has reported that; a credit has no such cost."""

    id: str
    at: datetime
    conversation_id: str
    message_id: str
    recipient: str
    kind: Literal["mms"]
    segments: int
    rate: str
    amount: str
    currency: str
    event: Source
    carrier_cost: CarrierCost | None


class EntryShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[EntryShown]
    next_cursor: str | None
    prev_cursor: str | None


class EventRef(Struct, frozen=True, kw_only=True):
    """An event of the log: its stream and its version there, its type, its position in the whole log, and its time."""

    stream: str
    version: int
    type: str
    position: int
    at: datetime


class ExplanationGround(Struct, frozen=True, kw_only=True):
    """A sentence, and the event that proves it if there is one; `wrong` marks a stored event that the rules forbid."""

    says: str
    event: EventRef | None
    wrong: bool


class Explanation(Struct, frozen=True, kw_only=True):
    """The reason for a state of a message, a ledger entry, a conversation, or a participant of one.

    `id` is that of the thing, and a participant's number. `summary` is the verdict in a sentence, and `decided_by`
    the event that decided. `contradicts` says that the log contains something that the rules forbid: a ground that
    is `wrong`, or the summary.
    """

    kind: Literal["conversation", "entry", "message", "participant"]
    id: str
    conversation_id: str
    verdict: Literal["blocked", "charged", "credited", "open", "received", "relayed", "sent", "waiting", "withheld"]
    summary: str
    decided_by: EventRef
    contradicts: bool
    grounds: list[ExplanationGround]


class Found(Struct, frozen=True, kw_only=True):
    """A conversation in a list. In a search of messages, `matched` is the newest message that matches; otherwise, it
    is null.
    """

    id: str
    from_: str = field(name="from")
    name: str | None
    display_name: str
    blocked: bool
    blocked_by: list[str]
    participant_count: int
    version: int
    created_at: datetime
    created_by: str
    last_activity_at: datetime
    last_message: LastMessage | None
    predecessor_id: str | None
    successor_id: str | None
    metadata: dict[str, str]
    kind: Literal["direct", "group"]
    unread_count: int
    matched: Message | None


class Media(Struct, frozen=True, kw_only=True):
    """A picture or file that a message carries.

    `url` is where somebody else has it, such as a carrier. An uploaded file has a name there,
    `urn:groupchat:media:<media_id>`. `media_id` is the stream of a file that is kept with us, or will be (R46), and
    `size` the number of its bytes if it is known.
    """

    url: str
    content_type: str
    media_id: str | None
    size: int | None


class HandsetMessage(Struct, frozen=True, kw_only=True):
    """A message as a handset shows it: its author, and the other participants of its thread (none for a text to it
    alone).
    """

    from_: str = field(name="from")
    group: list[str]
    body: str | None
    media: list[Media]
    at: datetime


class Handset(Struct, frozen=True, kw_only=True):
    """The messages that a handset has received, oldest first."""

    items: list[HandsetMessage]


class HistoryPage(Struct, frozen=True, kw_only=True):
    """A page of a history; `next_cursor` goes back as `cursor`, and is null on the last page."""

    items: list[StoredEvent]
    next_cursor: str | None


class InboxPageShown(Struct, frozen=True, kw_only=True):
    """A page of the inbox; `total` and `unread` are null unless they were asked for."""

    items: list[Found]
    next_cursor: str | None
    prev_cursor: str | None
    total: int | None
    unread: int | None


class KeyShown(Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: str
    label: str | None
    issued_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class KeyShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[KeyShown]
    next_cursor: str | None
    prev_cursor: str | None


class KeyWithSecret(Struct, frozen=True, kw_only=True):
    """A key that was just issued. A repeat of the request shows it without the secret."""

    id: str
    label: str | None
    issued_at: datetime
    expires_at: datetime | None
    api_key: str | None


class LineResult(Struct, frozen=True, kw_only=True):
    """The outcome of a line of the file; `problem` says why it was refused.

    `same_number_as` has the other contacts with one of its numbers that the caller can see: perhaps the same
    person.
    """

    line: int
    outcome: Literal["created", "refused", "unchanged", "updated"]
    contact_id: str | None
    problem: str | None
    same_number_as: list[str]


class Settlement(Struct, frozen=True, kw_only=True):
    """The judgment on a text: by a user, or by the process `overdue_reviews` when the time was over."""

    opt_out: bool
    note: str | None
    by: Actor
    at: datetime


class ListedReview(Struct, frozen=True, kw_only=True):
    """A review with its message and conversation."""

    id: str
    status: Literal["open", "settled"]
    number: str
    because: str
    opened_at: datetime
    due_at: datetime
    settlement: Settlement | None
    message: Message
    conversation: Shown


class ListedReviewPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[ListedReview]
    next_cursor: str | None
    prev_cursor: str | None


class MediaInput(Struct, frozen=True, kw_only=True):
    """A picture or file: the id of one that was uploaded, or the address of one that somebody else has, with its type
    (R46).
    """

    media_id: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    content_type: str | UnsetType | None = UNSET


class MessageInput(Struct, frozen=True, kw_only=True):
    """A message: a body, media, or both (R10). An empty body with media counts as no body (R47)."""

    body: str | UnsetType | None = UNSET
    media: Sequence[MediaInput] | UnsetType | None = UNSET


class MessagePage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[Message]
    next_cursor: str | None
    prev_cursor: str | None


class NumberShown(Struct, frozen=True, kw_only=True):
    """A business number as callers see it."""

    number: str
    label: str | None
    default: bool
    assigned_to: str | None
    carrier: str | None


class NumberShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[NumberShown]
    next_cursor: str | None
    prev_cursor: str | None


class NumberWithDnd(Struct, frozen=True, kw_only=True):
    """A number that refuses messages through a contact, which has it with DND on, or had it when it was removed."""

    number: str
    since: datetime
    contact_id: str
    left_behind: bool


class NumberWithDndPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[NumberWithDnd]
    next_cursor: str | None
    prev_cursor: str | None


class ParticipantInput(Struct, frozen=True, kw_only=True):
    """A contact, with one of its numbers or by default its primary one; or a number, optionally with a name (R2)."""

    contact_id: str | UnsetType | None = UNSET
    number: str | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET


class PolicyShown(Struct, frozen=True, kw_only=True):
    """A policy, with the keywords that the workspace has in addition to the standard ones (R38)."""

    preset: Literal["heymarket", "highlevel"]
    min_participants: int
    max_participants: int
    allowed_regions: list[str]
    reopen_on_opt_in: bool
    opt_out_keywords: list[str]
    opt_in_keywords: list[str]


class ProofView(Struct, frozen=True, kw_only=True):
    """A proof that the event at a position is one of the first `size` events, in the form of c2sp.org/tlog-proof."""

    position: int
    size: int
    proof: str


class RateShown(Struct, frozen=True, kw_only=True):
    """A line of the rate card, numbered in the order of posting. The default is line 0, and applies where no other
    does.
    """

    n: int
    effective_from: date | None
    mms_segment: str
    currency: str


class RateShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[RateShown]
    next_cursor: str | None
    prev_cursor: str | None


class Subject(Struct, frozen=True, kw_only=True):
    """The subject of a refusal, as far as it exists in the workspace.

    `numbers` are people who opted out (R15), or who are not contacts assigned to the user (R22).
    """

    conversation_id: str | None
    contact_ids: list[str]
    business_number: str | None
    numbers: list[str]


class RefusalView(Struct, frozen=True, kw_only=True):
    """A refusal to a user, repeated `times` times from `first_at` to `last_at`; `id` is the event's, `rule` is in
    product.md.

    `slug` is the problem that the user received, and `operation` is their request. With `not-found`, R22 hid the
    requested data. `no_more_of` says that the rest of the UTC day's refusals, of this user or of the workspace, are
    not recorded.
    """

    id: str
    at: datetime
    user_id: str
    rule: Literal["R15", "R20", "R21", "R22"]
    slug: str
    operation: str
    about: Subject
    times: int
    first_at: datetime
    last_at: datetime
    no_more_of: Literal["user", "workspace"] | None
    correlation_id: str


class RefusalViewPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[RefusalView]
    next_cursor: str | None
    prev_cursor: str | None


class ReplyTexts(Struct, frozen=True, kw_only=True):
    """Texts by language; an omitted one stays, and `null` is the standard text."""

    en: str | UnsetType | None = UNSET
    es: str | UnsetType | None = UNSET
    fr: str | UnsetType | None = UNSET


class Review(Struct, frozen=True, kw_only=True):
    """A review; `id` is its message's. `because` is the phrase for which the text was marked."""

    id: str
    status: Literal["open", "settled"]
    number: str
    because: str
    opened_at: datetime
    due_at: datetime
    settlement: Settlement | None


class RoleShown(Struct, frozen=True, kw_only=True):
    """A role and its permissions (R20)."""

    role: str
    group_chat: bool


class RoleShownPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[RoleShown]
    next_cursor: str | None
    prev_cursor: str | None


class Total(Struct, frozen=True, kw_only=True):
    """The charges of one business number, or of all of them, in one currency, and what the carrier charges as in
    `Sum`.
    """

    currency: str
    segments: int
    amount: str
    costs_reported: int
    carrier_cost: str


class OfNumber(Struct, frozen=True, kw_only=True):
    """A business number's part of a statement."""

    business_number: str
    totals: list[Total]


class SumShown(Struct, frozen=True, kw_only=True):
    """A sum; `entries_url` lists its entries."""

    business_number: str
    conversation_id: str
    currency: str
    segments: int
    amount: str
    costs_reported: int
    carrier_cost: str
    entries_url: str


class StatementShown(Struct, frozen=True, kw_only=True):
    """A statement with links from its sums to their entries."""

    month: str
    from_: datetime = field(name="from")
    to: datetime
    totals: list[Total]
    numbers: list[OfNumber]
    conversations: list[SumShown]


class Switch(Struct, frozen=True, kw_only=True):
    """A number's behavior, with its seconds and code, if any."""

    behavior: (
        Literal[
            "duplicate",
            "fail",
            "late",
            "lost",
            "opted_out",
            "out_of_order",
            "refuse",
            "silent",
            "unclear",
            "unconfirmed",
            "unknowable",
        ]
        | None
    )
    seconds: float | None
    code: str | None


class UploadedFile(Struct, frozen=True, kw_only=True):
    """A file that is kept. `content_type` was judged by the content; a picture has a width and height, in pixels."""

    id: str
    url: str
    content_type: str
    size: int
    sha256: str
    width: int | None
    height: int | None


class User(Struct, frozen=True, kw_only=True):
    """A user of the workspace."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool
    active: bool
    external_id: str | None


class UserPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[User]
    next_cursor: str | None
    prev_cursor: str | None


class UserWithKey(Struct, frozen=True, kw_only=True):
    """A new user, with a first key. A repeat of the request shows the user without it."""

    id: str
    name: str
    email: str
    role: str
    assigned_only: bool
    active: bool
    external_id: str | None
    api_key: str | None


class SecretShown(Struct, frozen=True, kw_only=True):
    """A secret that signs messages, without the secret itself; `until` is null for the newest."""

    id: str
    issued_at: datetime
    until: datetime | None


class WebhookShown(Struct, frozen=True, kw_only=True):
    """A webhook; `types` are the events that it receives, null for all. `off_reason` is null while it is active."""

    id: str
    url: str
    types: list[str] | None
    description: str | None
    active: bool
    off_reason: Literal["failing", "gone", "user"] | None
    created_at: datetime
    secrets: list[SecretShown]


class WebhookStatus(Struct, frozen=True, kw_only=True):
    """A webhook, and how it is doing.

    Everything up to `position` was sent, waits to be sent again (`waiting`), or was set aside after the last
    attempt (`set_aside`). `failing_since` is null if the last call succeeded.
    """

    id: str
    url: str
    types: list[str] | None
    description: str | None
    active: bool
    off_reason: Literal["failing", "gone", "user"] | None
    created_at: datetime
    secrets: list[SecretShown]
    position: int
    failing_since: datetime | None
    waiting: int
    set_aside: int


class WebhookStatusPage(Struct, frozen=True, kw_only=True):
    """A page of a list. As `cursor`, `next_cursor` leads to the next page and `prev_cursor` to the one before; null at
    an end.
    """

    items: list[WebhookStatus]
    next_cursor: str | None
    prev_cursor: str | None


class WebhookWithSecret(Struct, frozen=True, kw_only=True):
    """A webhook with its newest secret. A repeat of the request shows it without the secret."""

    id: str
    url: str
    types: list[str] | None
    description: str | None
    active: bool
    off_reason: Literal["failing", "gone", "user"] | None
    created_at: datetime
    secrets: list[SecretShown]
    secret: str | None


class WorkspaceShown(Struct, frozen=True, kw_only=True):
    """A workspace; `default_number` is the business number that everybody may send from (R21)."""

    id: str
    name: str
    created_at: datetime
    default_number: str | None
