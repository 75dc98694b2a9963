"""Putting a small object into an S3 bucket, with AWS Signature Version 4: all of the protocol that checkpoints need.

Credentials come from the environment, under the names that other programs use: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
`AWS_SESSION_TOKEN`, `AWS_REGION`, and `AWS_ENDPOINT_URL_S3` for other stores with the same protocol.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Self
from urllib.parse import quote, urlsplit

from msgspec import Struct

from groupchat.values.errors import ExpectedError
from groupchat.values.web_address import is_web_address


class NoCredentialsError(ExpectedError):
    """The environment does not say how to reach S3. The message names what is missing or wrong."""


class Credentials(Struct, frozen=True):
    """The account and region for storing objects; the endpoint is a server's address without a path."""

    key_id: str
    secret: str
    region: str
    token: str | None = None
    endpoint: str | None = None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Read them from environment variables; raises `NoCredentialsError`."""
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION")
        missing = [name for name in names if not environment.get(name)]
        if missing:
            msg = f"To publish to S3, also set {', '.join(missing)}."
            raise NoCredentialsError(msg)
        key_id, secret, region = (environment[name] for name in names)
        endpoint = environment.get("AWS_ENDPOINT_URL_S3")
        if endpoint and not is_web_address(endpoint):
            msg = "AWS_ENDPOINT_URL_S3 is not a web address, such as https://s3.example.com."
            raise NoCredentialsError(msg)
        return cls(key_id, secret, region, environment.get("AWS_SESSION_TOKEN"), endpoint)

    def __repr__(self) -> str:
        return f"Credentials({self.key_id!r})"

    def address(self, bucket: str, path: str) -> str:
        """Return the URL of an object."""
        endpoint = self.endpoint or f"https://s3.{self.region}.amazonaws.com"
        return f"{endpoint}/{quote(bucket)}/{quote(path)}"

    def signed(self, method: str, url: str, content: bytes, at: datetime, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the headers of a request, with those that sign it; names are in lower case."""
        digest = hashlib.sha256(content).hexdigest()
        day, moment = f"{at:%Y%m%d}", f"{at:%Y%m%dT%H%M%SZ}"
        parts = urlsplit(url)
        whole = dict(headers) | {"host": parts.netloc, "x-amz-content-sha256": digest, "x-amz-date": moment}
        if self.token is not None:
            whole["x-amz-security-token"] = self.token
        names = sorted(whole)
        lines = [method, parts.path, parts.query, *(f"{name}:{whole[name].strip()}" for name in names), "", ";".join(names), digest]
        scope = f"{day}/{self.region}/s3/aws4_request"
        request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        signature = self._signature(day, f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{request}")
        credential = f"AWS4-HMAC-SHA256 Credential={self.key_id}/{scope}"
        return whole | {"authorization": f"{credential},SignedHeaders={';'.join(names)},Signature={signature}"}

    def _signature(self, day: str, text: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in (day, self.region, "s3", "aws4_request", text):
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()
