"""Bandwidth authenticates with HTTP Basic: the login that the operator gave it for its webhooks."""

import base64
import binascii
import hmac
from collections.abc import Sequence

from msgspec import Struct

from groupchat.carriers.port import NotTheCarrierError, Posted


class WebhookLogin(Struct, frozen=True):
    """A user name and its password."""

    user: str
    password: str


def require_login(posted: Posted, logins: Sequence[WebhookLogin]) -> None:
    """Raise `NotTheCarrierError` unless the request has one of the logins."""
    given = _given(posted.headers.get("authorization", ""))
    if not [login for login in logins if hmac.compare_digest(given, f"{login.user}:{login.password}".encode())]:
        msg = (
            "The request doesn't have the webhook's user and password. Set those of GROUPCHAT_BANDWIDTH_WEBHOOK_USER and "
            "GROUPCHAT_BANDWIDTH_WEBHOOK_PASSWORD in Bandwidth's application, for inbound messages and for status."
        )
        raise NotTheCarrierError(msg)


def _given(header: str) -> bytes:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
