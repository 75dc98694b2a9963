"""The kinds of streams: the one table that ties the aggregates to the store."""

from groupchat.aggregates import (
    business_numbers,
    consent,
    contact,
    delivery,
    do_not_disturb,
    group_conversation,
    group_state,
    number_claim,
    phone_book,
    reader,
    refusal,
    workspace,
)
from groupchat.store.decision import Kind

CONVERSATION = Kind("cnv_", group_state.evolve, group_conversation.decide)
CONTACT = Kind("ctc_", contact.evolve, contact.decide)
PHONE_BOOK = Kind("phone-", phone_book.evolve, phone_book.decide)
DO_NOT_DISTURB = Kind("dnd-", do_not_disturb.evolve, do_not_disturb.decide)
CONSENT = Kind("consent-", consent.evolve, consent.decide)
WORKSPACE = Kind("wsp_", workspace.evolve, workspace.decide)
BUSINESS_NUMBERS = Kind("wsp_", workspace.evolve, business_numbers.decide)
"""A workspace again, for the commands on its numbers."""
NUMBER_CLAIM = Kind("number-", number_claim.evolve, number_claim.decide)
DELIVERY = Kind("delivery-", delivery.evolve, delivery.decide)
READ_MARK = Kind("reader-", reader.evolve, reader.decide)
REFUSALS = Kind("refusals-", refusal.evolve, refusal.decide)
