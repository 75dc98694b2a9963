"""docs/audit.md, as an auditor goes through it: each `sh` block is run, and answers what the block below it shows."""

import shlex
from itertools import pairwise
from pathlib import Path
from string import Template

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.docs.test_tutorial import missing
from tests.support.command_line import command_line
from tests.support.disputed import disputed_in

PAGE = blocks((ROOT / "docs" / "audit.md").read_text())
STEPS = [(block, shown) for block, shown in pairwise(PAGE) if block.language == "sh"]


def test_every_command_of_the_page_is_followed_by_what_it_answers():
    assert [block.language for block in PAGE] == ["sh", ""] * len(STEPS)
    assert len(STEPS) > 6


async def test_each_command_answers_what_the_page_shows(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    disputed = await disputed_in(sqlite_url)
    groupchat = command_line(tmp_path, monkeypatch, capsys)

    def answer(block: Block) -> str:
        program, *words = shlex.split(Template(block.text).substitute(disputed.variables))
        assert program == "groupchat"
        ended = groupchat(sqlite_url, *words)
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    for block, shown in STEPS:
        answered = answer(block)
        assert missing(answered, shown.text) is None, f"docs/audit.md:{block.line} answers:\n{answered}"
