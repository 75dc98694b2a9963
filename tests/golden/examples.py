"""One event of every class, every field filled: what the golden files say, read by today's code.

Released ones are never changed, unless a new `class_version` upcasts them: then say here what the old file reads as by then.
"""

import importlib
import pkgutil
from datetime import UTC, date, datetime
from decimal import Decimal

from groupchat import aggregates
from groupchat.aggregates import (
    consent,
    contact,
    delivery_events,
    do_not_disturb,
    external_id,
    media,
    phone_book,
    reader,
    refusal,
    review,
    webhook_events,
)
from groupchat.aggregates import group_events as conversation
from groupchat.aggregates import workspace_events as workspace
from groupchat.aggregates.auto_replies import AutoReplies, Texts
from groupchat.aggregates.group_events import Author, Media, Participant
from groupchat.values.event import EVENT_TYPES, Actor, Cause, Event
from groupchat.values.money import Rate
from groupchat.values.policy import Policy

for _module in pkgutil.iter_modules(aggregates.__path__):
    importlib.import_module(f"{aggregates.__name__}.{_module.name}")

STREAM, VERSION = "stream_1", 7
AT = datetime(2025, 1, 31, 23, 59, 59, 123, tzinfo=UTC)
CAUSE = Cause(workspace_id="wsp_1", actor=Actor(kind="user", id="usr_1"), correlation_id="req_1", causation_id="msg_1")

OURS, ANN, BEN = "+16285550100", "+14155550101", "+16045550102"
TEXT = "Grüße 👩🏽\u200d🚒 שלום \u202babc\u202c e\u0301\r\n\"'\\\u2028\t\x7f"
PICTURE = Media(url="https://media.example/cat.png?a=1&b=2", content_type="image/png")
RATE = Rate(mms_segment=Decimal("0.0200"), currency="USD")
TEXTS = Texts(en=TEXT, es=TEXT, fr=TEXT)
POLICY = Policy(
    preset="highlevel", min_participants=3, max_participants=9, allowed_regions=("US", "CA", "GB"), reopen_on_opt_in=True
)
ROSTER = (Participant(number=ANN, contact_id="ctc_1", name="Ann"), Participant(number=BEN, contact_id="ctc_2", name=TEXT))
CONSENT = {"business_number": OURS, "number": ANN}
MESSAGE = {"message_id": "msg_1", "conversation_id": "cnv_1"}
READER = {"user_id": "usr_1", "conversation_id": "cnv_1"}
WEBHOOK = {"webhook_id": "whk_1"}
HOOK_URL = "https://crm.example/hooks?a=1&b=%20"
HOOK_TYPES = ("groupchat.conversation.message_sent", "groupchat.conversation.created")

EXAMPLES: dict[str, Event] = {
    "groupchat.consent.group_joined.v1": consent.GroupJoined(**CONSENT, conversation_id="cnv_1"),
    "groupchat.consent.opted_in.v1": consent.OptedIn(**CONSENT, cause="keyword", evidence="msg_2", carrier_message_id="sim_1"),
    "groupchat.consent.opted_out.v1": consent.OptedOut(**CONSENT, cause="keyword", evidence="msg_1", carrier_message_id="sim_1"),
    "groupchat.consent.opt_out_taken_back.v1": consent.OptOutTakenBack(**CONSENT, reason=TEXT),
    "groupchat.contact.assigned.v1": contact.Assigned(contact_id="ctc_1", user_id="usr_1"),
    "groupchat.contact.created.v1": contact.ContactCreated(
        contact_id="ctc_1", name=TEXT, number=ANN, secondary_numbers=(BEN, "+442079460958"), assigned_to="usr_1"
    ),
    "groupchat.contact.merged.v1": contact.ContactMerged(contact_id="ctc_1", merged_id="ctc_2", numbers_ever=(ANN, BEN)),
    "groupchat.contact.deleted.v1": contact.ContactDeleted(contact_id="ctc_1"),
    "groupchat.contact.dnd_turned_off.v1": contact.DndTurnedOff(contact_id="ctc_1"),
    "groupchat.contact.dnd_turned_on.v1": contact.DndTurnedOn(contact_id="ctc_1"),
    "groupchat.contact.number_listed.v1": phone_book.NumberListed(number=ANN, contact_id="ctc_1", contact_since=AT),
    "groupchat.contact.number_unlisted.v1": phone_book.NumberUnlisted(number=ANN, contact_id="ctc_1"),
    "groupchat.contact.numbers_changed.v1": contact.NumbersChanged(contact_id="ctc_1", number=BEN, secondary_numbers=(ANN,)),
    "groupchat.contact.numbers_changed.v2": contact.NumbersChanged(
        contact_id="ctc_1", number=BEN, secondary_numbers=(ANN,), released=("+442079460958",)
    ),
    "groupchat.contact.external_id_given.v1": contact.ExternalIdGiven(contact_id="ctc_1", external_id="crm-1"),
    "groupchat.contact.external_id_claimed.v1": external_id.ExternalIdClaimed(external_id="crm-1", contact_id="ctc_1"),
    "groupchat.contact.external_id_released.v1": external_id.ExternalIdReleased(external_id="crm-1", contact_id="ctc_1"),
    "groupchat.contact.metadata_changed.v1": contact.MetadataChanged(contact_id="ctc_1", metadata={"note": TEXT}),
    "groupchat.contact.renamed.v1": contact.Renamed(contact_id="ctc_1", name=TEXT),
    "groupchat.conversation.contact_deleted.v1": conversation.ParticipantContactDeleted(contact_id="ctc_1"),
    "groupchat.conversation.contact_linked.v1": conversation.ParticipantContactLinked(contact_id="ctc_1", number=ANN, name=TEXT),
    "groupchat.conversation.contact_merged.v1": conversation.ParticipantContactMerged(
        contact_id="ctc_1", merged_id="ctc_2", number=ANN, name=TEXT
    ),
    "groupchat.conversation.contact_number_changed.v1": conversation.ParticipantContactNumberChanged(
        contact_id="ctc_1", number=ANN, numbers=(BEN, "+442079460958")
    ),
    "groupchat.conversation.contact_renamed.v1": conversation.ParticipantContactRenamed(contact_id="ctc_1", name=TEXT),
    "groupchat.conversation.created.v1": conversation.Created(
        business_number=OURS, name=TEXT, roster=ROSTER, policy=POLICY, predecessor_id="cnv_0"
    ),
    "groupchat.conversation.inbound_received.v1": conversation.InboundReceived(
        message_id="msg_1", number=ANN, name="Ann", body=TEXT, media=(PICTURE,), carrier_message_id="SM1", keyword=None
    ),
    "groupchat.conversation.inbound_received.v2": conversation.InboundReceived(
        message_id="msg_1",
        number=ANN,
        name="Ann",
        body=" Arr\u00eat\u2026 ",
        media=(PICTURE,),
        carrier_message_id="SM1",
        keyword="opt-out",
    ),
    "groupchat.conversation.message_sent.v1": conversation.MessageSent(
        message_id="msg_1",
        author=Author(user_id="usr_1", name=TEXT),
        body=TEXT,
        media=(PICTURE, PICTURE),
        recipients=(ANN, BEN),
        rate=RATE,
    ),
    "groupchat.conversation.opt_out_taken_back.v1": conversation.ParticipantOptOutTakenBack(number=ANN, reason=TEXT),
    "groupchat.conversation.participant_opted_in.v1": conversation.ParticipantOptedIn(
        number=ANN, cause="carrier", evidence="simulator"
    ),
    "groupchat.conversation.participant_opted_out.v1": conversation.ParticipantOptedOut(number=ANN, cause="dnd", evidence="usr_1"),
    "groupchat.conversation.participant_opted_out.v2": conversation.ParticipantOptedOut(
        number=ANN, cause="dnd", evidence="usr_1", contact_id="ctc_2"
    ),
    "groupchat.conversation.auto_replied.v1": conversation.AutoReplied(
        message_id="msg_2",
        number=ANN,
        purpose="opt-out",
        evidence="msg_1",
        language="fr",
        body=TEXT,
        send_by=AT,
        rate=RATE,
    ),
    "groupchat.conversation.reaction_received.v1": conversation.ReactionReceived(
        message_id="msg_1", number=ANN, name=TEXT, emoji="\u2764\ufe0f", removed=True, body=TEXT, carrier_message_id="SM1"
    ),
    "groupchat.conversation.metadata_changed.v1": conversation.GroupMetadataChanged(metadata={"deal": TEXT}),
    "groupchat.conversation.renamed.v1": conversation.GroupRenamed(name=TEXT),
    "groupchat.conversation.succeeded_by.v1": conversation.SucceededBy(conversation_id="cnv_2"),
    "groupchat.conversation.unblocked.v1": conversation.Unblocked(),
    "groupchat.media.attached.v1": media.MediaAttached(**MESSAGE, media_id="med_1", content_type="image/png", size=4_321),
    "groupchat.media.missing.v1": media.MediaMissing(**MESSAGE, media_id="med_1", reason=TEXT),
    "groupchat.workspace.media_stored.v1": media.MediaStored(
        media_id="med_1", sha256="ab" * 32, content_type="image/png", size=4_321, width=640, height=480
    ),
    "groupchat.review.opened.v1": review.ReviewOpened(
        message_id="msg_1", conversation_id="cnv_1", business_number=OURS, number=ANN, because="take me off", due_at=AT
    ),
    "groupchat.review.settled.v1": review.ReviewSettled(message_id="msg_1", conversation_id="cnv_1", opt_out=True, note=TEXT),
    "groupchat.delivery.call_refused.v1": delivery_events.CallRefused(**MESSAGE, reason=TEXT),
    "groupchat.delivery.started.v1": delivery_events.Started(
        **MESSAGE, business_number=OURS, recipients=(ANN, BEN), carrier="simulator", part=1, parts=2
    ),
    "groupchat.delivery.parts_updated.v1": delivery_events.PartsUpdated(
        **MESSAGE,
        outcomes=(
            delivery_events.PartOutcome(part=1, recipient=ANN, status="failed", code="50512"),
            delivery_events.PartOutcome(part=2, recipient=BEN, status="failed", code="30006"),
        ),
    ),
    "groupchat.delivery.updated.v1": delivery_events.Updated(
        **MESSAGE,
        outcomes=(
            delivery_events.RecipientOutcome(recipient=ANN, status="failed", code="30006"),
            delivery_events.RecipientOutcome(recipient=BEN, status="delivered", code="0"),
        ),
    ),
    "groupchat.delivery.cost_reported.v1": delivery_events.CostReported(
        **MESSAGE, currency="USD", costs=(delivery_events.RecipientCost(recipient=ANN, amount=Decimal("0.0080")),)
    ),
    "groupchat.delivery.settled.v1": delivery_events.Settled(**MESSAGE, recipients=(ANN, BEN), status="delivered", reason=TEXT),
    "groupchat.delivery.withheld.v1": delivery_events.Withheld(**MESSAGE, recipients=(ANN, BEN), rate=RATE),
    "groupchat.do_not_disturb.left_behind.v1": do_not_disturb.LeftBehind(number=ANN, contact_id="ctc_1"),
    "groupchat.do_not_disturb.lifted.v1": do_not_disturb.Lifted(number=ANN, reason=TEXT),
    "groupchat.do_not_disturb.turned_off.v1": do_not_disturb.TurnedOff(number=ANN, contact_id="ctc_1"),
    "groupchat.do_not_disturb.turned_on.v1": do_not_disturb.TurnedOn(number=ANN, contact_id="ctc_1"),
    "groupchat.reader.conversation_marked_unread.v1": reader.ConversationMarkedUnread(**READER),
    "groupchat.reader.conversation_read.v1": reader.ConversationRead(**READER, version=7),
    "groupchat.refusal.recorded.v1": refusal.RefusalRecorded(
        user_id="usr_1",
        slug="conversation-blocked",
        rule="R15",
        operation="POST /v1/conversations/{conversation_id}/messages",
        about=refusal.Subject(conversation_id="cnv_1", contact_ids=("ctc_1",), business_number=OURS, numbers=(ANN, BEN)),
        times=7,
        first_at=AT,
        last_at=AT,
        no_more_of="user",
    ),
    "groupchat.workspace.webhook_added.v1": webhook_events.WebhookAdded(
        **WEBHOOK, url=HOOK_URL, types=HOOK_TYPES, description=TEXT, secret_id="whs_1", made_with="0f1e2d3c"
    ),
    "groupchat.workspace.webhook_described.v1": webhook_events.WebhookDescribed(**WEBHOOK, description=TEXT),
    "groupchat.workspace.webhook_moved.v1": webhook_events.WebhookMoved(**WEBHOOK, url=HOOK_URL),
    "groupchat.workspace.webhook_removed.v1": webhook_events.WebhookRemoved(**WEBHOOK),
    "groupchat.workspace.webhook_replayed.v1": webhook_events.WebhookReplayed(**WEBHOOK, after=7),
    "groupchat.workspace.webhook_secret_issued.v1": webhook_events.WebhookSecretIssued(
        **WEBHOOK, secret_id="whs_2", made_with="0f1e2d3c", earlier_until=AT
    ),
    "groupchat.workspace.webhook_switched_off.v1": webhook_events.WebhookSwitchedOff(**WEBHOOK, reason="failing"),
    "groupchat.workspace.webhook_switched_on.v1": webhook_events.WebhookSwitchedOn(**WEBHOOK),
    "groupchat.workspace.webhook_tested.v1": webhook_events.WebhookTested(**WEBHOOK),
    "groupchat.workspace.webhook_types_chosen.v1": webhook_events.WebhookTypesChosen(**WEBHOOK, types=HOOK_TYPES),
    "groupchat.workspace.created.v1": workspace.WorkspaceCreated(name=TEXT, policy=POLICY),
    "groupchat.workspace.default_number_chosen.v1": workspace.DefaultNumberChosen(number=OURS),
    "groupchat.workspace.key_issued.v1": workspace.KeyIssued(
        key_id="key_1", user_id="usr_1", key_hash="5e884898da28", expires_at=AT, label=TEXT
    ),
    "groupchat.workspace.key_revoked.v1": workspace.KeyRevoked(key_id="key_1"),
    "groupchat.workspace.keywords_chosen.v1": workspace.KeywordsChosen(opt_out=("genug", TEXT), opt_in=("weiter",)),
    "groupchat.workspace.auto_replies_chosen.v1": workspace.AutoRepliesChosen(
        auto_replies=AutoReplies(confirms_opt_outs=False, answers_help=False, opt_out_texts=TEXTS, help_texts=TEXTS)
    ),
    "groupchat.workspace.number_added.v1": workspace.NumberAdded(number=OURS, label=TEXT, assigned_to="usr_1"),
    "groupchat.workspace.number_carrier_chosen.v1": workspace.NumberCarrierChosen(number=OURS, carrier="telnyx"),
    "groupchat.workspace.number_assigned.v1": workspace.NumberAssigned(number=OURS, user_id="usr_1"),
    "groupchat.workspace.number_claimed.v1": workspace.NumberClaimed(number=OURS, workspace_id="wsp_1"),
    "groupchat.workspace.number_given_up.v1": workspace.NumberGivenUp(number=OURS),
    "groupchat.workspace.number_labeled.v1": workspace.NumberLabeled(number=OURS, label=TEXT),
    "groupchat.workspace.policy_changed.v1": workspace.PolicyChanged(policy=POLICY),
    "groupchat.workspace.user_added.v1": workspace.UserAdded(
        user_id="usr_1", name=TEXT, email="ann@example.com", role="owner", assigned_only=True
    ),
    "groupchat.workspace.user_role_changed.v1": workspace.UserRoleChanged(user_id="usr_1", role="member", assigned_only=True),
    "groupchat.workspace.user_renamed.v1": workspace.UserRenamed(user_id="usr_1", name=TEXT),
    "groupchat.workspace.user_external_id_given.v1": workspace.UserExternalIdGiven(user_id="usr_1", external_id="crm-1"),
    "groupchat.workspace.user_email_changed.v1": workspace.UserEmailChanged(user_id="usr_1", email="ann@example.com"),
    "groupchat.workspace.user_deactivated.v1": workspace.UserDeactivated(user_id="usr_1"),
    "groupchat.workspace.user_reactivated.v1": workspace.UserReactivated(user_id="usr_1"),
    "groupchat.workspace.role_defined.v1": workspace.RoleDefined(role="helper", group_chat=True),
    "groupchat.workspace.rate_posted.v1": workspace.RatePosted(effective_from=date(2025, 2, 1), rate=RATE),
}
"""The event in each golden file, by the file's name without `.json`."""


def event_types() -> dict[str, type[Event]]:
    """Return groupchat's own event classes by wire name."""
    return {topic: kind for topic, kind in EVENT_TYPES.items() if kind.__module__.startswith("groupchat.")}


def is_current(name: str) -> bool:
    """Return whether a golden file is of its class's newest version, so that today's code writes it."""
    topic, _, version = name.rpartition(".v")
    return event_types()[topic].class_version == int(version)
