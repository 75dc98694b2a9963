"""A browser's session: a cookie in addition to bearer keys, and the protection against other sites.

The cookie contains an API key that was issued for the session and expires. So a session is stored, listed, limited and revoked like
a key. The page can't read the cookie (`HttpOnly`), and other sites can't send it (`SameSite=Strict`). A write also needs the CSRF
token in the header `Groupchat-CSRF`, which only a page of this site can have read.
"""

from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest

from groupchat.http.documents.contract import COOKIE
from groupchat.http.guards.cookies import ServerCookie
from groupchat.http.web.request import Incoming
from groupchat.values.errors import RefusalError

LIFE = timedelta(hours=12)
"""The duration of a session, unless it is ended earlier."""
LABEL = "Browser session"
"""The label of a session's key, by which people recognize it in the list of their keys."""
CSRF = b"groupchat-csrf"
_COOKIE = ServerCookie(COOKIE, int(LIFE.total_seconds()), "Strict")
_READS = frozenset({"GET", "HEAD"})


class CrossSiteRequestError(RefusalError):
    """A request with a session's cookie that may come from another site."""

    slug = "cross-site-request"

    def __init__(self) -> None:
        super().__init__("Send the session's token in the header Groupchat-CSRF. GET /v1/session returns it.")


def session_key(incoming: Incoming) -> str | None:
    """Return the API key in the session's cookie; none without a session.

    Raises `CrossSiteRequestError` for a request that another site may have caused.
    """
    key = _COOKIE.read(incoming)
    if key is None:
        return None
    if incoming.scope["method"] not in _READS:
        shown = incoming.headers.get(CSRF, b"").decode("latin-1")
        if not compare_digest(shown.encode(), csrf_token(key).encode()):
            raise CrossSiteRequestError
    require_same_site(incoming)
    return key


def require_same_site(incoming: Incoming) -> None:
    """Raise `CrossSiteRequestError` if the browser says that another site's page makes the request."""
    if incoming.headers.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
        raise CrossSiteRequestError


def csrf_token(key: str) -> str:
    """Return the token of the session with a key. The key can't be derived from it."""
    return sha256(b"csrf " + key.encode()).hexdigest()


def cookie(incoming: Incoming, key: str) -> bytes:
    """Return the `Set-Cookie` line that begins a session; with an empty key, the one that ends it."""
    return _COOKIE.line(incoming, key)
