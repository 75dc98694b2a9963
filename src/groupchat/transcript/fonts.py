"""Fonts for PDF: which of the packaged ones has a character, and what to show if none has it."""

from functools import cache
from importlib.resources import files
from pathlib import Path
from unicodedata import name

from fontTools.ttLib import TTFont

from groupchat.values.text import is_invisible

MAIN = "NotoSans"
_FOLDER = Path(str(files("manimgx_fonts")))


@cache
def paths() -> dict[str, Path]:
    """Return the file of each font by its name, the main one first; italics are not used."""
    found = {path.name.split("[")[0]: path for path in sorted(_FOLDER.glob("Noto*.ttf")) if "Italic" not in path.name}
    return {MAIN: found[MAIN]} | found


@cache
def _characters(font: str) -> frozenset[int]:
    with TTFont(paths()[font], lazy=True) as opened:
        return frozenset(opened.getBestCmap())


@cache
def font_of(character: str) -> str | None:
    """Return the first font that has a character; none if no font has it."""
    return next((font for font in paths() if ord(character) in _characters(font)), None)


class Lettering:
    """Makes texts printable, and remembers which characters no font has."""

    def __init__(self) -> None:
        self._missing: dict[str, None] = {}

    def printable(self, text: str) -> tuple[str, set[str]]:
        """Return a text, and the fonts that it needs.

        It has a code such as [U+6F22] in place of each character that no font has; invisible ones are omitted.
        """
        fonts: set[str] = set()
        return "".join(self._printable(character, fonts) for character in text), fonts

    @property
    def missing(self) -> list[str]:
        """The characters that no font has, in words."""
        return [f"U+{ord(each):04X} ({name(each, 'without a name').lower()})" for each in self._missing]

    def _printable(self, character: str, fonts: set[str]) -> str:
        if character == "\n":
            return character
        font = font_of(character)
        if font is not None:
            fonts.add(font)
            return character
        if is_invisible(character):
            return ""
        self._missing[character] = None
        return f"[U+{ord(character):04X}]"
