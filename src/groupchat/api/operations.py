"""The methods that both clients have, one for each operation.

`python -m openapi.client` makes this from the OpenAPI document; don't edit it by hand.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from groupchat.api.call import Call, ListCall, given, listing, operation
from groupchat.api.events import StoredEvent
from groupchat.api.types import (
    Arrived,
    AsOf,
    Attempt,
    AttemptPage,
    AutoRepliesShown,
    CarrierShown,
    CarrierShownPage,
    ChangedUserShown,
    CheckpointView,
    ContactShown,
    ContactView,
    ContactViewPage,
    Conversation,
    EntryShown,
    EntryShownPage,
    Explanation,
    Found,
    Handset,
    HistoryPage,
    InboxPageShown,
    KeyShown,
    KeyShownPage,
    KeyWithSecret,
    ListedReview,
    ListedReviewPage,
    MediaInput,
    Message,
    MessageInput,
    MessagePage,
    NumberShown,
    NumberShownPage,
    NumberWithDnd,
    NumberWithDndPage,
    Pane,
    ParticipantInput,
    PolicyShown,
    ProofView,
    RateShown,
    RateShownPage,
    RefusalView,
    RefusalViewPage,
    ReplyTexts,
    Review,
    RoleShown,
    RoleShownPage,
    StatementShown,
    Switch,
    UploadedFile,
    User,
    UserPage,
    UserWithKey,
    WebhookShown,
    WebhookStatus,
    WebhookStatusPage,
    WebhookWithSecret,
    WorkspaceShown,
)


class Operations:
    """The operations of the API."""

    @operation
    def send_message(
        self,
        conversation_id: str,
        *,
        body: str | UnsetType | None = UNSET,
        media: Sequence[MediaInput] | UnsetType | None = UNSET,
        if_match: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Message]:
        """Send to every participant (R10). A blocked group rejects the message and says what to do instead (R15)."""
        return Call(
            method="POST",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/messages",
            answer=Message,
            body=given(body=body, media=media),
            if_match=if_match,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def read_thread(
        self,
        conversation_id: str,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        order: Literal["asc", "desc"] | UnsetType = UNSET,
        after: str | UnsetType = UNSET,
        before: str | UnsetType = UNSET,
    ) -> ListCall[MessagePage, Message]:
        """List messages, oldest first or newest first, each with how far it came for each recipient (R28).

        With `after` and `before`, only those between two messages or versions: `order=desc&before=` a message gives
        what precedes it.
        """
        return ListCall(
            method="GET",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/messages",
            answer=MessagePage,
            query=given(cursor=cursor, limit=limit, order=order, after=after, before=before),
        )

    @operation
    def read_message(self, message_id: str) -> Call[Message]:
        """Read a message by its id, with how far it came for each recipient (R28)."""
        return Call(method="GET", path=f"/v1/messages/{quote(message_id, safe='')}", answer=Message)

    @operation
    def settle(
        self,
        message_id: str,
        *,
        status: Literal["delivered", "failed"],
        reason: str,
        recipients: Sequence[str] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[None]:
        """Record whether an unconfirmed message arrived (R28). The history keeps who recorded it, and why."""
        return Call(
            method="POST",
            path=f"/v1/messages/{quote(message_id, safe='')}/outcome",
            body=given(status=status, reason=reason, recipients=recipients),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def upload_media(self, *, file: bytes) -> Call[UploadedFile]:
        """Keep a file of up to 25 MiB, to send it in a message by its id (R46). The body is the file, or a form
        (`multipart/form-data`) with one field, `file`. The file's type is judged by its content, whatever type the
        request names. A picture is kept without metadata, such as the place where it was taken.
        """
        return Call(method="POST", path="/v1/media", answer=UploadedFile, body=file, media="application/octet-stream")

    @operation
    def read_media(self, media_id: str, *, thumbnail: Literal["false", "true"] | UnsetType = UNSET) -> Call[bytes]:
        """Get a file that you uploaded, or that is in a conversation that you can see (R22). `Range` gets a part of it. A
        file that is not an image, audio or video is a download.
        """
        return Call(method="GET", path=f"/v1/media/{quote(media_id, safe='')}", answer=bytes, query=given(thumbnail=thumbnail))

    @listing
    def read_inbox(
        self,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        text: str | UnsetType = UNSET,
        unread: bool | UnsetType = UNSET,
        blocked: bool | UnsetType = UNSET,
        from_: str | UnsetType = UNSET,
        participant: str | UnsetType = UNSET,
        contact_id: str | UnsetType = UNSET,
        created_by: str | UnsetType = UNSET,
        created_since: date | str | UnsetType = UNSET,
        created_before: date | str | UnsetType = UNSET,
        active_since: date | str | UnsetType = UNSET,
        active_before: date | str | UnsetType = UNSET,
        order: Literal["asc", "desc"] | UnsetType = UNSET,
        count: bool | UnsetType = UNSET,
    ) -> ListCall[InboxPageShown, Found]:
        """List conversations, newest activity first, with filters and search by name, participant's name and number (R27).

        `text` searches the words of messages. It lists the conversations in which a message has all of them, with the
        newest such message as `matched`, in the order of these messages, newest first.

        With `count=true`, `total` is how many conversations match, and `unread` how many of all that the caller sees
        are unread.
        """
        return ListCall(
            method="GET",
            path="/v1/conversations",
            answer=InboxPageShown,
            query=given(
                cursor=cursor,
                limit=limit,
                q=q,
                text=text,
                unread=unread,
                blocked=blocked,
                from_=from_,
                participant=participant,
                contact_id=contact_id,
                created_by=created_by,
                created_since=created_since,
                created_before=created_before,
                active_since=active_since,
                active_before=active_before,
                order=order,
                count=count,
            ),
        )

    @operation
    def create_conversation(
        self,
        *,
        from_: str,
        participants: Sequence[ParticipantInput],
        name: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str | None] | UnsetType = UNSET,
        message: MessageInput | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Conversation]:
        """Create a group of one business number and its participants, and send its first message if there is one (R1 to
        R6, R35).
        """
        return Call(
            method="POST",
            path="/v1/conversations",
            answer=Conversation,
            body=given(from_=from_, participants=participants, name=name, metadata=metadata, message=message),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def read_conversation(self, conversation_id: str) -> Call[Conversation]:
        """Read a conversation as the caller sees it."""
        return Call(method="GET", path=f"/v1/conversations/{quote(conversation_id, safe='')}", answer=Conversation)

    @operation
    def change_conversation(
        self,
        conversation_id: str,
        *,
        name: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str | None] | UnsetType = UNSET,
        if_match: int | None = None,
    ) -> Call[Conversation]:
        """Give a group a new name; null restores the participants' names (R13)."""
        return Call(
            method="PATCH",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}",
            answer=Conversation,
            body=given(name=name, metadata=metadata),
            if_match=if_match,
        )

    @operation
    def read_pane(self, conversation_id: str, *, q: str | UnsetType = UNSET) -> Call[Pane]:
        """Show the participants, tagged if their contact has changed since (R9), and separately those who have opted out
        (R19).
        """
        return Call(
            method="GET", path=f"/v1/conversations/{quote(conversation_id, safe='')}/participants", answer=Pane, query=given(q=q)
        )

    @operation
    def opt_out(
        self, conversation_id: str, number: str, *, if_match: int | None = None, idempotency_key: str | None = None
    ) -> Call[Conversation]:
        """Record that a participant told a user to stop. Every conversation of the business number with them is blocked
        (R14, R15).
        """
        return Call(
            method="POST",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/participants/{quote(number, safe='')}/opt-out",
            answer=Conversation,
            if_match=if_match,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def take_back(self, conversation_id: str, number: str, *, reason: str, if_match: int | None = None) -> Call[Conversation]:
        """End an opt-out that a user recorded by mistake, and the blocks that only it caused (R39). The reason is stored."""
        return Call(
            method="DELETE",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/participants/{quote(number, safe='')}/opt-out",
            answer=Conversation,
            body=given(reason=reason),
            if_match=if_match,
        )

    @operation
    def create_successor(
        self,
        conversation_id: str,
        *,
        name: str | UnsetType | None = UNSET,
        message: MessageInput | UnsetType | None = UNSET,
        if_match: int | None = None,
        idempotency_key: str | None = None,
    ) -> Call[Conversation]:
        """Create a group that continues this one, with everyone who is not opted out now. Both groups link to each other
        (R18).
        """
        return Call(
            method="POST",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/successor",
            answer=Conversation,
            body=given(name=name, message=message) or None,
            if_match=if_match,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def mark_read(
        self, conversation_id: str, *, version: int | UnsetType | None = UNSET, if_match: int | None = None
    ) -> Call[None]:
        """Mark the conversation as read by the caller, up to a version or completely (R30). A mark never goes backwards."""
        return Call(
            method="PUT",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/read",
            body=given(version=version) or None,
            if_match=if_match,
        )

    @operation
    def mark_unread(self, conversation_id: str, *, if_match: int | None = None) -> Call[None]:
        """Count at least one unread message in the conversation for the caller, until it is read again (R30)."""
        return Call(method="DELETE", path=f"/v1/conversations/{quote(conversation_id, safe='')}/read", if_match=if_match)

    @listing
    def read_history(
        self,
        conversation_id: str,
        *,
        after_version: int | UnsetType = UNSET,
        cursor: int | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
    ) -> ListCall[HistoryPage, StoredEvent]:
        """List a conversation's events: what happened, when, by whom and by which request. It comes from the log, never
        behind.
        """
        return ListCall(
            method="GET",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/history",
            answer=HistoryPage,
            query=given(after_version=after_version, cursor=cursor, limit=limit),
        )

    @listing
    def read_refusals(
        self,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        order: Literal["asc", "desc"] | UnsetType = UNSET,
        conversation_id: str | UnsetType = UNSET,
        user_id: str | UnsetType = UNSET,
        from_: date | str | UnsetType = UNSET,
        to: date | str | UnsetType = UNSET,
    ) -> ListCall[RefusalViewPage, RefusalView]:
        """List refusals, newest last, for owners, admins and auditors.

        They are messages that an opt-out stopped (R15), requests that roles and numbers forbid (R20, R21), and requests
        for data that R22 hides, which the user received as not found. A record is stored a moment after the response.
        Equal refusals within a minute of it are the next record, with a count. A UTC day has up to 1,000 records, up to
        250 of one user.
        """
        return ListCall(
            method="GET",
            path="/v1/refusals",
            answer=RefusalViewPage,
            query=given(
                cursor=cursor, limit=limit, order=order, conversation_id=conversation_id, user_id=user_id, from_=from_, to=to
            ),
        )

    @listing
    def list_reviews(
        self,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        status: Literal["open", "settled"] | UnsetType = UNSET,
    ) -> ListCall[ListedReviewPage, ListedReview]:
        """List the texts that may be an opt-out in a person's own words, the earliest due first (R40).

        An open review that nobody settles before `due_at`, ten business days after the text came, becomes an opt-out.
        """
        return ListCall(
            method="GET", path="/v1/reviews", answer=ListedReviewPage, query=given(cursor=cursor, limit=limit, status=status)
        )

    @operation
    def settle_review(
        self, review_id: str, *, opt_out: bool, note: str | UnsetType | None = UNSET, idempotency_key: str | None = None
    ) -> Call[Review]:
        """Judge whether a text is an opt-out (R40). An opt-out blocks every conversation of the business number with the
        person.
        """
        return Call(
            method="POST",
            path=f"/v1/reviews/{quote(review_id, safe='')}",
            answer=Review,
            body=given(opt_out=opt_out, note=note),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def read_state(
        self,
        conversation_id: str,
        *,
        version: int | UnsetType = UNSET,
        at: date | str | UnsetType = UNSET,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
    ) -> Call[AsOf]:
        """Compute conversation, participants and thread as they were right after a version, or at a moment; now, if
        neither is given.

        They come from the events and never lag, through the folds of the live views (R32). Read marks are not included.
        """
        return Call(
            method="GET",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/history/state",
            answer=AsOf,
            query=given(version=version, at=at, cursor=cursor, limit=limit),
        )

    @operation
    def explain_message(self, message_id: str) -> Call[Explanation]:
        """Explain a message: the verdict, then its grounds, each with the event that proves it.

        The grounds are its numbers, what its author saw, consent, rate, charges, and the statuses that the carrier
        reported.
        """
        return Call(method="GET", path=f"/v1/messages/{quote(message_id, safe='')}/explanation", answer=Explanation)

    @operation
    def explain_block(
        self, conversation_id: str, *, version: int | UnsetType = UNSET, at: date | str | UnsetType = UNSET
    ) -> Call[Explanation]:
        """Explain why nothing can be sent in a conversation, or could, then or now: who opted out, how, and what was sent
        since.

        After a 409 `conversation-blocked`, this is the proof. It comes from the events and never lags.
        """
        return Call(
            method="GET",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/explanation",
            answer=Explanation,
            query=given(version=version, at=at),
        )

    @operation
    def explain_participant(
        self, conversation_id: str, number: str, *, version: int | UnsetType = UNSET, at: date | str | UnsetType = UNSET
    ) -> Call[Explanation]:
        """Explain whether one participant's opt-out blocks the conversation, how they opted out and in, and what was sent
        since.
        """
        return Call(
            method="GET",
            path=f"/v1/conversations/{quote(conversation_id, safe='')}/participants/{quote(number, safe='')}/explanation",
            answer=Explanation,
            query=given(version=version, at=at),
        )

    @operation
    def explain_entry(self, entry_id: str) -> Call[Explanation]:
        """Explain an entry of the ledger: the verdict, then its message, its rate and where that comes from, and its
        reversal.

        An entry's id contains slashes. They may be escaped or not.
        """
        return Call(method="GET", path=f"/v1/ledger/{quote(entry_id, safe='')}/explanation", answer=Explanation)

    @operation
    def read_checkpoint(self) -> Call[CheckpointView]:
        """Read the newest signed checkpoint of all stored events. Keep it, to find out later what was changed (R70).

        It returns 404 until the operator of groupchat has made a key.
        """
        return Call(method="GET", path="/v1/audit/checkpoint", answer=CheckpointView)

    @operation
    def read_proof(self, *, position: int) -> Call[ProofView]:
        """Read a proof that an event of the workspace is stored as it was when a checkpoint was signed, without any other
        event (R70).

        `position` is in the history and in the event stream. The proof has the event itself, unless that has a field
        which never leaves the system. It is 404 until a checkpoint covers the position.
        """
        return Call(method="GET", path="/v1/audit/proof", answer=ProofView, query=given(position=position))

    @operation
    def create_contact(
        self,
        *,
        name: str,
        number: str,
        secondary_numbers: Sequence[str] | UnsetType = UNSET,
        assigned_to: str | UnsetType | None = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str | None] | UnsetType = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[ContactShown]:
        """Add a person, with numbers of any country in any common format (R3, R4).

        Several contacts can have the same number. `same_number_as` has the others that you can see: if one of them is
        the same person, merge the two (R54).
        """
        return Call(
            method="POST",
            path="/v1/contacts",
            answer=ContactShown,
            body=given(
                name=name,
                number=number,
                secondary_numbers=secondary_numbers,
                assigned_to=assigned_to,
                external_id=external_id,
                metadata=metadata,
            ),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_contacts(
        self,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        number: str | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        assigned_to: str | UnsetType = UNSET,
        dnd: bool | UnsetType = UNSET,
        changed_since: date | str | UnsetType = UNSET,
    ) -> ListCall[ContactViewPage, ContactView]:
        """List contacts by name; filter by name, or by any of their numbers in any common format."""
        return ListCall(
            method="GET",
            path="/v1/contacts",
            answer=ContactViewPage,
            query=given(
                cursor=cursor,
                limit=limit,
                q=q,
                number=number,
                external_id=external_id,
                assigned_to=assigned_to,
                dnd=dnd,
                changed_since=changed_since,
            ),
        )

    @operation
    def put_contact(
        self,
        external_id: str,
        *,
        name: str,
        number: str,
        secondary_numbers: Sequence[str] | UnsetType = UNSET,
        assigned_to: str | UnsetType | None = UNSET,
        dnd: bool | UnsetType = UNSET,
        metadata: Mapping[str, str | None] | UnsetType = UNSET,
    ) -> Call[ContactShown]:
        """Change the contact that has this id in another system, or add one (R54). Repeating the request changes nothing."""
        return Call(
            method="PUT",
            path=f"/v1/contacts/by-external-id/{quote(external_id, safe='')}",
            answer=ContactShown,
            body=given(
                name=name, number=number, secondary_numbers=secondary_numbers, assigned_to=assigned_to, dnd=dnd, metadata=metadata
            ),
        )

    @operation
    def export_contacts(self) -> Call[str]:
        """Return the contacts that the caller can see as a CSV file, in the format of an import (R22, R54)."""
        return Call(method="GET", path="/v1/contacts/export", answer=str)

    @operation
    def read_contact(self, contact_id: str) -> Call[ContactShown]:
        """Read a contact. A deleted one is not found."""
        return Call(method="GET", path=f"/v1/contacts/{quote(contact_id, safe='')}", answer=ContactShown)

    @operation
    def change_contact(
        self,
        contact_id: str,
        *,
        name: str | UnsetType = UNSET,
        number: str | UnsetType = UNSET,
        secondary_numbers: Sequence[str] | UnsetType = UNSET,
        assigned_to: str | UnsetType | None = UNSET,
        dnd: bool | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        metadata: Mapping[str, str | None] | UnsetType = UNSET,
        if_match: int | None = None,
    ) -> Call[ContactShown]:
        """Change the given fields. DND blocks all conversations of the contact at once (R16); a new name or number tags
        them (R9).
        """
        return Call(
            method="PATCH",
            path=f"/v1/contacts/{quote(contact_id, safe='')}",
            answer=ContactShown,
            body=given(
                name=name,
                number=number,
                secondary_numbers=secondary_numbers,
                assigned_to=assigned_to,
                dnd=dnd,
                external_id=external_id,
                metadata=metadata,
            ),
            if_match=if_match,
        )

    @operation
    def delete_contact(self, contact_id: str, *, if_match: int | None = None) -> Call[None]:
        """Delete a contact. Its conversations keep its frozen number (R8) and tag it (R9)."""
        return Call(method="DELETE", path=f"/v1/contacts/{quote(contact_id, safe='')}", if_match=if_match)

    @operation
    def merge_contacts(
        self, contact_id: str, *, other_contact_id: str, if_match: int | None = None, idempotency_key: str | None = None
    ) -> Call[ContactShown]:
        """Merge the contact `contact_id` of the body into the one of the path, and delete it (R54).

        The contact of the path keeps its fields, and takes what it lacks from the other one: numbers, the assigned
        user, the external id, keys of metadata. If either has do-not-disturb on, it has it on (R36). From then on, the
        other one's conversations are linked to it. Repeating the request changes nothing.
        """
        return Call(
            method="POST",
            path=f"/v1/contacts/{quote(contact_id, safe='')}/merge",
            answer=ContactShown,
            body=given(contact_id=other_contact_id),
            if_match=if_match,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_do_not_disturb(
        self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET, number: str | UnsetType = UNSET
    ) -> ListCall[NumberWithDndPage, NumberWithDnd]:
        """List the numbers that receive nothing because of do-not-disturb, or look up one number.

        A number is listed once for each contact through which do-not-disturb applies. With `left_behind`, that contact
        no longer has the number.
        """
        return ListCall(
            method="GET",
            path="/v1/do-not-disturb",
            answer=NumberWithDndPage,
            query=given(cursor=cursor, limit=limit, number=number),
        )

    @operation
    def lift_do_not_disturb(self, number: str, *, reason: str) -> Call[None]:
        """End do-not-disturb that former contacts left with a number, with a reason, which is stored.

        It is refused while a contact that has the number has do-not-disturb on.
        """
        return Call(method="DELETE", path=f"/v1/do-not-disturb/{quote(number, safe='')}", body=given(reason=reason))

    @operation
    def read_workspace(self) -> Call[WorkspaceShown]:
        """Show the workspace that the caller's key belongs to."""
        return Call(method="GET", path="/v1/workspace", answer=WorkspaceShown)

    @operation
    def add_number(
        self,
        *,
        number: str,
        label: str | UnsetType | None = UNSET,
        default: bool | UnsetType = UNSET,
        assigned_to: str | UnsetType | None = UNSET,
        carrier: str | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[NumberShown]:
        """Add a number to send from. It can belong to one workspace only (R4)."""
        return Call(
            method="POST",
            path="/v1/numbers",
            answer=NumberShown,
            body=given(number=number, label=label, default=default, assigned_to=assigned_to, carrier=carrier),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_numbers(
        self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET, given_up: bool | UnsetType = UNSET
    ) -> ListCall[NumberShownPage, NumberShown]:
        """List the numbers that the caller may send from (R21).

        With `given_up=true`, list the numbers that the workspace has given up. Only owners, admins and auditors see
        them (R56).
        """
        return ListCall(
            method="GET", path="/v1/numbers", answer=NumberShownPage, query=given(cursor=cursor, limit=limit, given_up=given_up)
        )

    @operation
    def read_number(self, number: str) -> Call[NumberShown]:
        """Show a number that the caller may send from (R21)."""
        return Call(method="GET", path=f"/v1/numbers/{quote(number, safe='')}", answer=NumberShown)

    @operation
    def change_number(
        self,
        number: str,
        *,
        label: str | UnsetType | None = UNSET,
        default: bool | UnsetType = UNSET,
        assigned_to: str | UnsetType | None = UNSET,
        carrier: str | UnsetType | None = UNSET,
    ) -> Call[NumberShown]:
        """Change a number's label, whose it is, whether it is everybody's default, or its carrier (R43).

        Without a carrier of its own, it has the default one. A message that was already handed over stays with its
        carrier.
        """
        return Call(
            method="PATCH",
            path=f"/v1/numbers/{quote(number, safe='')}",
            answer=NumberShown,
            body=given(label=label, default=default, assigned_to=assigned_to, carrier=carrier),
        )

    @operation
    def give_up_number(self, number: str) -> Call[None]:
        """Stop sending from a number (R56). Its conversations stay readable, and messages from people are still recorded.

        Only this workspace can add the number again.
        """
        return Call(method="DELETE", path=f"/v1/numbers/{quote(number, safe='')}")

    @listing
    def list_carriers(
        self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET
    ) -> ListCall[CarrierShownPage, CarrierShown]:
        """List the server's carriers, what each takes in a message, and what became of the workspace's newest messages.

        A business number names one of them, or has the default one (R43).
        """
        return ListCall(method="GET", path="/v1/carriers", answer=CarrierShownPage, query=given(cursor=cursor, limit=limit))

    @operation
    def read_policy(self) -> Call[PolicyShown]:
        """Show all values of the workspace's policy."""
        return Call(method="GET", path="/v1/policy", answer=PolicyShown)

    @operation
    def change_policy(
        self,
        *,
        preset: Literal["heymarket", "highlevel"] | UnsetType = UNSET,
        min_participants: int | UnsetType = UNSET,
        max_participants: int | UnsetType = UNSET,
        allowed_regions: Sequence[str] | UnsetType = UNSET,
        reopen_on_opt_in: bool | UnsetType = UNSET,
        opt_out_keywords: Sequence[str] | UnsetType = UNSET,
        opt_in_keywords: Sequence[str] | UnsetType = UNSET,
    ) -> Call[PolicyShown]:
        """Change the given values; the others stay, or follow the preset if one is named. The response has all values."""
        return Call(
            method="PUT",
            path="/v1/policy",
            answer=PolicyShown,
            body=given(
                preset=preset,
                min_participants=min_participants,
                max_participants=max_participants,
                allowed_regions=allowed_regions,
                reopen_on_opt_in=reopen_on_opt_in,
                opt_out_keywords=opt_out_keywords,
                opt_in_keywords=opt_in_keywords,
            ),
        )

    @operation
    def read_auto_replies(self) -> Call[AutoRepliesShown]:
        """Show whether opt-outs are confirmed and HELP is answered, and with which texts (R41)."""
        return Call(method="GET", path="/v1/auto-replies", answer=AutoRepliesShown)

    @operation
    def change_auto_replies(
        self,
        *,
        confirms_opt_outs: bool | UnsetType = UNSET,
        answers_help: bool | UnsetType = UNSET,
        opt_out_texts: ReplyTexts | UnsetType = UNSET,
        help_texts: ReplyTexts | UnsetType = UNSET,
    ) -> Call[AutoRepliesShown]:
        """Change the given values; the others stay, and a text of `null` is the standard one again. The response has all
        values.

        `{business}` stands for the workspace's name. A text must name the business and fit into one SMS. The language
        of a reply is that of the keyword. If the carrier itself answers a keyword, no reply is sent (R41).
        """
        return Call(
            method="PUT",
            path="/v1/auto-replies",
            answer=AutoRepliesShown,
            body=given(
                confirms_opt_outs=confirms_opt_outs, answers_help=answers_help, opt_out_texts=opt_out_texts, help_texts=help_texts
            ),
        )

    @listing
    def read_ledger(
        self,
        *,
        cursor: str | UnsetType = UNSET,
        limit: int | UnsetType = UNSET,
        order: Literal["asc", "desc"] | UnsetType = UNSET,
        from_: date | str | UnsetType = UNSET,
        to: date | str | UnsetType = UNSET,
        conversation_id: str | UnsetType = UNSET,
        number: str | UnsetType = UNSET,
        recipient: str | UnsetType = UNSET,
    ) -> ListCall[EntryShownPage, EntryShown]:
        """List entries, oldest first: one per message and recipient, each naming its event. A credit has negative segments
        (R16).
        """
        return ListCall(
            method="GET",
            path="/v1/ledger",
            answer=EntryShownPage,
            query=given(
                cursor=cursor,
                limit=limit,
                order=order,
                from_=from_,
                to=to,
                conversation_id=conversation_id,
                number=number,
                recipient=recipient,
            ),
        )

    @operation
    def read_statement(self, *, month: str) -> Call[StatementShown]:
        """Sum a month's entries, in UTC, per business number and conversation; each sum links to its entries (R26). Also
        as CSV.
        """
        return Call(method="GET", path="/v1/ledger/statement", answer=StatementShown, query=given(month=month))

    @listing
    def list_roles(self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> ListCall[RoleShownPage, RoleShown]:
        """List the roles and their permissions (R20)."""
        return ListCall(method="GET", path="/v1/roles", answer=RoleShownPage, query=given(cursor=cursor, limit=limit))

    @operation
    def define_role(self, role: str, *, group_chat: bool) -> Call[RoleShown]:
        """Define a role, or change its permissions (R20)."""
        return Call(method="PUT", path=f"/v1/roles/{quote(role, safe='')}", answer=RoleShown, body=given(group_chat=group_chat))

    @listing
    def list_rates(self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET) -> ListCall[RateShownPage, RateShown]:
        """List the rates, first the default (without a date), then the posted ones in the order of posting (R25)."""
        return ListCall(method="GET", path="/v1/rates", answer=RateShownPage, query=given(cursor=cursor, limit=limit))

    @operation
    def post_rate(
        self, *, effective_from: date, mms_segment: str, currency: str, idempotency_key: str | None = None
    ) -> Call[RateShown]:
        """Add a line to the rate card. Existing entries don't change: a message keeps the rate at its own time (R25)."""
        return Call(
            method="POST",
            path="/v1/rates",
            answer=RateShown,
            body=given(effective_from=effective_from, mms_segment=mms_segment, currency=currency),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def read_me(self) -> Call[User]:
        """Show the calling user."""
        return Call(method="GET", path="/v1/users/me", answer=User)

    @operation
    def add_user(
        self,
        *,
        name: str,
        email: str,
        role: str,
        assigned_only: bool | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[UserWithKey]:
        """Add a user with a role. Only this response shows the user's first key (R20, R23)."""
        return Call(
            method="POST",
            path="/v1/users",
            answer=UserWithKey,
            body=given(name=name, email=email, role=role, assigned_only=assigned_only, external_id=external_id),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_users(
        self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET, external_id: str | UnsetType = UNSET
    ) -> ListCall[UserPage, User]:
        """List the workspace's users; a user who is restricted to assigned data sees only themselves (R22)."""
        return ListCall(
            method="GET", path="/v1/users", answer=UserPage, query=given(cursor=cursor, limit=limit, external_id=external_id)
        )

    @operation
    def put_user(
        self,
        external_id: str,
        *,
        name: str,
        email: str,
        role: str | UnsetType = UNSET,
        assigned_only: bool | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
    ) -> Call[ChangedUserShown]:
        """Change the user who has this id in another system, or add one (R54). Repeating the request changes nothing.

        A new user has no key. Issue one if they need it, or let them log in with a token of the identity provider.
        """
        return Call(
            method="PUT",
            path=f"/v1/users/by-external-id/{quote(external_id, safe='')}",
            answer=ChangedUserShown,
            body=given(name=name, email=email, role=role, assigned_only=assigned_only, active=active),
        )

    @operation
    def read_user(self, user_id: str) -> Call[User]:
        """Show a user; a user who is restricted to assigned data sees only themselves (R22)."""
        return Call(method="GET", path=f"/v1/users/{quote(user_id, safe='')}", answer=User)

    @operation
    def change_user(
        self,
        user_id: str,
        *,
        name: str | UnsetType = UNSET,
        email: str | UnsetType = UNSET,
        role: str | UnsetType = UNSET,
        assigned_only: bool | UnsetType = UNSET,
        active: bool | UnsetType = UNSET,
        external_id: str | UnsetType | None = UNSET,
    ) -> Call[ChangedUserShown]:
        """Change a user's name, e-mail address or role, or whether they are restricted to assigned data or active (R20,
        R22).

        A user who is deactivated can't log in: their keys, tokens and event streams end at once. What they did, and
        what is assigned to them, stays. The last owner can't be deactivated.

        When a user becomes an owner, their keys that no owner issued end, because others may have seen them (R23).
        """
        return Call(
            method="PATCH",
            path=f"/v1/users/{quote(user_id, safe='')}",
            answer=ChangedUserShown,
            body=given(name=name, email=email, role=role, assigned_only=assigned_only, active=active, external_id=external_id),
        )

    @operation
    def issue_key(
        self,
        user_id: str,
        *,
        expires_at: datetime | UnsetType | None = UNSET,
        label: str | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[KeyWithSecret]:
        """Issue another key: to yourself, or to anyone if you manage users. Only this response shows it. 20 keys can work
        at a time.
        """
        return Call(
            method="POST",
            path=f"/v1/users/{quote(user_id, safe='')}/keys",
            answer=KeyWithSecret,
            body=given(expires_at=expires_at, label=label) or None,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_keys(
        self, user_id: str, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET
    ) -> ListCall[KeyShownPage, KeyShown]:
        """List the keys that are not revoked, without their secrets: your own, or anyone's if you manage users."""
        return ListCall(
            method="GET",
            path=f"/v1/users/{quote(user_id, safe='')}/keys",
            answer=KeyShownPage,
            query=given(cursor=cursor, limit=limit),
        )

    @operation
    def revoke_key(self, user_id: str, key_id: str) -> Call[None]:
        """Revoke a key. After this response, it is no longer valid. The last working key of the owners can't be revoked
        (R23).
        """
        return Call(method="DELETE", path=f"/v1/users/{quote(user_id, safe='')}/keys/{quote(key_id, safe='')}")

    @operation
    def add_webhook(
        self,
        *,
        url: str,
        types: Sequence[str] | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[WebhookWithSecret]:
        """Send the workspace's events to an address of another system, from now on (R55).

        Each is a signed `POST` request as the Standard Webhooks specification describes. Only this response shows the
        secret.
        """
        return Call(
            method="POST",
            path="/v1/webhooks",
            answer=WebhookWithSecret,
            body=given(url=url, types=types, description=description),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_webhooks(
        self, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET
    ) -> ListCall[WebhookStatusPage, WebhookStatus]:
        """List the webhooks, and how each is doing."""
        return ListCall(method="GET", path="/v1/webhooks", answer=WebhookStatusPage, query=given(cursor=cursor, limit=limit))

    @operation
    def read_webhook(self, webhook_id: str) -> Call[WebhookStatus]:
        """Show a webhook, and how it is doing: where it is in the log, and since when it has failed."""
        return Call(method="GET", path=f"/v1/webhooks/{quote(webhook_id, safe='')}", answer=WebhookStatus)

    @operation
    def change_webhook(
        self,
        webhook_id: str,
        *,
        url: str | UnsetType = UNSET,
        types: Sequence[str] | UnsetType | None = UNSET,
        description: str | UnsetType | None = UNSET,
        active: bool | UnsetType = UNSET,
    ) -> Call[WebhookShown]:
        """Change a webhook's address, types or description, or switch it off or on.

        A webhook that is switched on continues where it was. To skip what it missed, replay it after the newest
        position.
        """
        return Call(
            method="PATCH",
            path=f"/v1/webhooks/{quote(webhook_id, safe='')}",
            answer=WebhookShown,
            body=given(url=url, types=types, description=description, active=active),
        )

    @operation
    def remove_webhook(self, webhook_id: str) -> Call[None]:
        """Remove a webhook. A request that is already on its way may still arrive."""
        return Call(method="DELETE", path=f"/v1/webhooks/{quote(webhook_id, safe='')}")

    @operation
    def test_webhook(self, webhook_id: str, *, idempotency_key: str | None = None) -> Call[None]:
        """Send a webhook the event `groupchat.workspace.webhook_tested`. Its attempts show the outcome."""
        return Call(
            method="POST", path=f"/v1/webhooks/{quote(webhook_id, safe='')}/test", idempotency_key=idempotency_key, takes_key=True
        )

    @operation
    def issue_webhook_secret(self, webhook_id: str, *, idempotency_key: str | None = None) -> Call[WebhookWithSecret]:
        """Give a webhook another secret, which only this response shows. For 24 hours, the earlier ones sign as well."""
        return Call(
            method="POST",
            path=f"/v1/webhooks/{quote(webhook_id, safe='')}/secret",
            answer=WebhookWithSecret,
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def replay_webhook(self, webhook_id: str, *, after: int, idempotency_key: str | None = None) -> Call[None]:
        """Continue a webhook after a position: an earlier one sends events again, a later one skips events.

        A message that is sent again has the same `webhook-id`.
        """
        return Call(
            method="POST",
            path=f"/v1/webhooks/{quote(webhook_id, safe='')}/replay",
            body=given(after=after),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @listing
    def list_webhook_attempts(
        self, webhook_id: str, *, cursor: str | UnsetType = UNSET, limit: int | UnsetType = UNSET
    ) -> ListCall[AttemptPage, Attempt]:
        """List the attempts to send messages, newest first, at least the newest 1,000. They are shown a moment after they
        end.
        """
        return ListCall(
            method="GET",
            path=f"/v1/webhooks/{quote(webhook_id, safe='')}/attempts",
            answer=AttemptPage,
            query=given(cursor=cursor, limit=limit),
        )

    @operation
    def handset_writes(
        self,
        *,
        from_: str,
        to: str,
        group: Sequence[str] | UnsetType | None = UNSET,
        body: str | UnsetType | None = UNSET,
        media: Sequence[MediaInput] | UnsetType | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Arrived]:
        """Act as if a person had written: the message is recorded (R11), a keyword is applied (R14), the others receive it
        (R12).
        """
        return Call(
            method="POST",
            path="/v1/simulator/inbound",
            answer=Arrived,
            body=given(from_=from_, to=to, group=group, body=body, media=media),
            idempotency_key=idempotency_key,
            takes_key=True,
        )

    @operation
    def read_handset(self, number: str) -> Call[Handset]:
        """List messages, oldest first, each with the other participants of its thread."""
        return Call(method="GET", path=f"/v1/simulator/handsets/{quote(number, safe='')}", answer=Handset)

    @operation
    def change_behavior(
        self,
        number: str,
        *,
        behavior: Literal[
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
        | None,
        seconds: float | UnsetType | None = UNSET,
        code: str | UnsetType | None = UNSET,
    ) -> Call[Switch]:
        """Change the behavior of a number, to see how the backend reacts; null restores the normal one."""
        return Call(
            method="PUT",
            path=f"/v1/simulator/behaviors/{quote(number, safe='')}",
            answer=Switch,
            body=given(behavior=behavior, seconds=seconds, code=code),
        )
