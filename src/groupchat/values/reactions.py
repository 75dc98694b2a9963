"""Reactions that handsets send as texts, such as `Liked “See you at 7”` (R42).

Apple's phones put the reaction into words of the phone's language. Google's mark the emoji with invisible characters. `ADDED` and
`REMOVED` have the languages whose forms are public: open-source messengers such as QUIK and Spacebar read most of them, and the
test data of other projects have the Spanish and French ones. A form that is not listed stays a text.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from groupchat.values.text import folded, is_invisible

HEART, LIKE, DISLIKE, LAUGH, EXCLAMATION, QUESTION = "❤️", "👍", "👎", "😂", "‼️", "❓"

ADDED: dict[str, dict[str, str]] = {
    "English": {
        "Loved {}": HEART,
        "Liked {}": LIKE,
        "Disliked {}": DISLIKE,
        "Laughed at {}": LAUGH,
        "Emphasized {}": EXCLAMATION,
        "Emphasised {}": EXCLAMATION,
        "Questioned {}": QUESTION,
        "Reacted * to {}": "*",
    },
    "Spanish": {
        "Le encantó {}": HEART,
        "Le gustó {}": LIKE,
        "No le gustó {}": DISLIKE,
        "Le dio risa {}": LAUGH,
        "Exclamó por {}": EXCLAMATION,
        "Dudó sobre {}": QUESTION,
        "Reaccionó con * a {}": "*",
    },
    "French": {
        "A adoré {}": HEART,
        "A aimé {}": LIKE,
        "N’a pas aimé {}": DISLIKE,
        "A ri de {}": LAUGH,
        "A mis en évidence {}": EXCLAMATION,
        "A souligné {}": EXCLAMATION,
        "A posé une question sur {}": QUESTION,
        "A attribué la mention « Adore » à {}": HEART,
        "A attribué la mention « J’aime » à {}": LIKE,
        "A attribué la mention « Je n’aime pas » à {}": DISLIKE,
        "A attribué la mention « * » à {}": "*",
        "A réagi avec * à {}": "*",
    },
    "German": {
        "{} ein Herz hinzugefügt": HEART,
        "Gefällt: {}": LIKE,
        "Gefällt nicht: {}": DISLIKE,
        "{} ein Lachen hinzugefügt": LAUGH,
        "{} ein Ausrufezeichen hinzugefügt": EXCLAMATION,
        "{} ein Fragezeichen hinzugefügt": QUESTION,
        "Hat mit * auf {} reagiert": "*",
    },
    "Czech": {
        "Milovaný {}": HEART,
        "Líbilo se {}": LIKE,
        "Nelíbí se {}": DISLIKE,
        "Smál se {}": LAUGH,
        "Zdůrazněno {}": EXCLAMATION,
        "Otázka {}": QUESTION,
        "Reagoval * na {}": "*",
    },
    "Hungarian": {
        "szívecske erre: {}": HEART,
        "kedveli: {}": LIKE,
        "nem kedveli: {}": DISLIKE,
        "nevetett rajta: {}": LAUGH,
        "kiemelte: {}": EXCLAMATION,
        "kérdezte: {}": QUESTION,
        "* reagált erre: {}": "*",
    },
    "Russian": {
        "Очень понравилось {}": HEART,
        "Понравилось {}": LIKE,
        "Не понравилось {}": DISLIKE,
        "Посмеялись над {}": LAUGH,
        "Отмечено {}": EXCLAMATION,
        "Поставлен вопрос на {}": QUESTION,
    },
}
"""The forms of a reaction. `{}` is the quoted message in quotation marks, `*` any emoji."""

REMOVED: dict[str, dict[str, str]] = {
    "English": {
        "Removed a heart from {}": HEART,
        "Removed a like from {}": LIKE,
        "Removed a dislike from {}": DISLIKE,
        "Removed a laugh from {}": LAUGH,
        "Removed an exclamation from {}": EXCLAMATION,
        "Removed a question mark from {}": QUESTION,
        "Removed * from {}": "*",
    },
    "French": {"A retiré la réaction * à {}": "*"},
    "German": {
        "Herz von {} entfernt": HEART,
        "„Gefällt mir“ von {} entfernt": LIKE,
        "„Gefällt mir nicht“ von {} entfernt": DISLIKE,
        "Lachen von {} entfernt": LAUGH,
        "Ausrufezeichen von {} entfernt": EXCLAMATION,
        "Fragezeichen von {} entfernt": QUESTION,
        "* aus {} entfernt": "*",
    },
    "Czech": {
        "Odstraněno srdce z {}": HEART,
        "Odebrán lajk z {}": LIKE,
        "Odstraněno nelíbí se z {}": DISLIKE,
        "Odstranil jsem smích z {}": LAUGH,
        "Odstranil jsem vykřičník z {}": EXCLAMATION,
        "Odstraněn otazník z {}": QUESTION,
        "Odstraněno * z {}": "*",
    },
    "Hungarian": {
        "szívecske eltávolítva erről: {}": HEART,
        "kedvelés eltávolítva erről: {}": LIKE,
        "nem kedvelés eltávolítva erről: {}": DISLIKE,
        "nevetés eltávolítva erről: {}": LAUGH,
        "kiemelés eltávolítva erről: {}": EXCLAMATION,
        "kérdőjel eltávolítva erről: {}": QUESTION,
        "* eltávolítva innen: {}": "*",
    },
}
"""The forms in which a reaction is removed."""

_QUOTE = r"(?:“(?P<q1>.+)”|„(?P<q2>.+)[“”]|«\s?(?P<q3>.+?)\s?»|\"(?P<q4>.+)\")"
_SOME_QUOTATION = re.compile('[“„«"\u200a]')
_GOOGLE = re.compile(
    "\u200a[^\u200a-\u200c]*(?P<mark>[\u200b\u200c])(?P<emoji>[^\u200a-\u200c]+)(?P=mark)[^\u200a-\u200c]*"
    "\u200a(?P<q1>.+)\u200a[^\u200a-\u200c]*\u200a",
    re.DOTALL,
)
"""A space that separates the parts, and the emoji between two marks: one pair of characters to add it, another to remove it."""
_LONGEST = 4_000
"""A longer text is not a reaction: a reaction quotes one message."""
_LONGEST_EMOJI = 16
"""An emoji with its modifiers; a flag or a family has up to 11 code points."""
_SHORTEST_BEGINNING = 8
"""A quotation that is cut off needs as many characters to name its message."""


class ReactionText(Struct, frozen=True):
    """A reaction in words: its emoji, the quoted text, and whether it is removed again."""

    emoji: str
    quoted: str
    removed: bool = False

    def quotes(self, body: str) -> bool:
        """Return whether the quotation is this text, or, if it was cut off, its beginning."""
        quoted, whole = folded(self.quoted).strip(), folded(body).strip()
        if quoted == whole:
            return bool(whole)
        beginning = quoted.removesuffix("...").rstrip()
        return beginning != quoted and len(beginning) >= _SHORTEST_BEGINNING and whole.startswith(beginning)


def reaction(body: str | None) -> ReactionText | None:
    """Return the reaction that a whole text is; none for a text of a person's own words, or of a form that isn't known."""
    if body is None or len(body) > _LONGEST or not _SOME_QUOTATION.search(body):
        return None
    if found := _GOOGLE.fullmatch(body):
        return _of(found, found["emoji"], removed=found["mark"] == "\u200c")
    text = body.strip().replace("'", "’").replace("\u00a0", " ").replace("\u202f", " ")
    for pattern, emoji, removed in _FORMS:
        if (found := pattern.fullmatch(text)) and (made := _of(found, emoji or found["emoji"], removed=removed)):
            return made
    return None


def _of(found: re.Match[str], emoji: str, *, removed: bool) -> ReactionText | None:
    quoted = next(value for name, value in found.groupdict().items() if name.startswith("q") and value is not None)
    return ReactionText(emoji, quoted, removed) if _is_emoji(emoji) else None


def _is_emoji(text: str) -> bool:
    """Return whether a text can be an emoji: symbols without letters, such as those of `with a sticker`."""
    return (
        0 < len(text) <= _LONGEST_EMOJI and any(not c.isspace() and not is_invisible(c) for c in text) and not _WORDY.search(text)
    )


_WORDY = re.compile(r"[^\W\d_]|\s")


def _forms() -> Iterator[tuple[re.Pattern[str], str | None, bool]]:
    """Return the forms: removals and named reactions first, because some of the others would also fit them."""
    forms = [
        (words, emoji, removed)
        for languages, removed in ((REMOVED, True), (ADDED, False))
        for language in languages.values()
        for words, emoji in language.items()
    ]
    for words, emoji, removed in sorted(forms, key=lambda form: (not form[2], form[1] == "*")):
        escaped = re.escape(words).replace(re.escape("{}"), _QUOTE).replace(re.escape("*"), "(?P<emoji>.+?)")
        yield re.compile(escaped, re.DOTALL | re.IGNORECASE), None if emoji == "*" else emoji, removed


_FORMS = tuple(_forms())
