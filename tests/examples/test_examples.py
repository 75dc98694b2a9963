"""The examples as their readers run them: processes on a real broker, killed and started again, and right to the last digit."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from itertools import islice

import pytest

from groupchat.aggregates import consent, delivery_events
from tests.docs.pages import ROOT, blocks
from tests.projections.histories import log_of
from tests.support.builders import BUSINESS, CAUSE, a_rate, number
from tests.support.publishing import make_topics, publisher
from tests.support.stories import a_message, messages

PAGE = (ROOT / "docs" / "topics.md").read_text()
KILLED = -signal.SIGKILL
HEEDING = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


@pytest.fixture
def topics(kafka, topic_prefix) -> str:
    """The prefix of the test's own topics, which are there."""
    make_topics(kafka, topic_prefix)
    return topic_prefix


@pytest.fixture
def publish(kafka, topics):
    """Publish a log in transactions of 100 events."""

    def published(log):
        with publisher(kafka, topics) as relay:
            for begin in range(0, len(log), 100):
                relay.publish(log[begin : begin + 100])

    return published


@contextmanager
def example(name, kafka, topics, folder, *more) -> Iterator[subprocess.Popen[str]]:
    """Run an example on its file in a folder; it heeds Ctrl-C, although a shell ignores it for what it runs in the background."""
    environment = os.environ | {"GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": kafka}
    command = [sys.executable, "-c", HEEDING, str(ROOT / "examples" / name), "state.db", "--topic-prefix", topics, *more]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def to_the_end(name, kafka, topics, folder) -> list[str]:
    """Run an example until no records are left; return its output."""
    with example(name, kafka, topics, folder, "--idle-seconds", "1") as process:
        assert process.stdout
        lines = process.stdout.read().splitlines()
        assert process.wait(20) == 0
    return lines


def killed_after(count, name, kafka, topics, folder) -> list[str]:
    """Run an example, and kill it when it has printed so many lines."""
    with example(name, kafka, topics, folder) as process:
        assert process.stdout
        lines = list(islice(process.stdout, count))
        process.kill()
        assert process.wait(20) == KILLED
    return lines


def test_an_example_ends_in_order_at_ctrl_c(kafka, topics, publish, tmp_path):
    publish(messages(1))
    with example("ledger_summer.py", kafka, topics, tmp_path) as process:
        assert process.stdout
        assert len(list(islice(process.stdout, 2))) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0

    assert to_the_end("ledger_summer.py", kafka, topics, tmp_path) == []


def rows(folder, query):
    with sqlite3.connect(folder / "state.db") as db:
        found = db.execute(query).fetchall()
    db.close()
    return found


def test_the_ledger_summer_counts_each_entry_once_even_when_it_is_killed_R25(kafka, topics, publish, tmp_path):
    withheld = delivery_events.Withheld(
        message_id="msg_0", conversation_id="cnv_0", recipients=(number(1), number(2)), rate=a_rate()
    )
    log = messages(250)
    publish(log + log_of([("delivery-msg_0", withheld)], first=251))

    before = killed_after(150, "ledger_summer.py", kafka, topics, tmp_path)
    publish(log[150:])  # and published twice
    after = to_the_end("ledger_summer.py", kafka, topics, tmp_path)

    assert len(before) == 150
    assert after[-1] == "wsp_1 USD 9.9600"
    assert rows(tmp_path, "SELECT * FROM totals") == [("wsp_1", "USD", f"{Decimal('0.0200') * (500 - 2):f}")]
    assert to_the_end("ledger_summer.py", kafka, topics, tmp_path) == []


def test_the_optout_mirror_is_right_even_if_it_is_killed_R14(kafka, topics, publish, tmp_path):
    def consented(kind, n):
        who = {"business_number": BUSINESS, "number": number(n)}
        return f"consent-{BUSINESS}-{number(n)}", kind(**who, cause="keyword", evidence="msg_1")

    story = [consented(consent.OptedOut, n) for n in range(200)]
    story += [consented(consent.OptedIn, n) for n in range(0, 200, 2)]
    story += [consented(consent.OptedOut, n) for n in range(0, 200, 4)]
    publish(log_of(story))

    killed_after(60, "optout_mirror.py", kafka, topics, tmp_path)
    publish(log_of(story))
    to_the_end("optout_mirror.py", kafka, topics, tmp_path)

    out = rows(tmp_path, "SELECT number FROM optouts WHERE opted_out")
    back = rows(tmp_path, "SELECT number, version FROM optouts WHERE NOT opted_out")
    assert sorted(out) == sorted((number(n),) for n in range(200) if n % 4 != 2)
    assert sorted(back) == sorted((number(n), 2) for n in range(200) if n % 4 == 2)


@pytest.mark.parametrize("name", ["ledger_summer.py", "optout_mirror.py"])
def test_the_page_for_consumers_shows_the_output_of_an_example(name, kafka, topics, publish, tmp_path):
    (shown,) = [block.text for block in blocks(PAGE) if block.language == "console" and name in block.text]
    publish(
        log_of(
            [
                ("cnv_1", a_message(1)),
                (
                    f"consent-{BUSINESS}-{number(1)}",
                    consent.OptedOut(business_number=BUSINESS, number=number(1), cause="keyword", evidence="msg_2"),
                ),
            ],
            cause=CAUSE,
        )
    )

    assert to_the_end(name, kafka, topics, tmp_path) == shown.splitlines()[1:]


def test_the_page_for_consumers_shows_the_code_of_an_example():
    (shown,) = [block.text for block in blocks(PAGE) if block.language == "python" and "def count" in block.text]

    assert shown == (ROOT / "examples" / "ledger_summer.py").read_text()
