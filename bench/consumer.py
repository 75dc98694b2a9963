"""A consumer of committed records in a process of its own, so that it doesn't wait for what else the measuring process does.

Takes the broker's address, and then the positions of events from its input, as a JSON array. When it has read them all, it prints
at which moments (`perf_counter`, a clock that all processes share).
"""

import sys
from concurrent.futures import Future
from threading import Thread
from time import perf_counter

import msgspec
from kafka import KafkaConsumer

from groupchat.broker.topics import CONVERSATIONS

_POLL_MS = 100


def main() -> None:
    """Read until everything that is asked for was read."""
    consumer = KafkaConsumer(
        CONVERSATIONS, bootstrap_servers=sys.argv[1], isolation_level="read_committed", auto_offset_reset="earliest"
    )
    asked: Future[list[int]] = Future()
    Thread(target=lambda: asked.set_result(msgspec.json.decode(sys.stdin.buffer.read(), type=list[int])), daemon=True).start()
    read: dict[int, float] = {}
    while not (asked.done() and read.keys() >= set(asked.result())):
        for records in consumer.poll(timeout_ms=_POLL_MS).values():
            now = perf_counter()
            for record in records:
                read.setdefault(int(dict(record.headers)["ce_position"]), now)
    sys.stdout.write(msgspec.json.encode([read[position] for position in asked.result()]).decode())


if __name__ == "__main__":
    main()
