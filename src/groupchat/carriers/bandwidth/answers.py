"""The meaning of Bandwidth's response to a send, and of its codes.

After any 4xx or 5xx response of Bandwidth's own, nothing is sent. A response without its format comes from some gateway instead.
"""

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.carriers import shapes
from groupchat.carriers.calls import SETTLED_SECONDS, CarrierAnswer
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Outgoing, RecipientResult

_OPTED_OUT = frozenset({"4475", "4775"})
_UNCERTAIN = frozenset({"9902", "9999"})
"""No receipt came in time, for unknown reasons. The message may have arrived."""
_QUEUE_SECONDS = 15.0
_ACCOUNT_SECONDS = 60.0
_SERVER_SECONDS = 30.0
_UNAUTHORIZED = (401, 403)
_TOO_MANY_REQUESTS = 429
_TIMED_OUT = 408
_SERVER_ERROR = 500


def results(outgoing: Outgoing, answer: CarrierAnswer) -> tuple[RecipientResult, ...]:
    """Return that each recipient was accepted; raises `CarrierRefusedError` or `CarrierUnclearError` as `port.Carrier.send`."""
    if answer.taken and shapes.text(answer.body, "id"):
        return tuple(RecipientResult(recipient=number, status="sent") for number in outgoing.to)
    kind = shapes.text(answer.body, "type")
    if _may_have_it(answer, kind):
        msg = f"the response {answer.status} does not have Bandwidth's format"
        raise CarrierUnclearError(msg, retry_after=SETTLED_SECONDS)
    code = kind or f"http-{answer.status}"
    raise CarrierRefusedError(code, _words(answer), retry_after=_retry_after(answer))


def status_of_failure(code: str) -> ReceiptStatus:
    """Return the status of a failure with this code."""
    return "unconfirmed" if code in _UNCERTAIN else "failed"


def is_opt_out(code: str) -> bool:
    """Return whether a failure's code says that the recipient opted out."""
    return code in _OPTED_OUT


def _may_have_it(answer: CarrierAnswer, kind: str) -> bool:
    if answer.taken or answer.redirects:
        return True
    return not kind and (answer.status >= _SERVER_ERROR or answer.status == _TIMED_OUT)


def _retry_after(answer: CarrierAnswer) -> float | None:
    """Return when the same message may be accepted; none if never. A problem with the account can be fixed."""
    if answer.status in _UNAUTHORIZED:
        return _ACCOUNT_SECONDS
    if answer.status == _TOO_MANY_REQUESTS:
        return answer.seconds("retry-after", _QUEUE_SECONDS)
    return _SERVER_SECONDS if answer.status >= _SERVER_ERROR else None


def _words(answer: CarrierAnswer) -> str:
    reasons = [shapes.text(answer.body, "description")]
    reasons += [
        f"{shapes.text(each, 'fieldName')}: {shapes.text(each, 'description')}" for each in shapes.items(answer.body, "fieldErrors")
    ]
    return " ".join(each for each in reasons if each) or f"the response is {answer.status}"
