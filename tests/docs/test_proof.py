"""docs/proof.md, as an operator and an auditor go through it: each `sh` block is run, and prints what the block below it shows."""

import shlex
from itertools import pairwise

import pytest
from sqlalchemy import update

from groupchat.proof.growing import grow
from groupchat.store.database import Database
from groupchat.store.tables import STORED_EVENTS
from tests.docs.pages import ROOT, blocks
from tests.docs.test_tutorial import missing
from tests.proof.logs import fill
from tests.support.command_line import command_line

PAGE = blocks((ROOT / "docs" / "proof.md").read_text())
STEPS = [(block, shown) for block, shown in pairwise(PAGE) if block.language == "sh"]
CHANGED = 7


@pytest.fixture
def database(sqlite_url):
    database = Database(sqlite_url)
    fill(database, 20)
    grow(database, 20)
    yield database
    database.close()


def test_each_command_prints_the_output_on_the_page_R70(database, sqlite_url, tmp_path, monkeypatch, capsys):
    groupchat = command_line(tmp_path, monkeypatch, capsys)
    assert len(STEPS) == 5
    for block, shown in STEPS:
        changed = f"The event at position {CHANGED} " in shown.text
        if changed:
            with database.write() as connection:
                connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == CHANGED).values(topic="groupchat.other"))
        command, _, file = block.text.strip().partition(" > ")
        program, *words = shlex.split(command)
        done = groupchat(sqlite_url, *words, audit_key_file=str(tmp_path / "log.key"))
        assert (program, done.code) == ("groupchat", int(changed)), done.err
        assert missing(done.out, shown.text) is None, f"docs/proof.md:{block.line} prints:\n{done.out}"
        if file:
            (tmp_path / file).write_text(done.out)
