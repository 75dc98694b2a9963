"""The tutorial, as a new user follows it: the real server in a process of its own, each `sh` block in one bash session.

The convention (docs/testing.md describes it to writers): a `json` block shows what the last command of the `sh` block before it
answers, with `...` for what is left out. A block without one must not answer with a problem.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.docs.pages import ROOT, Block, blocks, section

GROUPCHAT = Path(sys.executable).with_name("groupchat")
WALK = blocks(section((ROOT / "docs" / "tutorial.md").read_text(), "Walkthrough"))
DONE = "--done--"
PATIENCE_SECONDS = 15.0
STOPPED_BY_CTRL_C = 128 + signal.SIGINT
REPEATED = re.compile(r"^api GET .*\n\Z", re.MULTILINE)
"""A list may be a moment behind, so a reader asks again: the last command of a block is repeated if it only reads."""


class Shell:
    """A bash session that ends at the first command that fails."""

    def __init__(self, folder: Path) -> None:
        process = subprocess.Popen(
            ["/usr/bin/env", "bash", "-eu", "-o", "pipefail"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        assert process.stdin
        assert process.stdout
        self._process, self._stdin, self._stdout = process, process.stdin, process.stdout

    def run(self, commands: str) -> str:
        """Run commands and return what they print."""
        self._stdin.write(f"{commands}\necho {DONE}\n")
        self._stdin.flush()
        printed = ""
        for line in self._stdout:
            if line == f"{DONE}\n":
                return printed
            printed += line
        pytest.fail(f"the session ended at:\n{commands}\nwhich printed:\n{printed}")

    def close(self) -> None:
        self._stdin.close()
        self._stdout.close()
        self._process.wait()


@contextmanager
def demo(folder: Path, database_url: str) -> Iterator[tuple[str, str]]:
    """Run `groupchat demo` on a free port; give its address and the key that it prints."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
    environment = clean | {"GROUPCHAT_DATABASE_URL": database_url}
    process = subprocess.Popen(
        [GROUPCHAT, "demo", "--port", "0"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    assert process.stderr
    draining = Thread(target=deque, args=(process.stderr, 0))  # the server waits for nobody who reads its log
    try:
        printed = ""
        for line in process.stderr:
            printed += line
            if found := re.search(r"export KEY=(\S+)", line):
                break
        else:
            draining.start()
            pytest.fail(f"groupchat demo ended with:\n{printed}")
        draining.start()
        address = re.search(r"listens on (http://\S+)", printed)
        assert address, printed
        yield address[1], found[1]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
        draining.join()
        process.stderr.close()
    assert process.returncode in (0, STOPPED_BY_CTRL_C)


def fragments(shown: str) -> list[str]:
    """Return the pieces of an abbreviated answer between its `...`, without white space."""
    pieces = (re.sub(r"\s|,$|^,", "", piece.strip()) for piece in shown.split("..."))
    return [piece.strip(",") for piece in pieces if piece.strip(",")]


def missing(answer: str, shown: str) -> str | None:
    """Return the first piece that does not follow the earlier pieces in the response."""
    left = re.sub(r"\s", "", answer)
    for piece in fragments(shown):
        _, found, left = left.partition(piece)
        if not found:
            return piece
    return None


def go(shell: Shell, block: Block, shown: str | None) -> None:
    """Run a block once, but its last command, if it only reads, until the answer is as the tutorial shows it."""
    reads = REPEATED.search(block.text)
    answer = shell.run(block.text[: reads.start()] if reads else block.text)
    if reads:
        assert '"type":"/problems/' not in answer, f"tutorial.md:{block.line} answered {answer}"
        answer = shell.run(reads[0])
    if shown is None:
        assert '"type":"/problems/' not in answer, f"tutorial.md:{block.line} answered {answer}"
        return
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (piece := missing(answer, shown)) is not None:
        if reads is None or time.monotonic() > deadline:
            pytest.fail(f"tutorial.md:{block.line} lacks {piece} in {answer}")
        answer = shell.run(reads[0])


def steps() -> Iterator[tuple[Block, str | None]]:
    """Return the walk's `sh` blocks, each with the `json` block that follows it."""
    for block, following in pairwise([*WALK, None]):
        if block is not None and block.language == "sh":
            yield block, following.text if following is not None and following.language == "json" else None


@contextmanager
def shell_beside(folder: Path, database_url: str) -> Iterator[tuple[Shell, Callable[[str], str]]]:
    """Give a session next to a running demo, and a function that puts the demo's key and address into commands."""
    with demo(folder, database_url) as (address, key):
        shell = Shell(folder)
        try:
            yield shell, lambda commands: commands.replace("gck_...", key).replace("http://127.0.0.1:8000", address)
        finally:
            shell.close()


def test_the_walkthrough_shows_what_the_tutorial_says(tmp_path, empty_database_url):
    with shell_beside(tmp_path, empty_database_url) as (shell, filled):
        for block, shown in steps():
            go(shell, block._replace(text=filled(block.text)), shown)


def test_an_id_that_is_not_in_an_answer_fails_with_the_answer(tmp_path):
    helpers = WALK[0].text.replace("http://127.0.0.1:8000", "")
    script = f"""{helpers}\necho '{{"id":"cnv_1","name":"a"}}' | id\necho '{{"detail":"Not you"}}' | id || echo failed"""
    done = subprocess.run(["/usr/bin/env", "bash", "-eu"], input=script, capture_output=True, text=True, check=True)

    assert (done.stdout, done.stderr) == ("cnv_1\nfailed\n", '{"detail":"Not you"}\n')


def test_a_demo_that_is_stopped_and_started_again_has_everything_under_a_new_key(tmp_path, empty_sqlite_url):
    keys, inboxes = [], []
    for _ in range(2):
        with shell_beside(tmp_path, empty_sqlite_url) as (shell, filled):
            shell.run(filled(WALK[0].text))
            keys.append(shell.run("echo $KEY"))
            last = 'api GET "/v1/conversations?q=Elm"\n'
            go(shell, Block("sh", last, 1), '{"items": [{... "display_name": "House on Elm Street", ... "body": "Wonderful. ...')
            inboxes.append(shell.run(last))

    assert inboxes[0] == inboxes[1]
    assert keys[0] != keys[1]


def test_a_demo_has_a_key_for_webhooks_to_programs_on_this_machine_R55(tmp_path, empty_sqlite_url):
    with demo(tmp_path, empty_sqlite_url) as (address, key):
        added = httpx.post(
            f"{address}/v1/webhooks", headers={"Authorization": f"Bearer {key}"}, json={"url": "http://127.0.0.1:9/hooks"}
        )

    assert (added.status_code, added.json()["secret"].startswith("whsec_")) == (201, True)


def test_the_walkthrough_covers_every_part_of_a_group_conversation():
    text = "".join(block.text for block, _ in steps())
    expected = (
        "/v1/numbers",
        "/v1/contacts",
        "/handsets/",
        "/inbound",
        "/messages",
        "?q=",
        "/read",
        "PATCH",
        "DELETE",
        "/participants",
    )

    assert [part for part in (*expected, "Stop.", "/successor", "/v1/ledger", "/history") if part not in text] == []


def test_an_answer_that_lacks_a_piece_is_noticed():
    answer = '{"items":[{"id":"cnv_1","body":"Hello all","status":"queued"}],"next_cursor":null}'

    assert missing(answer, '{"items": [{... "body": "Hello all", ...}], "next_cursor": null}') is None
    assert missing(answer, '{"items": [{"id": "cnv_...", ... "status": "delivered"}], ...}') == '"status":"delivered"}],'.rstrip(
        ","
    )
    assert missing(answer, '{... "status": "queued" ... "body": "Hello all" ...}') == '"body":"Helloall"'
