"""The content of one request to a carrier's webhook; it is passed to the inbox before it is acknowledged (R45)."""

from collections.abc import Sequence

import structlog
from msgspec import Struct

from groupchat.carriers.port import Inbound, Inbox, Receipt
from groupchat.values.errors import NotFoundError

log = structlog.get_logger()


class News(Struct, frozen=True, kw_only=True):
    """The content of a request; `unknown` names events without a meaning for us, in the carrier's words."""

    receipts: Sequence[Receipt] = ()
    inbound: Sequence[Inbound] = ()
    unknown: Sequence[str] = ()


def unreadable(event: str) -> str:
    """Return how to name a message whose sender or receiver has no phone number that can be read, such as a short code."""
    return f"{event} that can't be read"


async def hand_over(carrier: str, news: News, inbox: Inbox) -> int:
    """Pass everything to the inbox; return the number of events without a meaning for us.

    Returning means that everything else is stored, or that it has no place.

    A message for an unknown number would have no place the next time either, so it is acknowledged and logged.
    """
    if news.receipts:
        await inbox.receipts(news.receipts)
    for inbound in news.inbound:
        try:
            await inbox.inbound(inbound)
        except NotFoundError as error:
            log.warning("inbound_has_no_place", carrier=carrier, carrier_message_id=inbound.carrier_message_id, reason=error.detail)
    for event in news.unknown:
        log.info("webhook_event_unknown", carrier=carrier, event_type=event)
    return len(news.unknown)
