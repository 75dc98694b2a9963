"""The meaning of Twilio's error responses for a message."""

from groupchat.aggregates.delivery import ReceiptStatus
from groupchat.carriers import shapes
from groupchat.carriers.calls import SETTLED_SECONDS, CarrierAnswer
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError

NOT_FOUND = 404
NAME_TAKEN = "50353"
SET_EXISTS = "50438"
INITIALIZING = "50386"
OPTED_OUT = "21610"
STATE_SECONDS = 2.0
"""The pause until a group that is being set up may be ready."""
_ACCOUNT_SECONDS = 60.0
_TOO_FAST_SECONDS = 5.0
_UNAUTHORIZED = (401, 403)
_TOO_MANY_REQUESTS = 429
_TIMED_OUT = 408
_SERVER_ERROR = 500
_STATUSES: dict[str, ReceiptStatus] = {
    "accepted": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}


def code_of(answer: CarrierAnswer) -> str:
    """Return Twilio's code of an error, or one derived from the HTTP status."""
    return shapes.text(answer.body, "code") or f"http-{answer.status}"


def status_of(word: str) -> ReceiptStatus:
    """Return the status of one recipient for a word; `unconfirmed` for an unknown word."""
    return _STATUSES.get(word, "unconfirmed")


def error_of(answer: CarrierAnswer) -> CarrierRefusedError | CarrierUnclearError:
    """Return the error of a post to a group that was not accepted."""
    code, words = code_of(answer), shapes.text(answer.body, "message") or shapes.text(answer.body, "detail")
    words = words or f"the response is {answer.status}"
    if answer.redirects or answer.taken or answer.status >= _SERVER_ERROR or answer.status == _TIMED_OUT:
        reason = f"{code}: {words}"
        return CarrierUnclearError(reason, retry_after=SETTLED_SECONDS)
    return CarrierRefusedError(code, words, retry_after=_retry_after(answer, code))


def _retry_after(answer: CarrierAnswer, code: str) -> float | None:
    """Return when the same message may be accepted; none if never. A problem with the account can be fixed."""
    if answer.status in _UNAUTHORIZED:
        return _ACCOUNT_SECONDS
    if answer.status == _TOO_MANY_REQUESTS:
        return answer.seconds("retry-after", _TOO_FAST_SECONDS)
    return STATE_SECONDS if code == INITIALIZING or answer.status == NOT_FOUND else None
