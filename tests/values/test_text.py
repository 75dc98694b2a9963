from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.values.text import folded, shows_something

MARKS = "\u0301\u0316\u0345\u0f73\uff9e"


@given(st.text())
def test_a_folded_text_is_folded(text):
    assert folded(folded(text)) == folded(text)


@given(st.text(st.characters(codec="ascii")))
def test_ascii_is_folded_as_any_other_text(text):
    assert folded(text) == folded(text + "\u200b")


@given(st.text(max_size=10))
def test_case_makes_no_difference_in_any_script_R27(text):
    assert folded(text.upper()) == folded(text.lower()) == folded(text.swapcase()) == folded(text)


@given(st.text("aé\u0301 ', \u200b\u2019-\u2011", max_size=8), st.text(max_size=4), st.text(max_size=4))
def test_a_part_of_a_text_is_still_a_part_of_it_when_both_are_folded_except_for_outer_spaces_R27(piece, before, after):
    found = folded(f"{before} {piece} {after}".replace("\n", " "))
    assert folded(piece.replace("\n", " ")) in found


@given(st.text(st.sampled_from(f"a \u03b1{MARKS}\u1112\u1161\u11ab\u2019-") | st.characters()), st.integers(1, 400))
def test_where_a_text_is_cut_for_folding_makes_no_difference(text, before):
    assert folded("b" * before + text)[before:] == folded(f"b{text}")[1:]


def test_a_text_with_very_many_marks_on_one_letter_is_folded_in_linear_time_R47():
    begun = process_time()
    assert folded("a" + "\u0301\u0316" * 200_000) == "a"
    assert process_time() - begun < 20  # and not minutes


@pytest.mark.parametrize("newer", ["\U0001fae8", "\ue000", "\uf8ff"])
def test_a_character_newer_than_our_tables_or_a_vendors_own_counts_as_visible_R47(newer):
    assert shows_something(newer)
