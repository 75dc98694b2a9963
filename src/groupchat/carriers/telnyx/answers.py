"""The meaning of Telnyx's response to a send for each recipient, or for the whole message."""

import re
from datetime import datetime, timedelta
from typing import Any

from groupchat.carriers import shapes
from groupchat.carriers.calls import SETTLED_SECONDS, CarrierAnswer
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Outgoing, RecipientResult
from groupchat.carriers.telnyx.statuses import BLOCKED, error_of, is_opt_out, recipient_of, status_of

IN_WORK = "10036"
TOO_FAST = "10011"
_LATER = {"40318": 60.0, "40320": 300.0}
"""A full queue, or a number that is being moved: the pause before the next attempt, in seconds."""
_ACCOUNT_SECONDS = 60.0
_UNAUTHORIZED = (401, 403)
_TIMED_OUT = 408
_SERVER_ERROR = 500


def results(outgoing: Outgoing, answer: CarrierAnswer, now: datetime) -> tuple[RecipientResult, ...]:
    """Return one result per recipient; raises `CarrierRefusedError` or `CarrierUnclearError` as `port.Carrier.send`."""
    if not answer.taken:
        return _refused(outgoing, answer, now)
    data = shapes.at(answer.body, "data")
    if not shapes.text(data, "id"):
        msg = f"the response {answer.status} can't be read"
        raise CarrierUnclearError(msg, retry_after=SETTLED_SECONDS)
    entries = [(shapes.number(entry), entry) for entry in shapes.items(data, "to")]
    errors = shapes.items(data, "errors")
    results = {number: result(number, entry, errors, index) for index, (number, entry) in enumerate(entries) if number is not None}
    return tuple(results.get(number) or RecipientResult(recipient=number, status="sent") for number in outgoing.to)


def result(number: str, entry: Any, errors: list[Any], index: int) -> RecipientResult:
    """Return the result in an entry of `to`, with the error that concerns it if it failed."""
    status = status_of(shapes.text(entry, "status") or "queued")
    error = error_of(errors, index) if status == "failed" else None
    code = shapes.text(error, "code") or None
    return RecipientResult(recipient=number, status=status, code=code, opted_out=is_opt_out(error))


def _refused(outgoing: Outgoing, answer: CarrierAnswer, now: datetime) -> tuple[RecipientResult, ...]:
    errors = shapes.items(answer.body, "errors")
    error = next(iter(errors), None)
    code, words = shapes.text(error, "code") or f"http-{answer.status}", _words(error) or f"the response is {answer.status}"
    if _is_unclear(answer, code, words):
        msg = f"{code} {words}"
        raise CarrierUnclearError(msg, retry_after=SETTLED_SECONDS)
    out = _opted_out(outgoing, errors)
    if not out:
        raise CarrierRefusedError(code, words, retry_after=_retry_after(answer, code, now))
    return tuple(RecipientResult(recipient=each, status="failed", code=BLOCKED, opted_out=each in out) for each in outgoing.to)


def _opted_out(outgoing: Outgoing, errors: list[Any]) -> set[str]:
    """Return the recipients that caused a refusal: an error points at each, or contains their number, or there is only one."""
    if len(outgoing.to) == 1 and any(map(is_opt_out, errors)):
        return {*outgoing.to}
    return {
        number
        for index, number in enumerate(outgoing.to)
        for error in errors
        if is_opt_out(error) and (recipient_of(error) == index or number in _words(error))
    }


def _is_unclear(answer: CarrierAnswer, code: str, words: str) -> bool:
    """Return whether Telnyx may have the message anyway: it failed, is working on it, or knows its key from another request."""
    if answer.status >= _SERVER_ERROR or answer.status == _TIMED_OUT or code == IN_WORK:
        return True
    return answer.redirects or re.search("idempotency", words, re.IGNORECASE) is not None


def _retry_after(answer: CarrierAnswer, code: str, now: datetime) -> float | None:
    """Return when the same message may be accepted; none if never. A problem with the account can be fixed."""
    if answer.status in _UNAUTHORIZED:
        return _ACCOUNT_SECONDS
    if code in (TOO_FAST, "http-429"):
        return answer.seconds("x-ratelimit-reset", answer.seconds("retry-after", 5.0))
    if code == "40333":
        tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (tomorrow - now).total_seconds()
    return _LATER.get(code)


def _words(error: Any) -> str:
    return ": ".join(each for each in (shapes.text(error, "title"), shapes.text(error, "detail")) if each)
