"""Code in the pages runs: `python` unchanged, `sh` is valid; and every block names its language."""

import subprocess
from itertools import chain

import pytest

from tests.docs.pages import PAGES, ROOT, Block, blocks

BLOCKS = [(page.relative_to(ROOT), block) for page in PAGES for block in blocks(page.read_text())]
RUN_ELSEWHERE = {"json", "javascript", "yaml", "mermaid", "console", ""}
"""`javascript` is run by test_integrate.py and test_webhooks.py; `json` and `yaml` are compared by test_tutorial.py,
test_webhooks.py and test_moving.py; the rest is for reading: pictures, and commands that would install or serve."""
RUN_WITH_A_SERVER = {"README.md", "docs/integrate.md"}
"""Pages whose `python` blocks need one: test_integrate.py runs them."""


def of(*languages: str) -> list[object]:
    return [pytest.param(block, id=f"{page}:{block.line}") for page, block in BLOCKS if block.language in languages]


def test_pages_have_code_blocks_and_each_is_in_a_known_language():
    assert {block.language for _, block in BLOCKS} <= RUN_ELSEWHERE | {"python", "sh"}
    assert len(of("sh")) > 10


def test_every_fence_that_is_opened_is_closed():
    for page in PAGES:
        fences = [line for line in page.read_text().splitlines() if line.startswith("```")]
        closed = list(chain.from_iterable((block.language, "") for block in blocks(page.read_text())))
        assert [fence.removeprefix("```") for fence in fences] == closed, page


def test_python_blocks_run():
    for page, block in BLOCKS:
        if block.language == "python" and str(page) not in RUN_WITH_A_SERVER:
            exec(compile(block.text, f"{page}:{block.line}", "exec"), {})  # noqa: S102 - our own documentation


@pytest.mark.parametrize("block", of("sh", "console"))
def test_shell_blocks_are_sound(block: Block):
    if block.text.startswith("given("):
        return
    checked = subprocess.run(["/usr/bin/env", "bash", "-n"], input=block.text, text=True, capture_output=True, check=False)

    assert checked.returncode == 0, checked.stderr
