"""Views: what is shown, each a pure fold over events, kept in tables that can be thrown away and rebuilt (R33)."""

from groupchat.projections import contacts, inbox, ledger, pane, refusals, thread
from groupchat.projections.view import View

VIEWS: dict[str, View] = {
    view.name: view for view in (inbox.VIEW, thread.VIEW, pane.VIEW, ledger.VIEW, contacts.VIEW, refusals.VIEW)
}
"""Every view by its name."""
