"""docs/audit.md, as an auditor goes through it: each `sh` block is run, and prints the block below it."""

import shlex
from itertools import pairwise
from pathlib import Path
from string import Template

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.docs.test_tutorial import missing
from tests.support.command_line import command_line, command_process
from tests.support.disputed import disputed_in

PAGE = blocks((ROOT / "docs" / "audit.md").read_text())
UNSIGNED = "No checkpoint covers it yet. Sign one with `groupchat audit checkpoint`, and make it again.\n"
STEPS = [(block, shown) for block, shown in pairwise(PAGE) if block.language == "sh"]


def test_every_command_of_the_page_is_followed_by_its_output():
    assert [block.language for block in PAGE] == ["sh", ""] * len(STEPS)
    assert len(STEPS) > 6


async def test_each_command_prints_the_output_that_the_page_shows(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    disputed = await disputed_in(sqlite_url)
    groupchat, piped = command_line(tmp_path, monkeypatch, capsys), command_process(tmp_path)

    def answer(block: Block) -> str:
        program, *words = shlex.split(Template(block.text).substitute(disputed.variables))
        assert program == "groupchat"
        ended = (piped if "-" in words else groupchat)(sqlite_url, *words)
        assert (ended.code, ended.err.replace(UNSIGNED, "")) == (0, "")
        return ended.out

    for block, shown in STEPS:
        answered = answer(block)
        assert missing(answered, shown.text) is None, f"docs/audit.md:{block.line} answers:\n{answered}"
