"""The texts that confirm opt-outs and answer HELP: standard ones, and a workspace's own (R41)."""

import pytest

from groupchat.aggregates import keywords, stop_wishes, workspace, workspace_state
from groupchat.aggregates.auto_replies import STANDARD, STANDARD_REPLIES, AutoReplies, ChooseAutoReplies, Texts, TextsChange, filled
from groupchat.aggregates.workspace_events import AutoRepliesChosen
from groupchat.values import sms_text
from groupchat.values.errors import InvalidRequestError
from groupchat.values.language import LANGUAGES
from tests.support.builders import a_workspace
from tests.support.given_when_then import given

NAME = "Harbour Dental"
OWN = "{business}: Done. Call 415 555 0100."
STANDARD_TEXTS = [(purpose, language, text) for purpose, texts in STANDARD.items() for language, text in texts.items()]


class Decider:
    decide = staticmethod(workspace.decide)
    evolve = staticmethod(workspace_state.evolve)


@pytest.mark.parametrize(("purpose", "language", "text"), STANDARD_TEXTS)
def test_every_standard_text_names_the_business_and_is_one_sms_even_with_a_long_name_R41(purpose, language, text):
    long = filled(text, "The Very Long Name of a Company That Nobody Can Remember, and Sons and Daughters")
    assert sms_text.is_one_sms(long)
    assert long.startswith("The Very Long Name of a Company")
    assert language in LANGUAGES


@pytest.mark.parametrize(("purpose", "language", "text"), STANDARD_TEXTS)
def test_no_standard_text_is_a_keyword_so_that_two_machines_cannot_answer_each_other_R41(purpose, language, text):
    assert keywords.keyword(filled(text, NAME), alone=True) is None


def test_an_own_text_is_used_in_its_language_and_null_is_the_standard_text_again_R41():
    own = AutoReplies(help_texts=Texts(es=OWN))
    chosen = given(Decider, a_workspace()).when(choose(help_texts=TextsChange(es=OWN))).then(AutoRepliesChosen(auto_replies=own))
    assert chosen.state.auto_replies.text("help", "es") == OWN
    assert chosen.state.auto_replies.text("help", "en") == STANDARD["help"]["en"]
    chosen.when(choose(help_texts=TextsChange(es=None))).then(AutoRepliesChosen(auto_replies=STANDARD_REPLIES))


def test_what_is_chosen_already_or_omitted_adds_no_event_R41():
    given(Decider, a_workspace()).when(choose()).nothing()
    given(Decider, a_workspace()).when(choose(confirms_opt_outs=True, opt_out_texts=TextsChange(en=None))).nothing()


def test_a_workspace_can_leave_confirmations_or_help_to_others_R41():
    off = given(Decider, a_workspace()).when(choose(answers_help=False)).then(AutoRepliesChosen(auto_replies=without_help()))
    assert [off.state.auto_replies.answers(each) for each in ("opt-out", "help")] == [True, False]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Bye.", "name the business"),
        ("{business}", "says nothing"),
        ("{business} \u200b ", "says nothing"),
        ("", "says nothing"),
        ("{business}: " + "x" * 145, "more than one SMS"),
        ("{business}: " + "x" * 54 + "á", "more than one SMS"),
    ],
)
def test_an_own_text_must_say_something_name_the_business_and_be_one_sms_R41(text, fault):
    refusal = given(Decider, a_workspace()).when(choose(opt_out_texts=TextsChange(fr=text))).refused(InvalidRequestError)
    assert refusal.members["errors"][0]["loc"] == "opt_out_texts.fr"
    assert fault in refusal.members["errors"][0]["detail"]


def test_a_text_that_has_the_name_itself_needs_no_placeholder_R41():
    text = f"You left {NAME}."
    change = choose(opt_out_texts=TextsChange(en=text))
    chosen = AutoReplies(opt_out_texts=Texts(en=text))
    given(Decider, a_workspace()).when(change).then(AutoRepliesChosen(auto_replies=chosen))


@pytest.mark.parametrize(
    ("written", "language"), [("STOP", "en"), ("Arrêt", "fr"), ("ALTO!", "es"), ("Ayuda", "es"), ("aide", "fr"), ("genug", "en")]
)
def test_the_language_of_a_reply_is_that_of_the_keyword_R41(written, language):
    assert keywords.language_of(written) == language


@pytest.mark.parametrize(("text", "language"), [("Take me off", "en"), ("no me escriban mas", "es"), ("ne m'écrivez plus", "fr")])
def test_the_language_of_a_marked_text_is_that_of_its_phrase_R41(text, language):
    assert stop_wishes.language_of(stop_wishes.stop_wish(text)) == language


def choose(**changes) -> ChooseAutoReplies:
    return ChooseAutoReplies(**changes)


def without_help() -> AutoReplies:
    return AutoReplies(answers_help=False)
