"""Sum what each workspace is billed, per currency, to the last digit: `python examples/ledger_summer.py totals.db`.

A total changes in one transaction with what has been counted in it, so an entry is counted once, whatever comes again.
"""

import argparse
import os
import sqlite3
from contextlib import suppress
from decimal import Context, Decimal, Inexact

from groupchat.client import LEDGER, Reader, Record

EXACT = Context(prec=60, traps=[Inexact])
TABLES = """
CREATE TABLE IF NOT EXISTS totals (workspace TEXT, currency TEXT, amount TEXT, PRIMARY KEY (workspace, currency));
CREATE TABLE IF NOT EXISTS counted (subject TEXT, stream TEXT, version INT, entry INT, PRIMARY KEY (subject, stream));
"""


def count(db: sqlite3.Connection, record: Record) -> Decimal | None:
    """Count an entry; return the total, or none if the entry was counted before."""
    with db:
        last = db.execute("SELECT version, entry FROM counted WHERE (subject, stream) = (?, ?)", (record.subject, record.stream))
        if (record.version, record.entry) <= (last.fetchone() or (0, 0)):
            return None
        whose = (record.workspace, record.data["currency"])
        (before,) = db.execute("SELECT amount FROM totals WHERE (workspace, currency) = (?, ?)", whose).fetchone() or ("0",)
        total = EXACT.add(Decimal(before), Decimal(record.data["amount"]))
        db.execute("REPLACE INTO totals VALUES (?, ?, ?)", (*whose, f"{total:f}"))
        db.execute("REPLACE INTO counted VALUES (?, ?, ?, ?)", (record.subject, record.stream, record.version, record.entry))
        return total


def main() -> None:
    """Count until Ctrl-C, or until there was nothing to count for so many seconds."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file")
    options.add_argument("--topic-prefix", default="")
    options.add_argument("--idle-seconds", type=float)
    given = options.parse_args()
    brokers = os.environ.get("GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    topics, group = [given.topic_prefix + LEDGER], given.topic_prefix + "ledger-summer"
    db = sqlite3.connect(given.file)
    db.executescript(TABLES)
    with Reader(brokers, group=group, topics=topics, instance="1", idle_seconds=given.idle_seconds) as records:
        for record in records:
            total = count(db, record)
            if total is not None:
                print(record.workspace, record.data["currency"], f"{total:f}", flush=True)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
