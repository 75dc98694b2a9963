"""Views: what is shown, each a pure fold over events, kept in tables that can be thrown away and rebuilt (R33)."""

from groupchat.projections import contacts, do_not_disturb, inbox, ledger, pane, read_marks, refusals, thread
from groupchat.projections.view import View

CONVERSATION_VIEWS: tuple[View, ...] = (inbox.VIEW, thread.VIEW, pane.VIEW, ledger.VIEW)
"""Those that fold only what is in Kafka's topic of conversations, so that they can follow it in its stead (docs/operations.md)."""

VIEWS: dict[str, View] = {
    view.name: view for view in (*CONVERSATION_VIEWS, read_marks.VIEW, contacts.VIEW, do_not_disturb.VIEW, refusals.VIEW)
}
"""Every view by its name."""
