"""What one request to a carrier's webhook brings, and how it is handed to the inbox before it is acknowledged (R45)."""

from collections.abc import Sequence

import structlog
from msgspec import Struct

from groupchat.carriers.port import Inbound, Inbox, Receipt
from groupchat.values.errors import NotFoundError

log = structlog.get_logger()


class News(Struct, frozen=True, kw_only=True):
    """What a request brings; `unknown` names events that mean nothing to us, in the carrier's words."""

    receipts: Sequence[Receipt] = ()
    inbound: Sequence[Inbound] = ()
    unknown: Sequence[str] = ()


async def hand_over(carrier: str, news: News, inbox: Inbox) -> None:
    """Hand everything to the inbox; returning means that it is stored, or that there is no place for it.

    A message for a number that is nobody's would not fit better when the carrier brings it again. So it is acknowledged, and
    logged.
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
