import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from groupchat.values.reactions import ADDED, REMOVED, ReactionText, reaction

GOOGLE = "\u200a{0}\u200b\U0001f44d\u200b to \u201c\u200aSee you at 7\u200a\u201d\u200a"
FORMS = [
    (form.replace("*", "\U0001f525"), "\U0001f525" if emoji == "*" else emoji, removed)
    for languages, removed in ((ADDED, False), (REMOVED, True))
    for language in languages.values()
    for form, emoji in language.items()
]


@pytest.mark.parametrize(("form", "emoji", "removed"), FORMS)
@pytest.mark.parametrize(
    "quoted", ["\u201cSee you at 7\u201d", "\u201eSee you at 7\u201c", "\u00ab\u00a0See you at 7\u202f\u00bb", '"See you at 7"']
)
def test_every_form_of_apple_is_a_reaction_in_any_quotation_marks_R42(form, emoji, removed, quoted):
    assert reaction(form.format(quoted)) == ReactionText(emoji, "See you at 7", removed)


def test_a_form_in_lower_case_or_with_plain_apostrophes_is_a_reaction_R42():
    assert reaction("a attribu\u00e9 la mention \u00ab J'aime \u00bb \u00e0 \u00ab ok \u00bb") == ReactionText("\U0001f44d", "ok")
    assert reaction("N'a pas aim\u00e9 \u00ab bof \u00bb") == ReactionText("\U0001f44e", "bof")


def test_a_reaction_of_googles_has_its_emoji_between_invisible_marks_R42():
    assert reaction(GOOGLE.format("")) == ReactionText("\U0001f44d", "See you at 7")
    assert reaction(GOOGLE.format("").replace("\u200b", "\u200c")) == ReactionText("\U0001f44d", "See you at 7", removed=True)


def test_a_quotation_may_have_quotation_marks_and_lines_R42():
    assert reaction("Liked \u201cShe said \u201cno\u201d\nto me\u201d") == ReactionText(
        "\U0001f44d", "She said \u201cno\u201d\nto me"
    )


OTHER_TEXTS = """
    Liked | Liked an image | Loved it! | Liked \u201c\u201d | STOP
    | He said \u201cI loved it\u201d | I Liked \u201cit\u201d | Liked \u201cit\u201d, thanks
    | Reacted with a sticker to \u201cHi\u201d | Removed my name from \u201cthe list\u201d
"""


@pytest.mark.parametrize("text", [None, "", *map(str.strip, OTHER_TEXTS.split("|"))])
def test_other_texts_are_not_reactions_R42(text):
    assert reaction(text) is None


@for_any(st.text('\u201c\u201d\u201e\u00ab\u00bb"\u200a\u200b\u200c \u00a0LikedRacto\U0001f44d', max_size=4_100))
def test_any_text_is_read_in_time_R42(text):
    reaction(text)
    reaction(f"Liked \u201c{text}")


@for_any(st.text(min_size=1, max_size=200))
def test_a_quotation_of_a_whole_message_fits_it_R42(body):
    found = reaction(f"Loved \u201c{body}\u201d")
    if found is not None and any(character.isalnum() for character in body):
        assert found.quotes(body)


def test_a_quotation_fits_its_message_only_R42():
    assert ReactionText("\U0001f44d", "See you at 7").quotes("see you at 7 ")
    assert not ReactionText("\U0001f44d", "See you at 7").quotes("See you at 7!")
    assert not ReactionText("\U0001f44d", "See you").quotes("See you at 7")
    assert not ReactionText("\U0001f44d", " ").quotes("")


def test_a_shortened_quotation_matches_the_message_that_begins_with_it_R42():
    for dots in ("\u2026", "..."):
        assert ReactionText("\U0001f44d", f"See you at 7{dots}").quotes("See you at 7 then, with the papers")
        assert not ReactionText("\U0001f44d", f"See{dots}").quotes("See you at 7")
