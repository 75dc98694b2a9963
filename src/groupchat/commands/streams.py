"""The kinds of streams: the one table that connects the aggregates with the store."""

from groupchat.aggregates import (
    business_numbers,
    consent,
    contact,
    contact_merging,
    delivery,
    delivery_state,
    do_not_disturb,
    external_id,
    group_conversation,
    group_state,
    media,
    number_claim,
    phone_book,
    reader,
    refusal,
    review,
    users,
    webhooks,
    workspace,
    workspace_state,
)
from groupchat.store.decision import StreamKind

CONVERSATION = StreamKind("cnv_", group_state.evolve, group_conversation.decide)
CONTACT = StreamKind("ctc_", contact.evolve, contact.decide)
CONTACT_MERGING = StreamKind("ctc_", contact.evolve, contact_merging.decide)
"""The contact too, but for merging another one into it."""
PHONE_BOOK = StreamKind("phone-", phone_book.evolve, phone_book.decide)
EXTERNAL_ID = StreamKind("external-", external_id.evolve, external_id.decide)
DO_NOT_DISTURB = StreamKind("dnd-", do_not_disturb.evolve, do_not_disturb.decide)
CONSENT = StreamKind("consent-", consent.evolve, consent.decide)
WORKSPACE = StreamKind("wsp_", workspace_state.evolve, workspace.decide)
BUSINESS_NUMBERS = StreamKind("wsp_", workspace_state.evolve, business_numbers.decide)
"""The workspace too, but for the commands on its numbers."""
USERS = StreamKind("wsp_", workspace_state.evolve, users.decide)
"""The workspace too, but for the commands on its users."""
WEBHOOKS = StreamKind("wsp_", workspace_state.evolve, webhooks.decide)
"""The workspace too, but for the commands on its webhooks."""
NUMBER_CLAIM = StreamKind("number-", number_claim.evolve, number_claim.decide)
MEDIA = StreamKind("med_", media.evolve, media.decide)
DELIVERY = StreamKind("delivery-", delivery_state.evolve, delivery.decide)
READ_MARK = StreamKind("reader-", reader.evolve, reader.decide)
REVIEW = StreamKind("review-", review.evolve, review.decide)
REFUSALS = StreamKind("refusals-", refusal.evolve, refusal.decide)
