"""The published patterns: RE2, ECMA-262 and Python understand them, in the same way."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from groupchat.http.app import ENDPOINTS, SIMULATOR, document
from groupchat.http.documents.schemas import schemas

ROOT = Path(__file__).parents[2]
FOREIGN = re.compile(
    r"\(\?(?!:)"  # lookarounds, named groups, flags, atomic groups
    r"|\\[1-9]"  # backreferences
    r"|\\[^dwstrn0xb.\[\](){}^$*+?|/\\-]"  # escapes that mean something else, or nothing, elsewhere
    r"|[*+?}][+]"  # possessive repetition
)


def patterns_of(document: Any) -> Iterator[str]:
    if isinstance(document, list):
        for each in document:
            yield from patterns_of(each)
    elif isinstance(document, dict):
        if isinstance(document.get("pattern"), str):
            yield document["pattern"]
        for each in document.values():
            yield from patterns_of(each)


@pytest.mark.parametrize(
    "pattern", [r"^a$(?!\n)", r"(?=a)", r"(?<!a)b", r"(a)\1", r"^a\Z", r"^a\z", r"\u0000", r"a*+", r"(?P<n>a)"]
)
def test_the_check_knows_the_patterns_that_others_cannot_compile(pattern):
    assert FOREIGN.search(pattern)


def test_patterns_of_the_api_can_be_compiled_by_others():
    found = set(patterns_of(document((*ENDPOINTS, *SIMULATOR))))
    assert len(found) > 10
    assert [pattern for pattern in found if FOREIGN.search(pattern) or not re.compile(pattern)] == []


def test_patterns_of_the_topics_can_be_compiled_by_others():
    released = [json.loads(file.read_text()) for file in (ROOT / "docs" / "schemas").rglob("*.json")]
    asyncapi = yaml.safe_load((ROOT / "docs" / "asyncapi.yaml").read_text())
    found = set(patterns_of([*released, asyncapi, *schemas().values()]))
    assert "^[A-Z]{3}$" in found
    assert [pattern for pattern in found if FOREIGN.search(pattern) or not re.compile(pattern)] == []
