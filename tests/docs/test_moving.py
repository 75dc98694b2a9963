"""The examples of docs/moving.md and docs/whatif.md are in the form that the program writes and reads."""

import json
from io import BytesIO
from typing import get_args

import msgspec

from groupchat.moving.importing import check
from groupchat.moving.lines import Line, ProofLine, read_lines
from groupchat.store.archive import Archive
from groupchat.store.database import Database
from groupchat.whatif.differences import Difference, Kind, Outcome, Summary
from groupchat.whatif.policy_file import read_policy
from tests.docs.pages import ROOT, Block, blocks
from tests.moving.exports import quietly

MOVING, WHATIF = ((ROOT / "docs" / page).read_text() for page in ("moving.md", "whatif.md"))


def of(page: str, language: str) -> list[Block]:
    return [block for block in blocks(page) if block.language == language]


def test_the_lines_shown_are_a_whole_export_with_a_line_of_each_kind(database: Database):
    (example,) = of(MOVING, "json")
    file = BytesIO(example.text.encode())

    checked = check(Archive(database), file, quietly)

    assert (checked.events, checked.answers) == (2, 1)
    file.seek(0)
    assert {type(line) for _, line in read_lines(file)} == set(get_args(Line)) - {ProofLine}
    assert all(f"`{json.loads(line)['line']}`" in MOVING for line in example.text.splitlines())


def test_the_differences_shown_have_the_documented_members():
    (example,) = of(WHATIF, "json")
    shown = json.loads(example.text)

    assert list(shown) == ["differences", *Summary.__struct_fields__]
    assert list(shown["differences"][0]) == list(Difference.__struct_fields__)
    kinds = {word for alias in (Kind, Outcome) for word in get_args(alias)}
    assert {word for word in kinds if f"`{word}`" not in WHATIF} == set()
    assert msgspec.convert(shown["differences"][0], Difference).kind == "message"


def test_the_policy_shown_can_be_read(tmp_path):
    (example,) = of(WHATIF, "yaml")
    (tmp_path / "other.yaml").write_text(example.text)

    other = read_policy(tmp_path / "other.yaml")

    assert (other.change.max_participants, other.opt_out_effect, len(other.rates)) == (8, "block", 2)
    keys = {line.split(":")[0] for line in example.text.splitlines() if not line.startswith(" ")}
    assert all(f"`{key}`" in WHATIF for key in keys)
