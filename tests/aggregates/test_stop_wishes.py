"""Opt-outs in people's own words: the labeled set, and the limits of the rules (R40)."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from groupchat.aggregates import stop_wishes
from groupchat.aggregates.keywords import keyword
from groupchat.aggregates.stop_wishes import stop_wish
from groupchat.values.text import folded

ROOT = Path(__file__).parents[2]
LABELED = [line.split("\t") for line in Path(__file__).with_name("stop_wishes.tsv").read_text("utf-8").splitlines()]
"""Whether a reasonable person would take the text for an opt-out, its language, and the text."""


def counts(language):
    found = Counter((label, stop_wish(text) is not None) for label, of, text in LABELED if of == language)
    return found["yes", True], found["no", True], found["yes", False]


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_nearly_every_wish_of_the_labeled_set_is_marked_R40(language):
    right, wrong, missed = counts(language)
    recall, precision = right / (right + missed), right / (right + wrong)
    assert recall >= 0.95
    assert precision >= 0.9


@pytest.mark.parametrize(("language", "name"), [("en", "English"), ("es", "Spanish"), ("fr", "French")])
def test_the_documentation_has_the_figures_of_the_labeled_set_R40(language, name):
    right, wrong, missed = counts(language)
    texts = sum(of == language for _, of, _ in LABELED)
    row = f"| {name} | {texts} | {right / (right + missed):.2f} | {right / (right + wrong):.2f} |"
    assert row in (ROOT / "docs" / "compliance.md").read_text("utf-8")


def test_no_text_of_the_labeled_set_is_a_keyword_R40():
    assert [text for _, _, text in LABELED if keyword(text, alone=False)] == []


@pytest.mark.parametrize("body", [None, "", " ", "\u200b"])
def test_an_empty_text_needs_no_mark_R40(body):
    assert stop_wish(body) is None


@pytest.mark.parametrize(
    "body", ["PLEASE TAKE ME OFF", "please  take\nme off", "Don\u2019t text me", "don't text me", "\U0001f6d1", "\u26d4\ufe0f"]
)
def test_case_spaces_apostrophes_and_variants_make_no_difference_R40(body):
    assert stop_wish(body) is not None


@for_any(st.text(max_size=3_000))
def test_any_text_is_judged_R40(body):
    stop_wish(body)


def test_a_very_long_text_is_judged_by_its_beginning_R40():
    assert stop_wish("Please take me off this list. " + "x " * 1_000_000) == "take me off"


def test_every_rule_finds_its_phrase_only_where_one_of_the_quick_searches_does_R40():
    sentences = [sentence for _, _, text in LABELED for sentence in stop_wishes._sentences(folded(text))]
    assert len(sentences) > 300
    for sentence in sentences:
        quick = stop_wishes._WITHIN.search(sentence) or stop_wishes._WHOLE.match(sentence)
        assert bool(quick) == any(rule.search(sentence) for _, rule in stop_wishes._RULES), sentence
    unsorted = [each for each in stop_wishes._PATTERNS if not each.startswith((r"\b", "^"))]
    assert unsorted == []
