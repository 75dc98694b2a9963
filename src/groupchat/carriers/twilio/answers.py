"""The meaning of Twilio's error responses for a message."""

from msgspec.structs import asdict

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.carriers import shapes
from groupchat.carriers.calls import SETTLED_SECONDS, CarrierAnswer
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Receipt, RecipientResult

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


def result(recipient: str, word: str, code: str) -> RecipientResult:
    """Return the result for a recipient, by the word for the status and by an error code, which counts only for a failure.

    An unknown word means `unconfirmed`.
    """
    status = _STATUSES.get(word, "unconfirmed")
    if status != "failed" or code in ("", "0"):
        return RecipientResult(recipient=recipient, status=status)
    return RecipientResult(recipient=recipient, status=status, code=code, opted_out=code == OPTED_OUT)


def receipt(message_id: str, recipient: str, word: str, code: str) -> Receipt:
    """Return the later report of such a result."""
    return Receipt(message_id=message_id, **asdict(result(recipient, word, code)))


def error_of(answer: CarrierAnswer) -> CarrierRefusedError | CarrierUnclearError:
    """Return the error of a message that was not accepted."""
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
