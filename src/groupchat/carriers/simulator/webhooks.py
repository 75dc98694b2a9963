"""The simulated carrier's posts: JSON with what the port calls `News`, signed with a key that only its own processes know.

Nobody configures the key. It is created at random when it is first needed, and stored in the database that all processes share.
"""

import asyncio
import hmac
import re
import secrets
from datetime import datetime

import msgspec
from sqlalchemy import select, text

from groupchat.carriers.incoming import News
from groupchat.carriers.port import NotTheCarrierError, Posted
from groupchat.carriers.simulator.tables import WEBHOOK_KEYS
from groupchat.carriers.storage import Storage
from groupchat.values.clock import Clock
from groupchat.values.errors import InvalidRequestError

TOLERANCE_SECONDS = 300
_SIGNATURE = "simulator-signature"
_TIMESTAMP = "simulator-timestamp"
_SECONDS = re.compile("[0-9]{1,12}")


class Posts:
    """Signs the simulated carrier's posts, and verifies them."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._key: bytes | None = None

    async def signed(self, news: News) -> Posted:
        """Return news as the simulated carrier posts it, without the address."""
        body, timestamp = msgspec.json.encode(news), _seconds(self._clock())
        headers = {
            "content-type": "application/json",
            _TIMESTAMP: timestamp,
            _SIGNATURE: _signature(await self._known_key(), timestamp, body),
        }
        return Posted(path="", headers=headers, body=body)

    async def read(self, posted: Posted) -> News:
        """Return the content of a post.

        Raises `NotTheCarrierError` unless it was signed with the key within five minutes of now, `InvalidRequestError` if it isn't
        news.
        """
        timestamp, given = (posted.headers.get(name, "") for name in (_TIMESTAMP, _SIGNATURE))
        if not _SECONDS.fullmatch(timestamp) or abs(int(_seconds(self._clock())) - int(timestamp)) > TOLERANCE_SECONDS:
            msg = f"The header {_TIMESTAMP} is not a time within five minutes of now."
            raise NotTheCarrierError(msg)
        if not hmac.compare_digest(given.encode(), _signature(await self._known_key(), timestamp, posted.body).encode()):
            msg = "The simulated carrier has not signed this body. Only groupchat itself can post here."
            raise NotTheCarrierError(msg)
        try:
            return msgspec.json.decode(posted.body, type=News)
        except msgspec.DecodeError as error:
            raise InvalidRequestError("body", "The body is not what the simulated carrier posts.") from error

    async def _known_key(self) -> bytes:
        if self._key is None:
            self._key = await asyncio.to_thread(self._stored_key)
        return self._key

    def _stored_key(self) -> bytes:
        """Return the key in the database, which is the first one that any process has stored there."""
        with self._storage.write() as connection:
            new = text("INSERT INTO simulator_webhook_keys VALUES (1, :secret) ON CONFLICT DO NOTHING")
            connection.execute(new, {"secret": secrets.token_hex(32)})
            return str(connection.execute(select(WEBHOOK_KEYS.c.secret)).scalar_one()).encode()


def _signature(key: bytes, timestamp: str, body: bytes) -> str:
    return hmac.digest(key, timestamp.encode() + b"|" + body, "sha256").hex()


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))
