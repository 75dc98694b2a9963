"""Mirror who has opted out of which business number: `python examples/optout_mirror.py optouts.db`.

A business number and a phone have one stream, and here one row, which has the version that it was made by: what is not above
that was mirrored before. So the table is right whatever comes again.
"""

import argparse
import os
import sqlite3
from contextlib import suppress

from groupchat.client import CONSENTS, Reader, Record

TABLE = """
CREATE TABLE IF NOT EXISTS optouts (
  business_number TEXT, number TEXT, opted_out INT, cause TEXT, since TEXT, version INT, PRIMARY KEY (business_number, number)
)
"""
NEWER = """
INSERT INTO optouts VALUES (:business_number, :number, :opted_out, :cause, :since, :version)
ON CONFLICT DO UPDATE SET opted_out = :opted_out, cause = :cause, since = :since, version = :version WHERE version < :version
"""
SAYS = {"groupchat.consent.opted_out": True, "groupchat.consent.opted_in": False}


def mirror(db: sqlite3.Connection, record: Record) -> bool:
    """Mirror a record; return whether it says anything new of an opt-out."""
    if record.type not in SAYS:  # types that one does not know are passed over
        return False
    latest = {name: record.data[name] for name in ("business_number", "number", "cause")}
    row = latest | {"opted_out": SAYS[record.type], "since": record.time.isoformat(), "version": record.version}
    with db:
        return db.execute(NEWER, row).rowcount == 1


def main() -> None:
    """Mirror until Ctrl-C, or until there was nothing to mirror for so many seconds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file")
    options.add_argument("--topic-prefix", default="")
    options.add_argument("--idle-seconds", type=float)
    given = options.parse_args()
    brokers = os.environ.get("GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    topics, group = [given.topic_prefix + CONSENTS], given.topic_prefix + "optout-mirror"
    db = sqlite3.connect(given.file)
    db.execute(TABLE)
    with Reader(brokers, group=group, topics=topics, instance="1", idle_seconds=given.idle_seconds) as records:
        for record in records:
            if mirror(db, record):
                state = "out" if SAYS[record.type] else "in"
                print(record.data["business_number"], record.data["number"], state, record.data["cause"], flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
