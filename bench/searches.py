"""Searching the words of a million messages: the time to the first page of conversations, for words of all frequencies.

`python bench/searches.py --messages 1000000` fills the tables of the views directly, in an empty database (`--url`, or SQLite in a
temporary folder), and asks for pages in this process, without a socket.
"""

import argparse
import tempfile
from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

import msgspec
from sqlalchemy import text

from groupchat.aggregates.group_events import InboundReceived
from groupchat.projections import inbox_list
from groupchat.projections.inbox import INBOX
from groupchat.projections.inbox_list import ConversationFilter
from groupchat.projections.message_search import VIEW
from groupchat.projections.thread import MESSAGES, Author, Message
from groupchat.store.database import Database
from groupchat.store.schema import migrate
from groupchat.store.upserts import insert_new
from groupchat.values.clock import utc_now
from groupchat.values.event import Actor, Cause, Recorded

WORKSPACE, USER, PHONE = "wsp_0123456789abcdef", "usr_1", "+14155550101"
EACH = 20
"""The messages of a conversation, on average."""
VOCABULARY, LENGTH = 50_000, 12
_PIECE = 20_000
_CALLS = 15
_NOW = utc_now()


class Zipf:
    """Words as frequent as in a language: the n-th is n times as rare as the first."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._sums = list(accumulate(1 / n for n in range(1, VOCABULARY + 1)))

    def words(self, count: int) -> list[str]:
        """Return some words, `w0` being the most frequent."""
        last = self._sums[-1]
        return [f"w{bisect(self._sums, self._random.random() * last)}" for _ in range(count)]


def fill(database: Database, messages: int) -> None:
    """Store messages, and the conversations that they are in."""
    random, conversations = Random(7), max(1, messages // EACH)
    zipf = Zipf(random)
    for start in range(1, messages + 1, _PIECE):
        batch = list(_received(range(start, min(start + _PIECE, messages + 1)), conversations, zipf, random))
        with database.write(durable=False) as connection:
            VIEW.apply(connection, batch)
            insert_new(connection, MESSAGES, [_message(each) for each in batch])
    for start in range(0, conversations, _PIECE):
        with database.write(durable=False) as connection:
            insert_new(connection, INBOX, [_inbox(n) for n in range(start, min(start + _PIECE, conversations))])
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _received(positions: Sequence[int], conversations: int, zipf: Zipf, random: Random) -> Iterator[Recorded]:
    cause = Cause(workspace_id=WORKSPACE, actor=Actor("participant", PHONE), correlation_id="req_1", causation_id="req_1")
    for position in positions:
        id_ = f"msg_{position}"
        event = InboundReceived(
            message_id=id_, number=PHONE, name="Ann", body=" ".join(zipf.words(LENGTH)), media=(), carrier_message_id=id_
        )
        conversation = f"cnv_{random.randrange(conversations)}"
        yield Recorded(event=event, stream=conversation, version=1, position=position, at=_NOW, cause=cause)


def _message(recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    assert isinstance(event, InboundReceived)
    shown = Message(
        id=event.message_id,
        conversation_id=recorded.stream,
        direction="inbound",
        author=Author.of(event),
        body=event.body,
        media=(),
        at=recorded.at,
        version=recorded.position,
    )
    return {
        "message_id": event.message_id,
        "conversation_id": recorded.stream,
        "version": recorded.position,
        "position": recorded.position,
        "doc": msgspec.json.encode(shown).decode(),
    }


def _inbox(n: int) -> dict[str, Any]:
    return {
        "conversation_id": f"cnv_{n}",
        "workspace_id": WORKSPACE,
        "business_number": "+14155550100",
        "blocked": False,
        "inbound_count": EACH,
        "last_activity_position": n + 1,
        "created_by": USER,
        "created_at": 0,
        "last_activity_at": 0,
        "position": n + 1,
        "state": "{}",
        "doc": '{"id":"' + f"cnv_{n}" + '"}',
    }


SEARCHES = {
    "the most frequent word": "w0",
    "a frequent word": "w20",
    "a word in one of 10,000 messages": "w1000",
    "a rare word": "w45000",
    "two frequent words": "w0 w5",
    "a frequent word and a rare one": "w0 w20000",
    "five frequent words": "w1 w2 w3 w4 w5",
    "frequent words that rarely meet": "w30 w31 w32 w33",
    "no such word": "nothing",
}


def measure(database: Database) -> None:
    """Print the time to the first page of each search."""
    for name, sought in SEARCHES.items():
        times, found = [], 0
        for _ in range(_CALLS):
            start = perf_counter()
            with database.read() as connection:
                found = len(inbox_list.page(connection, WORKSPACE, USER, ConversationFilter(text=sought)).items)
            times.append((perf_counter() - start) * 1000)
        print(f"{name:36} {found:3} found, median {median(times):7.1f} ms, worst {max(times):7.1f} ms")


def main() -> None:
    """Fill a database, and search it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(options.url or f"sqlite:///{Path(folder) / 'groupchat.db'}")
        migrate(database)
        start = perf_counter()
        fill(database, options.messages)
        print(f"{options.messages:,} messages stored in {perf_counter() - start:.0f} s")
        measure(database)
        database.close()


if __name__ == "__main__":
    main()
