"""An identity provider: keys of its own, tokens that it signs, and the key set that it publishes over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from groupchat.http.guards.tokens import Provider

ISSUER, AUDIENCE = "https://id.example.com/", "groupchat"


class IdentityProvider:
    """Signs tokens. `published` are the keys that it shows; it can be `down`, `silent`, or answer with `nonsense`."""

    def __init__(self) -> None:
        self.url = ""
        self.down = False
        self.silent = False
        self.waiting: list[asyncio.StreamWriter] = []
        self.nonsense: bytes | None = None
        self.fetched = 0
        self.rsa = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.published = [rsa_jwk(self.rsa, "rsa-1"), ec_jwk(self.ec, "ec-1")]

    def provider(self, *algorithms: str) -> Provider:
        """Return it as an operator describes it."""
        return Provider(
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks_url=self.url,
            algorithms=algorithms or ("RS256", "ES256"),
            workspace_claim="groupchat_workspace",
        )

    def token(
        self, workspace_id: str, email: str, *, key: Any = None, algorithm: str = "RS256", kid: str | None = "rsa-1", **claims: Any
    ) -> str:
        """Sign a token, good unless something else is asked for; a claim of `None` is left out."""
        now = datetime.now(UTC)
        usual = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": now + timedelta(minutes=5),
            "nbf": now - timedelta(minutes=1),
            "groupchat_workspace": workspace_id,
            "email": email,
        }
        content = {name: value for name, value in (usual | claims).items() if value is not None}
        return jwt.encode(content, key or self.rsa, algorithm=algorithm, headers={"kid": kid} if kid else {})

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request for the keys."""
        await reader.readuntil(b"\r\n\r\n")
        self.fetched += 1
        if self.silent:
            self.waiting.append(writer)
            return
        body = json.dumps({"keys": self.published}).encode() if self.nonsense is None else self.nonsense
        status = b"503 Service Unavailable" if self.down else b"200 OK"
        writer.write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body))
        await writer.drain()
        writer.close()


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    """Return the public part of a key in its published form."""
    return {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}


def ec_jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    """Return the public part of a key in its published form."""
    return {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid}


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    """Serve an identity provider."""
    provider = IdentityProvider()
    server = await asyncio.start_server(provider.answer, "127.0.0.1", 0)
    provider.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/keys"
    async with server:
        yield provider
        for writer in provider.waiting:
            writer.transport.abort()
