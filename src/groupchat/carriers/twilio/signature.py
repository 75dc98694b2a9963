"""Twilio signs its posts: HMAC-SHA1 over the called address and the form's fields, with the account's auth token."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from groupchat.carriers.port import NotTheCarrierError, Posted

_SIGNATURE = "x-twilio-signature"
_FORM = "application/x-www-form-urlencoded"
_BODY_HASH = "bodySHA256"


def require_signed(posted: Posted, tokens: Sequence[str], public_url: str) -> None:
    """Raise `NotTheCarrierError` unless a token signed exactly this request to this server's public address."""
    given = posted.headers.get(_SIGNATURE, "").encode()
    is_form = posted.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
    url = public_url.rstrip("/") + posted.path
    fields = form_of(posted) if is_form else []
    expected = [_signed(each, fields, token) for token in tokens for each in _forms_of(url)]
    if not [each for each in expected if hmac.compare_digest(given, each)] or not (is_form or _has_its_hash(posted)):
        msg = (
            f"Twilio has not signed this request for {url}. Check GROUPCHAT_TWILIO_AUTH_TOKEN, and that GROUPCHAT_PUBLIC_URL is "
            "the address that Twilio calls."
        )
        raise NotTheCarrierError(msg)


def form_of(posted: Posted) -> list[tuple[str, str]]:
    """Return the fields of a form, including those without a value."""
    return parse_qsl(posted.body.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace")


def _signed(url: str, fields: Iterable[tuple[str, str]], token: str) -> bytes:
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token.encode(), text.encode("utf-8", "replace"), hashlib.sha1))


def _forms_of(url: str) -> tuple[str, ...]:
    """Return an address with and without its port, because Twilio signs either."""
    parts = urlsplit(url)
    port = 443 if parts.scheme == "https" else 80
    host = parts.hostname or ""
    with_port = urlunsplit(parts._replace(netloc=f"{host}:{parts.port or port}"))
    return (url, with_port, urlunsplit(parts._replace(netloc=host)))


def _has_its_hash(posted: Posted) -> bool:
    """Return whether the address, which is signed, has the hash of a body that is not a form."""
    query = dict(parse_qsl(urlsplit(posted.path).query))
    return hmac.compare_digest(query.get(_BODY_HASH, "").encode(), hashlib.sha256(posted.body).hexdigest().encode())
