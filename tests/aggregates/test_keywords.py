import unicodedata

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from groupchat.aggregates import keywords
from groupchat.aggregates.keywords import Words

OUT = (
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT", "ARRET",
    "REMOVE", "ARRÊTE", "ARRÊTER", "Désabonner", "Annuler", "Fin", "Alto", "Parar", "Cancelar", "Darme de baja",
)  # fmt: skip
HELP = ("HELP", "INFO", "Aide", "Ayuda")
IN = ("START", "UNSTOP", "YES", "Oui", "Sí", "Reprendre", "Inicio")
WORDS = [(word, "opt-out") for word in OUT] + [(word, "opt-in") for word in IN] + [(word, "help") for word in HELP]
AROUND = st.text(" \t\r\n\u00a0.,:;!?¡¿'\"«»()[]{}*_-\u2013\u2014\u2026/\\#&@%\u200b\u2060\ufeff\u202e", max_size=6)


def keyword(body, own=keywords.NO_WORDS):
    return keywords.keyword(body, alone=True, own=own)


@pytest.mark.parametrize(("word", "meaning"), WORDS)
def test_every_keyword_is_known_in_any_case_R14(word, meaning):
    for written in (word, word.lower(), word.upper(), word.title(), word.swapcase(), word[0] + word[1:].lower()):
        assert keyword(written) == meaning


@for_any(st.sampled_from(WORDS), AROUND, AROUND)
def test_spaces_and_punctuation_around_a_keyword_are_ignored_R14(known, before, after):
    word, meaning = known
    assert keyword(before + word + after) == meaning


@pytest.mark.parametrize("written", ["ARRÊT", "arrêt", "Arrêt!", "« Arrêt »", unicodedata.normalize("NFD", "arrêt"), "arrete"])
def test_arret_is_known_with_its_accent_however_a_handset_composes_it_R14(written):
    assert keyword(written) == "opt-out"


@pytest.mark.parametrize("written", ["stop  all", "Stop\nall", "opt\u00a0out", " OPT   OUT. ", "opt\u202fout", "opt\u3000out"])
def test_any_white_space_parts_the_words_of_a_keyword_R14(written):
    assert keyword(written) == "opt-out"


DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63\uff0d"
DOTS = ".\u00b7\u2022\u2026\u3002\uff0e\u30fb"


@pytest.mark.parametrize("between", [*DASHES, *DOTS, "--", " - "])
def test_any_dash_or_dot_in_a_keyword_is_ignored_R38(between):
    assert keyword(f"opt{between}out") == "opt-out"


def test_dots_and_dashes_between_all_letters_are_ignored_R38():
    assert keyword("S.T.O.P.") == keyword("s-t-o-p") == "opt-out"


@pytest.mark.parametrize(
    "written",
    ["\uff33\uff34\uff2f\uff30", "\uff53top\uff01", "\U0001d412\U0001d413\U0001d40e\U0001d40f", "ⓢⓣⓞⓟ", "QUİT", "qu\u0131t"],
)
def test_compatibility_forms_and_the_case_of_other_scripts_make_no_difference_R38(written):
    assert keyword(written) == "opt-out"


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u00ad", "\u2060", "\ufeff", "\u200e", "\u202a", "\u2066", "\ufe0f", "\u034f", "\u3164"]
)
def test_invisible_characters_in_a_keyword_are_ignored_R38(hidden):
    assert keyword(f"{hidden}ST{hidden}OP{hidden}") == "opt-out"
    assert keyword(f"ye{hidden}s") == "opt-in"


@pytest.mark.parametrize(
    "written",
    ["STOP STOP", "stop stop stop", "Stop! STOP!!", "stop-stop", "stop...stop", "stop\nstop", "opt out opt-out", "stop, stop"],
)
def test_a_keyword_that_is_repeated_is_one_R38(written):
    assert keyword(written) == "opt-out"


def test_a_stop_sign_next_to_an_opt_out_is_ignored_and_a_heart_next_to_an_opt_in_is_not_R14():
    assert keyword("Stop \U0001f6d1") == "opt-out"
    assert keyword("yes \u2764\ufe0f") is None


@pytest.mark.parametrize("written", ["YES", "yes!", "Oui", "Sí", "si", "yes yes"])
def test_a_yes_to_a_group_is_not_an_opt_in_R38(written):
    assert keywords.keyword(written, alone=True) == "opt-in"
    assert keywords.keyword(written, alone=False) is None


@pytest.mark.parametrize(("written", "meaning"), [("STOP", "opt-out"), ("START", "opt-in"), ("Inicio", "opt-in")])
def test_the_other_keywords_count_in_a_group_too_R38(written, meaning):
    assert keywords.keyword(written, alone=False) == meaning


@pytest.mark.parametrize("written", ["no más", "No mas!", "NO-MÁS", "No\u2011más", "no más no más"])
def test_words_that_a_workspace_adds_are_compared_as_the_others_R38(written):
    assert keyword(written) is None
    assert keyword(written, Words(out=("No más",))) == keyword(written, Words(out=("no\u2011mas",))) == "opt-out"
    assert keyword(written, Words(in_=("NO MÁS",))) == "opt-in"


def test_a_word_of_a_workspace_without_letters_is_not_a_keyword_R38():
    assert keyword("...", Words(out=("-", "", "\U0001f6d1"))) is None
    assert keyword("\U0001f6d1", Words(out=("-", "", "\U0001f6d1"))) is None


@pytest.mark.parametrize(
    "written",
    [
        None, "", " ", "...", "\U0001f6d1",
        "STOP PLEASE", "please stop", "don't stop", "Stop it", "STOP, ALL of you", "S T O P", "STOP 2",
        "stopped", "non-stop", "nonstop", "unstoppable", "stops", "END.OF", "the end", "ended", "quitter",
        "OPT/OUT", "OPT_OUT", "opt me out", "opt in", "cancel that", "unsubscribe me", "quit?no",
        "yes please", "yess", "start over", "restart", "YES NO", "STOP START", "y", "no", "HELP ME", "info please",
    ],
)  # fmt: skip
def test_a_message_that_contains_a_keyword_among_others_is_not_a_keyword_R14(written):
    assert keyword(written) is None


def test_a_text_of_a_million_characters_is_not_a_keyword_and_costs_nothing_R38():
    assert keyword("stop" + "\u0301" * 1_000_000) is None
    assert keyword("stop" + "\n" * 1_000) == "opt-out"


@for_any(st.text(max_size=12))
def test_any_text_is_a_keyword_or_not_and_is_never_refused_R14(text):
    assert keyword(text) in ("opt-out", "opt-in", None)
