"""How each kind of stream folds: the one table that ties the aggregates to the store."""

from groupchat.aggregates import (
    business_numbers,
    consent,
    contact,
    delivery,
    do_not_disturb,
    group_state,
    phone_book,
    reader,
    refusal,
    workspace,
)
from groupchat.aggregates.consent import Consent
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.delivery import Delivery
from groupchat.aggregates.do_not_disturb import DoNotDisturb
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.phone_book import PhoneBookEntry
from groupchat.aggregates.reader import ReadMark
from groupchat.aggregates.refusal import Day
from groupchat.aggregates.workspace import Workspace
from groupchat.store.decision import Kind

CONVERSATION: Kind[GroupConversation] = Kind(group_state.evolve, "cnv_")
CONTACT: Kind[Contact] = Kind(contact.evolve, "ctc_")
PHONE_BOOK: Kind[PhoneBookEntry] = Kind(phone_book.evolve, "phone-")
DO_NOT_DISTURB: Kind[DoNotDisturb] = Kind(do_not_disturb.evolve, "dnd-")
CONSENT: Kind[Consent] = Kind(consent.evolve, "consent-")
WORKSPACE: Kind[Workspace] = Kind(workspace.evolve, "wsp_")
NUMBER_CLAIM: Kind[str] = Kind(business_numbers.evolve_claim, "number-")
DELIVERY: Kind[Delivery] = Kind(delivery.evolve, "delivery-")
READ_MARK: Kind[ReadMark] = Kind(reader.evolve, "reader-")
REFUSALS: Kind[Day] = Kind(refusal.evolve, "refusals-")
