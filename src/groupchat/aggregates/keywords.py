"""The keywords of R14, R38 and R41: which whole message is an opt-out, an opt-in or a request for help.

An event says as which keyword its message was recognized on arrival, so this list may follow the law. `keywords_v1.py`, which never
changes, recognizes the messages of older events.
"""

from functools import lru_cache
from typing import Literal
from unicodedata import category

from msgspec import Struct

from groupchat.values.errors import InvalidRequestError
from groupchat.values.language import Language
from groupchat.values.text import folded

Keyword = Literal["opt-out", "opt-in", "help"]

_ENGLISH = ("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out", "remove")
_FRENCH = ("arret", "arrete", "arreter", "arretez", "arrett", "annuler", "desabonner", "desabonnement", "desinscrire", "fin")
_SPANISH = ("alto", "parar", "pare", "cancelar", "terminar", "detener", "salir", "darme de baja", "desuscribir")
_OUT = frozenset({*_ENGLISH, *_FRENCH, *_SPANISH})
"""In the form that `folded` returns, like the words below.

They include what carriers and AWS list for the US and Canada (REMOVE, ARRET, ARRETT, ARRETE). No carrier lists the other French and
Spanish words; they are the plain words for stopping, ending and leaving.
"""
_IN = frozenset(["start", "unstop", "reprendre", "demarrer", "commencer", "inicio", "iniciar", "comenzar", "reanudar"])
_YES = frozenset(["yes", "oui", "si"])
"""In a group, they answer another participant, so they count only if written to the business alone (R38)."""
_HELP: dict[Language, frozenset[str]] = {
    "en": frozenset(["help", "info"]),
    "fr": frozenset(["aide"]),
    "es": frozenset(["ayuda"]),
}
"""HELP and INFO are what carriers list in every language; Canadian carriers also list AIDE."""
_ANY_HELP = frozenset[str]().union(*_HELP.values())
_LANGUAGES: dict[Language, frozenset[str]] = {
    "en": _HELP["en"].union(_ENGLISH),
    "fr": _HELP["fr"].union(_FRENCH),
    "es": _HELP["es"].union(_SPANISH),
}
_MAX_WORDS = 8
"""The maximum number of words in a keyword."""
_LONGEST = 10_000
"""A longer message is never a keyword. Incoming texts may have a million characters, which would be slow to fold."""
_DOTS = str.maketrans(dict.fromkeys(".\u00b7\u2022\u2027\u2219\u22c5\u3002\u30fb", "-"))


class Words(Struct, frozen=True, kw_only=True):
    """Keywords that a workspace adds, as its users wrote them. They are compared like the defaults."""

    out: tuple[str, ...] = ()
    in_: tuple[str, ...] = ()


NO_WORDS = Words()


def keyword(body: str | None, *, alone: bool, own: Words = NO_WORDS) -> Keyword | None:
    """Return the keyword that a whole message is, if any, however it is typed (R14, R38).

    Case, accents, compatibility forms (full-width letters), invisible characters, and dashes and dots within it make no difference,
    nor do punctuation and spaces around it, nor repetitions of the word. An opt-out may also have symbols around it (`STOP` and a
    stop sign); the others may not. `alone` says whether the message was written to the business alone: only then is `YES` an
    opt-in. A workspace's own keyword wins over a request for help.
    """
    if body is None or len(body) > _LONGEST:
        return None
    text = _compared(body)
    if _is_one_of(text, _known(_OUT, own.out)):
        return "opt-out"
    meant: Keyword | None = None
    if _is_one_of(text, _known(_IN | _YES if alone else _IN, own.in_)):
        meant = "opt-in"
    elif _is_one_of(text, _known(_ANY_HELP)):
        meant = "help"
    return None if meant and any(category(character)[0] == "S" for character in text) else meant


def language_of(body: str) -> Language:
    """Return the language of an opt-out or a request for help; English for the words that a workspace adds."""
    text = _compared(body)
    return next((language for language, words in _LANGUAGES.items() if _is_one_of(text, _known(words))), "en")


def refuse_unfit(own: Words) -> None:
    """Raise `InvalidRequestError` for a keyword that can't be recognized, or that is an opt-out in the list of opt-ins."""
    for index, word in enumerate(own.out):
        if keyword(word, alone=True, own=Words(out=(word,))) is None:
            raise InvalidRequestError(f"opt_out_keywords.{index}", f"{word!r} has no letters or digits to recognize it by (R38).")
    for index, word in enumerate(own.in_):
        meant = keyword(word, alone=True, own=Words(out=own.out, in_=(word,)))
        if meant != "opt-in":
            why = "is an opt-out keyword" if meant else "cannot be recognized as an opt-in"
            raise InvalidRequestError(f"opt_in_keywords.{index}", f"{word!r} {why}. Choose another word (R38).")


def _compared(body: str) -> str:
    return folded(body).replace("\n", " ").translate(_DOTS)


class _Known(Struct, frozen=True):
    """Words, and the letters and digits of each. A text that doesn't begin with those of any isn't one of the words."""

    words: frozenset[str]
    beginnings: tuple[str, ...]


@lru_cache(maxsize=4_096)
def _known(words: frozenset[str], own: tuple[str, ...] = ()) -> _Known:
    known = words | {spelled for word in own for spelled in _spellings(folded(word).translate(_DOTS))}
    return _Known(known, tuple(map(_letters, known)))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _spellings(text: str) -> tuple[str, str]:
    """Return a text with its dashes removed (`opt-out` is `optout`), and with them as spaces (`stop-stop` is the word repeated)."""
    return text.replace("-", ""), text.replace("-", " ")


def _is_one_of(text: str, known: _Known) -> bool:
    """Return whether a text is one of the words, once or repeated, with punctuation around each."""
    if not _letters(text).startswith(known.beginnings):
        return False
    for spelled in _spellings(text):
        cleaned = "".join(character if character.isalnum() or character == " " else "\n" for character in spelled)
        parts = {_once(part) for part in cleaned.split("\n")} - {""}
        if len(parts) == 1 and parts <= known.words:
            return True
    return False


def _once(part: str) -> str:
    """Return a text without its repetitions."""
    words = part.split()
    repeated = (words[:size] for size in range(1, _MAX_WORDS + 1) if words == words[:size] * (len(words) // size))
    return " ".join(next(repeated, words))
