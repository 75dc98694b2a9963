"""An authorization server (OpenID Connect Core, PKCE): it gives codes to browsers, and id tokens for codes over HTTP.

It checks what the standards require it to check, and refuses like they say. It can be `silent`, `broken`, or give other `claims`.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from tests.http.identity_provider import ISSUER, IdentityProvider

CLIENT_ID, CLIENT_SECRET = "groupchat console", "a secret: with + and %"
REDIRECT_URI = "http://groupchat.test/v1/sign-in/callback"


class AuthorizationServer:
    """A provider with one registered client."""

    def __init__(self, provider: IdentityProvider, email: str) -> None:
        self.provider = provider
        self.url = ""
        self.redirect_uri = REDIRECT_URI
        self.workspace_id = ""
        self.email = email
        self.claims: dict[str, Any] = {}
        self.silent = False
        self.broken: bytes | None = None
        self.exchanges = 0
        self._codes: dict[str, dict[str, str]] = {}
        self._waiting: list[asyncio.StreamWriter] = []

    def authorize(self, address: str) -> str:
        """Sign the person in at the address that the browser was sent to; return where the browser is sent back."""
        asked = dict(parse_qsl(urlsplit(address).query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert (asked["client_id"], asked["redirect_uri"]) == (CLIENT_ID, self.redirect_uri)
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": ISSUER, "session_state": "of no interest"}
        return f"{urlsplit(self.redirect_uri).path}?{urlencode(back)}"

    @property
    def site(self) -> str:
        """The address of its pages: another site than 127.0.0.1, so that browsers treat the way back as coming from elsewhere."""
        return self.url.replace("127.0.0.1", "localhost")

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Show the page on which people sign in, or respond to one token request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if head.startswith("GET "):
            await _respond(writer, 200, self._page(head.split(" ")[1]))
            return
        self.exchanges += 1
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
        form = {name: values[0] for name, values in parse_qs((await reader.read(int(headers["content-length"]))).decode()).items()}
        if self.silent:
            self._waiting.append(writer)
            return
        status, content = (200, self.broken) if self.broken is not None else self._judged(headers, form)
        await _respond(writer, status, content)

    def _page(self, address: str) -> bytes:
        if not address.startswith("/authorize?"):
            return b""
        console = self.redirect_uri.removesuffix(urlsplit(self.redirect_uri).path)
        back = f"{console}{self.authorize(address)}"
        callback, _, query = back.partition("?")
        other = urlencode(dict(parse_qsl(query)) | {"state": "another"})
        links = {f"Continue as {self.email}": back, "Come back with another state": f"{callback}?{other}"}
        links["Cancel"] = f"{callback}?{urlencode({'error': 'access_denied', 'state': dict(parse_qsl(query))['state']})}"
        shown = "".join(f'<p><a href="{escape(link)}">{escape(name)}</a></p>' for name, link in links.items())
        return f"<!doctype html><title>Sign in</title><h1>The identity provider</h1>{shown}".encode()

    def close(self) -> None:
        """Cut off those who still wait."""
        for writer in self._waiting:
            writer.transport.abort()

    def _judged(self, headers: dict[str, str], form: dict[str, str]) -> tuple[int, bytes]:
        user, _, password = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode().partition(":")
        if (unquote_plus(user), unquote_plus(password)) != (CLIENT_ID, CLIENT_SECRET):
            return 401, json.dumps({"error": "invalid_client"}).encode()
        asked = self._codes.pop(form["code"], None)  # a code works once
        challenge = base64.urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or form["redirect_uri"] != asked["redirect_uri"] or challenge != asked["code_challenge"]:
            return 400, json.dumps({"error": "invalid_grant"}).encode()
        claims = {"aud": CLIENT_ID, "nonce": asked["nonce"], "sub": "1"} | self.claims
        token = self.provider.token(self.workspace_id, self.email, **claims)
        return 200, json.dumps({"access_token": "opaque", "token_type": "Bearer", "id_token": token}).encode()


async def _respond(writer: asyncio.StreamWriter, status: int, content: bytes) -> None:
    writer.write(b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(content), content))
    await writer.drain()
    writer.close()


@asynccontextmanager
async def authorization_server(provider: IdentityProvider, email: str) -> AsyncIterator[AuthorizationServer]:
    """Serve an authorization server next to a provider's key set."""
    made = AuthorizationServer(provider, email)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield made
        made.close()
