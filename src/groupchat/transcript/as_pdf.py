"""A transcript as PDF, with page numbers. It is built in memory, so a long one takes more time and memory than other formats."""

from collections.abc import Iterable
from datetime import datetime
from typing import BinaryIO

from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from groupchat.transcript import prose
from groupchat.transcript.fonts import MAIN, Lettering, paths
from groupchat.transcript.parts import Facts, Heading, Paragraph, Part, Title, TranscriptEntry, Verbatim
from groupchat.transcript.readable import readable

_SIZE = 10
_LINE = 5.0
"""The height of a line in millimeters, of text of the usual size."""
_NAMES_WIDTH = 38.0
_BLACK, _GRAY = 0, 90
_INDENT = 8.0
_SIMPLE = {MAIN, "NotoSansArmenian", "NotoSansGeorgian", "NotoSansSymbols", "NotoSansEthiopic", "NotoEmoji"}
"""Fonts of scripts whose letters stand side by side, from left to right. To shape the others takes four times as long."""


def write(parts: Iterable[Part], file: BinaryIO, made_at: datetime) -> None:
    """Write a transcript as PDF."""
    document = _Document(made_at)
    for part in parts:
        document.add(part)
    document.finish()
    file.write(bytes(document.output()))


class _Document(FPDF):
    """The pages, as they grow."""

    def __init__(self, made_at: datetime) -> None:
        super().__init__(format="letter")
        self._lettering = Lettering()
        self._loaded: list[str] = []
        self._widths: dict[tuple[str, float], float] = {}
        self.set_creation_date(made_at)
        self.set_lang("en-US")
        self.set_auto_page_break(auto=True, margin=20)
        self._load([MAIN])
        self.set_font(MAIN, size=_SIZE)
        self.add_page()

    def footer(self) -> None:
        """Print the number of a page. The library calls it at the end of each."""
        self.set_y(-15)
        self.set_font(MAIN, size=8)
        self.cell(0, 8, f"Page {self.page_no()} of {{nb}}", align="R")

    def add(self, part: Part) -> None:
        """Add a part."""
        match part:
            case Title(text):
                self.set_title(text)
                self._text(text, size=16)
            case Heading(text):
                self.ln(_LINE)
                self._text(text, size=13)
            case Paragraph(text) | Verbatim(text):
                self._text(text.rstrip("\n"), size=9 if isinstance(part, Verbatim) else _SIZE)
            case Facts(rows):
                for name, value in rows:
                    self._fact(name, value)
            case TranscriptEntry():
                self._entry(part)
        self.ln(2)

    def finish(self) -> None:
        """Say which characters could not be shown, and how."""
        if self._lettering.missing:
            self._text(f"{prose.MISSING}{', '.join(self._lettering.missing)}.", color=_GRAY)

    def _fact(self, name: str, value: str) -> None:
        if self.get_string_width(name) > _NAMES_WIDTH:
            self._text(name)
            self._text(value, indent=_NAMES_WIDTH)
            return
        top = self.get_y()
        self._text(name)
        if self.get_y() > top:
            self.set_y(self.get_y() - _LINE)
        self._text(value, indent=_NAMES_WIDTH + 2)

    def _entry(self, entry: TranscriptEntry) -> None:
        self._text(f"{entry.number}. {entry.at}  {entry.who} {entry.what}")
        if entry.quote is not None:
            self._text(readable(entry.quote), indent=_INDENT, size=11)
        for note in entry.notes:
            self._text(note, indent=_INDENT)
        self._text(entry.evidence, indent=_INDENT, size=8, color=_GRAY)

    def _text(self, text: str, *, indent: float = 0.0, size: float = _SIZE, color: int = _BLACK) -> None:
        shown, fonts = self._lettering.printable(text)
        self._load(fonts)
        is_simple = fonts <= _SIMPLE
        self.set_text_shaping(use_shaping_engine=not is_simple)
        self.set_font(MAIN, size=size)
        self.set_text_color(color)
        left, height = self.l_margin + indent, _LINE * size / _SIZE
        lines = self._wrapped(shown, self.w - self.r_margin - left - 2 * self.c_margin) if is_simple else None
        for line in lines or ():
            self.set_x(left)
            self.cell(0, height, line, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if lines is None:
            self.set_x(left)
            self.multi_cell(0, height, shown, wrapmode=WrapMode.WORD, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _wrapped(self, text: str, width: float) -> list[str] | None:
        """Return a text as lines of whole words; none if a word is longer than a line. The library's own way takes far longer."""
        lines: list[str] = []
        for paragraph in text.split("\n"):
            words, used = list[str](), 0.0
            for word in paragraph.split(" "):
                needed = self._width(word)
                if needed > width:
                    return None
                space = self._width(" ") if words else 0.0
                if used + space + needed > width:
                    lines.append(" ".join(words))
                    words, used, space = [], 0.0, 0.0
                words.append(word)
                used += space + needed
            lines.append(" ".join(words))
        return lines

    def _width(self, word: str) -> float:
        key = word, self.font_size_pt
        if key not in self._widths:
            self._widths[key] = self.get_string_width(word)
        return self._widths[key]

    def _load(self, fonts: Iterable[str]) -> None:
        new = [font for font in fonts if font not in self._loaded]
        for font in new:
            self.add_font(font, fname=paths()[font])
            self._loaded.append(font)
        if new:
            self.set_fallback_fonts(self._loaded)
