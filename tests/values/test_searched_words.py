"""The words of a text, as they are searched (R27)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.values.searched_words import LONGEST, MOST, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("See you at 5:30, ok?", ["see", "you", "at", "5", "30", "ok"]),
        ("Don\u2019t, DON'T and dont", ["dont", "and"]),
        ("ARR\u00caT\u00c9 na\u00efve stra\u00dfe", ["arrete", "naive", "strasse"]),
        (
            "\uff28\uff49 \u0130stanbul \u041f\u0420\u0418\u0412\u0415\u0422",
            ["hi", "istanbul", "\u043f\u0440\u0438\u0432\u0435\u0442"],
        ),
        ("\u6771\u4eac\u3078\u884c\u304f", ["\u6771", "\u4eac", "\u3078", "\u884c", "\u304f"]),
        ("https://example.com/a_b?x=1", ["https", "example", "com", "a", "b", "x", "1"]),
        ("!!! \U0001f389 '", []),
        ("", []),
    ],
)
def test_words_are_folded_runs_of_letters_and_digits_R27(text: str, found: list[str]):
    assert words(text) == found


def test_a_long_word_and_a_long_text_are_cut_R47():
    assert words("x" * 500) == ["x" * LONGEST]
    assert len(words(" ".join(map(str, range(2 * MOST))))) == MOST


@given(st.text())
def test_words_have_nothing_that_an_index_would_split_or_fold_R27(text: str):
    for word in words(text):
        assert words(word) == [word]
        assert not set(word) & set(" '\"\\&|!():*<>-_+^{}\0")
