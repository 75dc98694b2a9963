"""The behavior of a simulated number: switches for tests and demos, one per number.

On a recipient's number (the other members see no difference):

- `fail`: the message does not reach the handset, for the reason `code`;
- `opted_out`: the carrier reports that the recipient opted out (code 21610, like Twilio's), and delivers nothing;
- `silent`: the handset receives the message, but no receipt ever arrives;
- `unconfirmed`: the same, and the carrier's result already says that it doesn't know;
- `duplicate`: every receipt arrives twice, and so does everything that the recipient writes;
- `late`: the receipt arrives after `seconds`;
- `out_of_order`: `delivered` arrives before `sent`, which arrives after `seconds`.

The call's result reports `fail` and `opted_out`. With `seconds`, a receipt reports them that many seconds later.

On a business number, for the whole message:

- `refuse`: the carrier refuses, for the reason `code`; with `seconds`, it says that it may accept the message after that time;
- `lost`: the call times out, and nothing was sent; `find` says so;
- `unclear`: the call times out, but the message was sent; `find` knows;
- `unknowable`: the same, and `find` doesn't know while the number has this behavior.
"""

from typing import Literal

from msgspec import Struct

from groupchat.aggregates.delivery_parts import ReceiptStatus
from groupchat.carriers.port import RecipientResult, ResultStatus

Behavior = Literal[
    "fail", "opted_out", "silent", "unconfirmed", "duplicate", "late", "out_of_order", "refuse", "lost", "unclear", "unknowable"
]

OPTED_OUT_CODE = "21610"
FAILED_CODE = "30003"
REFUSED_CODE = "40000"


class Switch(Struct, frozen=True, kw_only=True):
    """A number's behavior, with its seconds and code, if any."""

    behavior: Behavior | None = None
    seconds: float | None = None
    code: str | None = None


class Callback(Struct, frozen=True, kw_only=True):
    """A receipt to come, after `seconds`."""

    status: ReceiptStatus
    seconds: float = 0.0
    code: str | None = None
    opted_out: bool = False


class Fate(Struct, frozen=True, kw_only=True):
    """The fate of a message for one recipient: whether the handset receives it, the call's result, and later receipts."""

    received: bool
    status: ResultStatus = "sent"
    code: str | None = None
    opted_out: bool = False
    callbacks: tuple[Callback, ...] = ()

    def result(self, recipient: str) -> RecipientResult:
        """Return the call's result for a recipient."""
        return RecipientResult(recipient=recipient, status=self.status, code=self.code, opted_out=self.opted_out)


_DELIVERED = Callback(status="delivered")


def fate(switch: Switch) -> Fate:
    """Return the fate of a message for a recipient with this behavior."""
    if switch.behavior == "fail":
        return _failing(switch, switch.code or FAILED_CODE)
    if switch.behavior == "opted_out":
        return _failing(switch, switch.code or OPTED_OUT_CODE, opted_out=True)
    if switch.behavior == "unconfirmed":
        return Fate(received=True, status="unconfirmed", code=switch.code)
    return Fate(received=True, callbacks=_callbacks(switch))


def _failing(switch: Switch, code: str, *, opted_out: bool = False) -> Fate:
    if switch.seconds is None:
        return Fate(received=False, status="failed", code=code, opted_out=opted_out)
    callback = Callback(status="failed", seconds=switch.seconds, code=code, opted_out=opted_out)
    return Fate(received=False, callbacks=(callback,))


def _callbacks(switch: Switch) -> tuple[Callback, ...]:
    seconds = switch.seconds or 0.0
    match switch.behavior:
        case "silent":
            return ()
        case "duplicate":
            return (_DELIVERED, _DELIVERED)
        case "late":
            return (Callback(status="delivered", seconds=seconds),)
        case "out_of_order":
            return (_DELIVERED, Callback(status="sent", seconds=seconds))
        case _:
            return (_DELIVERED,)
