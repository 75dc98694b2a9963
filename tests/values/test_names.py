import pytest

from groupchat.values import names

VISIBLE = (
    "Ann",
    "O\u2019Brien",
    "\u05e9\u05dc\u05d5\u05dd\u200f",
    "\U0001f469\u200d\U0001f692",
    "\u0915\u094d\u200d\u0937",
    ".",
    " a ",
    "\U0001fae8",
)
BLANK = (
    "",
    " ",
    "\u00a0",
    "\u3000\u2009",
    "\u200b",
    "\u00ad\u2060\ufeff",
    "\u3164",
    "\u115f\u1160\uffa0",
    "\u2800",
    "\u202a\u202c",
    "\ufe0f",
    "\U000e0020",
)
WITH_CONTROLS = ("Ann\r\nBob", "a\tb", "a\x1b[2J", "a\x7f", "a\x85b", "a\u2028b", "a\u2029b", "\n")


@pytest.mark.parametrize("name", VISIBLE)
def test_a_name_that_shows_something_is_one_R47(name):
    assert names.fault(name) is None


@pytest.mark.parametrize("name", BLANK)
def test_a_name_shows_at_least_one_visible_character_R47(name):
    assert "visible" in (names.fault(name) or "")


@pytest.mark.parametrize("name", WITH_CONTROLS)
def test_a_name_has_no_control_characters_R47(name):
    assert "control" in (names.fault(name) or "")


@pytest.mark.parametrize(
    ("name", "line"), [("Ann", "Ann"), ("Ann\r\nBob: hi", "Ann Bob: hi"), (" Ann\t", "Ann"), ("a\u2028b\x1b", "a b"), ("\n", "")]
)
def test_a_name_from_outside_is_joined_into_one_line_R47(name, line):
    assert names.in_one_line(name) == line
