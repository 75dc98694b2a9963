"""Automatic replies: the texts with which a workspace confirms an opt-out and answers HELP (R41).

The texts are the workspace's own, by language; without one, the standard text is used. A text names the business, because US
carriers expect that, and fits into one SMS. The law allows one confirmation, within five minutes (47 CFR 64.1200(a)(12)).
"""

from datetime import timedelta
from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict, replace

from groupchat.values import sms_text
from groupchat.values.errors import InvalidRequestError
from groupchat.values.language import LANGUAGES, Language
from groupchat.values.text import shows_something

Purpose = Literal["opt-out", "help"]
"""What is answered: an opt-out, or a request for help."""

SEND_WITHIN = timedelta(minutes=5)
"""The time from a person's text to the last moment at which an answer may be handed to the carrier."""
HELP_AGAIN = timedelta(hours=1)
"""How long a person's further requests for help get no answer, so that two machines can't answer each other forever."""
BUSINESS = "{business}"
"""The place of the business's name in a text."""
_LONGEST_NAME = 60
"""A longer name is cut in a text, so that the standard texts fit into one SMS, unless the name has letters that GSM-7 lacks."""


class Texts(Struct, frozen=True, kw_only=True):
    """A workspace's own texts of one purpose, by language; `None` is the standard text."""

    en: str | None = None
    es: str | None = None
    fr: str | None = None

    def of(self, language: Language) -> str | None:
        """Return the text in a language."""
        return {"en": self.en, "es": self.es, "fr": self.fr}[language]


STANDARD: dict[Purpose, dict[Language, str]] = {
    "opt-out": {
        "en": "{business}: You are opted out and will get no more messages. Reply START to opt in again.",
        "es": "{business}: Usted se dio de baja y no recibe otro mensaje. Responda START para volver.",
        "fr": "{business}: Vous ne recevrez plus de messages. Répondez START pour les recevoir de nouveau.",
    },
    "help": {
        "en": "{business}: For help, write to us here and a person will answer. Reply STOP to opt out.",
        "es": "{business}: Si desea ayuda, escriba su pregunta y una persona responde. Responda STOP para darse de baja.",
        "fr": "{business}: Pour obtenir de l'aide, posez ici votre question. Répondez STOP pour ne plus rien recevoir.",
    },
}


class AutoReplies(Struct, frozen=True, kw_only=True):
    """What a workspace has chosen: whether it answers at all, and its own texts."""

    confirms_opt_outs: bool = True
    answers_help: bool = True
    opt_out_texts: Texts = Texts()
    help_texts: Texts = Texts()

    def answers(self, purpose: Purpose) -> bool:
        """Return whether the workspace answers."""
        return self.confirms_opt_outs if purpose == "opt-out" else self.answers_help

    def text(self, purpose: Purpose, language: Language) -> str:
        """Return the text to answer with, with `{business}` in it."""
        own = (self.opt_out_texts if purpose == "opt-out" else self.help_texts).of(language)
        return STANDARD[purpose][language] if own is None else own

    def texts(self, purpose: Purpose) -> dict[Language, str]:
        """Return all texts to answer with, by language."""
        return {language: self.text(purpose, language) for language in LANGUAGES}


STANDARD_REPLIES = AutoReplies()


class TextsChange(Struct, frozen=True, kw_only=True):
    """Own texts to set; `None` goes back to the standard text, and an omitted one stays."""

    en: str | UnsetType | None = UNSET
    es: str | UnsetType | None = UNSET
    fr: str | UnsetType | None = UNSET

    def after(self, texts: Texts) -> Texts:
        """Return the texts after the change."""
        return replace(texts, **{name: value for name, value in asdict(self).items() if value is not UNSET})


class ChooseAutoReplies(Struct, frozen=True, kw_only=True):
    """Change the given values; the others stay."""

    confirms_opt_outs: bool | UnsetType = UNSET
    answers_help: bool | UnsetType = UNSET
    opt_out_texts: TextsChange = TextsChange()
    help_texts: TextsChange = TextsChange()

    def after(self, chosen: AutoReplies) -> AutoReplies:
        """Return what is chosen after the change."""
        return AutoReplies(
            confirms_opt_outs=chosen.confirms_opt_outs if self.confirms_opt_outs is UNSET else self.confirms_opt_outs,
            answers_help=chosen.answers_help if self.answers_help is UNSET else self.answers_help,
            opt_out_texts=self.opt_out_texts.after(chosen.opt_out_texts),
            help_texts=self.help_texts.after(chosen.help_texts),
        )


def filled(text: str, business: str) -> str:
    """Return a text with the name of the business in it, a long one cut."""
    name = business if len(business) <= _LONGEST_NAME else f"{business[: _LONGEST_NAME - 3]}..."
    return text.replace(BUSINESS, name)


def refuse_unfit(chosen: AutoReplies, business: str) -> None:
    """Raise `InvalidRequestError` for an own text that doesn't name the business, or is longer than one SMS with its name."""
    for name, texts in (("opt_out_texts", chosen.opt_out_texts), ("help_texts", chosen.help_texts)):
        for language in LANGUAGES:
            text = texts.of(language)
            if text is not None and (fault := _fault(text, business)) is not None:
                raise InvalidRequestError(f"{name}.{language}", f"{fault} (R41).")


def _fault(text: str, business: str) -> str | None:
    if not shows_something(text.replace(BUSINESS, "")):
        return "The text says nothing"
    if BUSINESS not in text and business not in text:
        return f"The text doesn't name the business. Write {BUSINESS} where its name, {business!r}, belongs"
    sms = filled(text, business)
    if not sms_text.is_one_sms(sms):
        return f"With the name of the business, the text counts {sms_text.length(sms)} characters, which is more than one SMS"
    return None
