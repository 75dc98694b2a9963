"""Cookies that only the server reads. Over HTTPS, a cookie's name says that no other host can have set it (`__Host-`)."""

from http.cookies import CookieError, SimpleCookie
from typing import Literal

from msgspec import Struct

from groupchat.http.web.request import Incoming


class ServerCookie(Struct, frozen=True):
    """A cookie's name over plain HTTP, how many seconds a browser keeps it, and on which requests it sends it."""

    name: str
    seconds: int
    same_site: Literal["Strict", "Lax"]

    def read(self, incoming: Incoming) -> str | None:
        """Return the value that the browser has sent; none without the cookie, or if it is empty."""
        try:
            cookies = SimpleCookie(incoming.headers.get(b"cookie", b"").decode("latin-1"))
        except CookieError:
            return None
        found = cookies.get(self._name(incoming))
        return (found.value or None) if found is not None else None

    def line(self, incoming: Incoming, value: str) -> bytes:
        """Return the `Set-Cookie` line that stores a value; with an empty value, the one that removes the cookie."""
        secure = "; Secure" if incoming.is_secure else ""
        seconds = self.seconds if value else 0
        named = f"{self._name(incoming)}={value}"
        return f"{named}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={self.same_site}{secure}".encode()

    def _name(self, incoming: Incoming) -> str:
        return f"__Host-{self.name}" if incoming.is_secure else self.name
