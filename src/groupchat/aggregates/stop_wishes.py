"""The texts that a reasonable person would take for an opt-out, though they are not keywords (R40).

A marked text opts nobody out: a user judges it, so a text that is marked wrongly does no harm. `stop_phrases.py` has the phrases in
English, Spanish and French, `tests/aggregates/stop_wishes.tsv` is the labeled set, and docs/compliance.md has the figures.
"""

import re
from collections.abc import Iterable

from groupchat.aggregates.stop_phrases import ENGLISH, FRENCH, NOT_MEANT, PARTS, SIGNS, SPANISH, TYPOS
from groupchat.values.language import Language
from groupchat.values.text import folded

_LONGEST = 2_000
"""Only the beginning of a longer text is judged."""
_SENTENCE_ENDS = re.compile(r"[.!?,;:\n()\u2026]+")
_VARIANTS_OF_SIGNS = re.compile("[\U0001f3fb-\U0001f3ff\u2640\u2642 .!]")
_CAPTURING = re.compile(r"\((?!\?)")
_TYPOS = re.compile("|".join(TYPOS.split()))


def stop_wish(body: str | None) -> str | None:
    """Return the phrase for which a text is marked; none for a text that isn't. It expects texts that are not keywords."""
    if body is None:
        return None
    text = folded(body[:_LONGEST])
    if set(_VARIANTS_OF_SIGNS.sub("", text)) <= set(SIGNS) and set(text) & set(SIGNS):
        return "stop sign"
    if _TYPOS.fullmatch(text.strip(" .!").replace(" ", "")):
        return "stop"
    suspect = [sentence for sentence in _sentences(text) if _WITHIN.search(sentence) or _WHOLE.match(sentence)]
    return next((phrase for sentence in suspect for phrase, rule in _RULES if rule.search(sentence)), None)


def language_of(phrase: str) -> Language:
    """Return the language of a phrase for which a text was marked; English for those of no language."""
    return _LANGUAGES.get(phrase, "en")


def _sentences(text: str) -> Iterable[str]:
    """Return the parts of a text between punctuation marks, and the whole text without them."""
    plain = text.replace("-", " ")
    parts = (" ".join(part.split()) for part in (*_SENTENCE_ENDS.split(plain), _SENTENCE_ENDS.sub(" ", plain)))
    return dict.fromkeys(" ".join(_NOT_MEANT.sub(" ", part).split()) for part in parts if part)


def _pattern(line: str) -> str:
    """Return a line's pattern with the parts filled in, bounded by whole words. Groups that capture are five times as slow."""
    filled = _CAPTURING.sub("(?:", line.format_map(PARTS))
    return rf"\b(?:{filled})\b".replace(r"\b(?:^", "^(?:").replace(r"$)\b", ")$")


_LINES: tuple[tuple[Language, str], ...] = (("en", ENGLISH), ("es", SPANISH), ("fr", FRENCH))
_PHRASES = tuple((language, line.partition(": ")) for language, lines in _LINES for line in lines.strip().splitlines())
_RULES = tuple((phrase, re.compile(_pattern(pattern))) for _, (phrase, _, pattern) in _PHRASES)
_PATTERNS = tuple(rule.pattern for _, rule in _RULES)
_WITHIN = re.compile(r"\b(?:" + "|".join(each.removeprefix(r"\b") for each in _PATTERNS if each.startswith(r"\b")) + ")")
_WHOLE = re.compile("|".join(each for each in _PATTERNS if each.startswith("^")))
"""Together, they find what any of the rules finds. Few texts have it, and two searches take less time than all of them."""
_LANGUAGES: dict[str, Language] = {phrase: language for language, (phrase, _, _) in _PHRASES}
_NOT_MEANT = re.compile("|".join(_pattern(line) for line in NOT_MEANT.strip().splitlines()))
