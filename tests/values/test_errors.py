"""An error in one line."""

from groupchat.values.errors import LONGEST_LINE, described, first_line


def test_an_error_is_shown_by_its_first_line():
    assert first_line(ValueError("a\nb")) == "a"
    assert described(ValueError("a\nb")) == "ValueError: a"


def test_an_error_without_a_message_is_shown_by_its_type():
    assert first_line(ValueError()) == first_line(ValueError("\n")) == "ValueError"


def test_a_line_that_is_too_long_is_cut_off():
    assert len(first_line(ValueError("x" * 10_000))) == len(described(ValueError("x" * 10_000))) == LONGEST_LINE
