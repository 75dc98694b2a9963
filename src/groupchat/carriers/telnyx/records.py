"""Asking Telnyx's detail records for the result of a message whose response was lost.

There is a record for each recipient, and it names the message's own webhook address. A message that is still queued at Telnyx, for
up to four hours, has no record, so a missing record means nothing.
"""

from collections.abc import Mapping
from datetime import timedelta

from groupchat.carriers import shapes
from groupchat.carriers.calls import CarrierAnswer
from groupchat.carriers.port import Outgoing, RecipientResult
from groupchat.carriers.telnyx.statuses import status_of

_MARGIN = timedelta(minutes=5)
"""The time by which Telnyx's clock may be behind ours."""
_A_PAGE = 50


def query(outgoing: Outgoing) -> Mapping[str, str | int]:
    """Return the parameters for the newest records of the business number's messages since the first call."""
    since = outgoing.begun_at - _MARGIN
    return {
        "filter[record_type]": "messaging",
        "filter[direction]": "outbound",
        "filter[cli]": outgoing.from_,
        "filter[created_at][gte]": since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sort": "-created_at",
        "page[size]": _A_PAGE,
    }


def results(outgoing: Outgoing, answer: CarrierAnswer, webhook_url: str) -> tuple[RecipientResult, ...] | None:
    """Return the recorded results; recipients without a record share the message's call. None without any record."""
    results: dict[str, RecipientResult] = {}
    for record in shapes.items(answer.body, "data") if answer.taken else []:
        number = shapes.number(shapes.text(record, "cld"))
        if number is not None and shapes.text(record, "delivery_status_webhook_url") == webhook_url:
            status = status_of(shapes.text(record, "status"))
            codes = [code for each in shapes.items(record, "errors") if (code := shapes.text(each))]
            found = codes[0] if codes and status == "failed" else None
            results[number] = RecipientResult(recipient=number, status=status, code=found)
    if results.keys().isdisjoint(outgoing.to):
        return None
    return tuple(results.get(number) or RecipientResult(recipient=number, status="sent") for number in outgoing.to)
