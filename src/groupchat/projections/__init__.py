"""Views: read models, each a pure fold over events, stored in tables that can be dropped and rebuilt (R33)."""

from groupchat.projections import (
    contacts,
    do_not_disturb,
    inbox,
    ledger,
    message_search,
    pane,
    read_marks,
    refusals,
    reviews,
    thread,
)
from groupchat.projections.view import View

CONVERSATION_VIEWS: tuple[View, ...] = (inbox.VIEW, thread.VIEW, pane.VIEW, ledger.VIEW)
"""The views that need only Kafka's topic of conversations, so they can follow it instead of the log (docs/kafka.md)."""

_NAMES = " ".join(view.name for view in CONVERSATION_VIEWS)
REFILL = f"`groupchat rebuild {_NAMES}` (not `--online`) fills the views from the log, and they continue"
"""The advice when such views can't continue with Kafka's topic."""

VIEWS: dict[str, View] = {
    view.name: view
    for view in (
        *CONVERSATION_VIEWS,
        read_marks.VIEW,
        message_search.VIEW,
        contacts.VIEW,
        do_not_disturb.VIEW,
        refusals.VIEW,
        reviews.VIEW,
    )
}
"""Every view by its name."""
