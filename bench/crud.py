"""The same job as plain CRUD: FastAPI with Pydantic, SQLAlchemy Core, the same Postgres, durable commits; no history.

`crud.py serve` answers `POST /v1/conversations/{id}/messages`: one transaction checks the key and the group, and inserts the
message, its recipients and its ledger lines, and updates the inbox row. `crud.py work` hands messages over, and updates each
recipient's status: when it takes a message, when the carrier answers, and when a receipt comes. What an opt-out stops is not handed
over. The carrier is the one that we use (`groupchat.carriers.simulator`), with its tables in the same database.

It is written as fast as its kind allows: connections are pooled, statements compiled once, rows inserted together, messages
claimed and statuses updated in batches, each batch in one transaction and one round trip per kind of statement.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from http import HTTPStatus
from os import environ
from typing import Annotated, Any

import uvicorn
import uvloop
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    Numeric,
    Row,
    SmallInteger,
    Table,
    Text,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from groupchat.carriers.port import Inbound, Outgoing, Posted, Receipt, RecipientResult
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.carriers.simulator.tables import METADATA as SIMULATOR
from groupchat.store.database import Database
from groupchat.values.ids import new_id

METADATA = MetaData()
RANK = {"queued": 0, "unconfirmed": 1, "sent": 2, "delivered": 3, "failed": 3}
PAUSE_SECONDS = 0.02
AT_ONCE = 200

KEYS = Table(
    "keys",
    METADATA,
    Column("hash", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("user_id", Text, nullable=False),
    Column("user_name", Text, nullable=False),
)
CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("workspace_id", Text, nullable=False),
    Column("business_number", Text, nullable=False),
    Column("participants", ARRAY(Text), nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("last_message", Text),
    Column("last_message_at", DateTime(timezone=True)),
    Column("unread", Integer, nullable=False),
)
MESSAGES = Table(
    "messages",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("author_id", Text, nullable=False),
    Column("author_name", Text, nullable=False),
    Column("body", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("taken_at", DateTime(timezone=True)),
    Index("messages_of_conversation", "conversation_id", "at"),
    Index("messages_waiting", "at", postgresql_where=text("taken_at IS NULL")),
)
RECIPIENTS = Table(
    "recipients",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("status", SmallInteger, nullable=False),
    Column("code", Text),
    Column("at", DateTime(timezone=True), nullable=False),
)
LEDGER = Table(
    "ledger",
    METADATA,
    Column("message_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("conversation_id", Text, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("amount", Numeric(12, 4), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ledger_of_conversation", "conversation_id", "at"),
)
_M, _R = MESSAGES.c, RECIPIENTS.c
PRICE = Decimal("0.0200")


class NewMessage(BaseModel):
    """The request body."""

    model_config = ConfigDict(extra="forbid")
    body: str = Field(min_length=1, max_length=1_600)


class Recipient(BaseModel):
    """A recipient in the response."""

    number: str
    status: str


class Message(BaseModel):
    """The response."""

    id: str
    conversation_id: str
    body: str
    at: datetime
    recipients: list[Recipient]


def engine() -> Engine:
    """Return the pool: many statements with other values go in one round trip."""
    return create_engine(
        environ["CRUD_DATABASE_URL"],
        pool_size=16,
        max_overflow=0,
        executemany_mode="values_plus_batch",
        executemany_batch_page_size=500,
    )


def application(pool: Engine) -> FastAPI:
    """Return the API."""
    app = FastAPI()
    group_of = (
        select(KEYS.c.user_id, KEYS.c.user_name, CONVERSATIONS.c.participants, CONVERSATIONS.c.blocked)
        .join_from(KEYS, CONVERSATIONS, CONVERSATIONS.c.workspace_id == KEYS.c.workspace_id)
        .where(KEYS.c.hash == bindparam("hash"), CONVERSATIONS.c.id == bindparam("id"))
    )
    seen = update(CONVERSATIONS).where(CONVERSATIONS.c.id == bindparam("which"))

    @app.post("/v1/conversations/{conversation_id}/messages", status_code=201)
    def send(conversation_id: str, message: NewMessage, authorization: Annotated[str, Header()]) -> Message:
        """Store a message."""
        id_, at = new_id("msg"), datetime.now(UTC)
        key = sha256(authorization.removeprefix("Bearer ").encode()).hexdigest()
        with pool.begin() as connection:
            group = connection.execute(group_of, {"hash": key, "id": conversation_id}).one_or_none()
            if group is None:
                raise HTTPException(404)
            if group.blocked:
                raise HTTPException(409)
            row = {"id": id_, "conversation_id": conversation_id, "body": message.body, "at": at}
            connection.execute(insert(MESSAGES), row | {"author_id": group.user_id, "author_name": group.user_name})
            connection.execute(
                insert(RECIPIENTS), [{"message_id": id_, "number": each, "status": 0, "at": at} for each in group.participants]
            )
            line = {"message_id": id_, "conversation_id": conversation_id, "segments": 1, "amount": PRICE, "at": at}
            connection.execute(insert(LEDGER), [line | {"number": each} for each in group.participants])
            connection.execute(seen, {"which": conversation_id, "last_message": message.body, "last_message_at": at})
        recipients = [Recipient(number=each, status="queued") for each in group.participants]
        return Message(id=id_, conversation_id=conversation_id, body=message.body, at=at, recipients=recipients)

    return app


class Inbox:
    """Takes the carrier's receipts."""

    def __init__(self, pool: Engine) -> None:
        self._pool = pool
        to_higher = (_R.message_id == bindparam("of")) & (_R.number == bindparam("to")) & (_R.status < bindparam("new"))
        self._update = (
            update(RECIPIENTS).where(to_higher).values(status=bindparam("new"), code=bindparam("why"), at=bindparam("now"))
        )

    async def receipts(self, batch: Sequence[Receipt]) -> None:
        """Update each recipient's status."""
        await asyncio.to_thread(self.store, [(each.message_id, each) for each in batch])

    async def inbound(self, inbound: Inbound) -> object:
        """Nobody writes here."""
        raise NotImplementedError

    def store(self, statuses: Sequence[tuple[str, Receipt | RecipientResult]]) -> None:
        """Update, in one transaction; it blocks."""
        now = datetime.now(UTC)
        rows = [{"of": id_, "to": each.recipient, "new": RANK[each.status], "why": each.code, "now": now} for id_, each in statuses]
        with self._pool.begin() as connection:
            connection.execute(self._update, rows)


async def work(pool: Engine, stop: asyncio.Event) -> None:
    """Hand messages over, and take receipts."""
    database = Database(environ["CRUD_DATABASE_URL"])
    carrier, inbox = Simulator(database), Inbox(pool)

    async def post(posted: Posted) -> int:
        await carrier.webhook(posted, inbox)
        return HTTPStatus.NO_CONTENT

    pumping = asyncio.create_task(carrier.work(post, stop))
    while not stop.is_set():
        taken = await asyncio.to_thread(_take, pool)
        answers = await asyncio.gather(*(carrier.send(_outgoing(each)) for each in taken))
        found = [(each.id, result) for each, results in zip(taken, answers, strict=True) for result in results]
        if found:
            await asyncio.to_thread(inbox.store, found)
        if len(taken) < AT_ONCE:
            await asyncio.sleep(PAUSE_SECONDS)
    await pumping
    database.close()


_WAITING = select(_M.id).where(_M.taken_at.is_(None)).order_by(_M.at).limit(AT_ONCE).with_for_update(skip_locked=True)
_TAKE = (
    update(MESSAGES)
    .where(_M.id.in_(_WAITING.scalar_subquery()))
    .where(CONVERSATIONS.c.id == _M.conversation_id, ~CONVERSATIONS.c.blocked)
    .values(taken_at=func.now())
    .returning(_M.id, _M.body, _M.taken_at, CONVERSATIONS.c.business_number, CONVERSATIONS.c.participants)
)


def _take(pool: Engine) -> Sequence[Row[Any]]:
    with pool.begin() as connection:
        return connection.execute(_TAKE).all()


def _outgoing(taken: Row[Any]) -> Outgoing:
    to = tuple(taken.participants)
    return Outgoing(message_id=taken.id, from_=taken.business_number, to=to, body=taken.body, begun_at=taken.taken_at)


def prepare(url: str, key: str, groups: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Make the tables, a key, and groups: the id, the business number and the participants of each."""
    pool = create_engine(url)
    METADATA.create_all(pool)
    SIMULATOR.create_all(pool)
    with pool.begin() as connection:
        user = {"workspace_id": "wsp_1", "user_id": "usr_1", "user_name": "Ann Owner"}
        connection.execute(insert(KEYS).values(hash=sha256(key.encode()).hexdigest(), **user))
        rows = [{"id": id_, "workspace_id": "wsp_1", "business_number": ours, "participants": list(to)} for id_, ours, to in groups]
        connection.execute(insert(CONVERSATIONS).values(blocked=False, unread=0), rows)
    pool.dispose()


async def main(what: str) -> None:
    """Serve or work until a signal."""
    pool, stop = engine(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if what == "work":
        sys.stderr.write("crud works\n")
        await work(pool, stop)
        return
    sock = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(application(pool), lifespan="off", log_config=None, access_log=False, server_header=False)
    sys.stderr.write(f"crud listens on http://127.0.0.1:{sock.getsockname()[1]}\n")
    await uvicorn.Server(config).serve([sock])


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1]))
