"""The formats: HTML that loads nothing and shows text as text, and PDF with the letters of every script that its fonts have."""

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from groupchat.transcript import as_html, as_pdf, as_text
from groupchat.transcript.fonts import Lettering
from groupchat.transcript.parts import Facts, Heading, Paragraph, Part, Title, TranscriptEntry, Verbatim

MADE_AT = datetime(2030, 7, 1, tzinfo=UTC)
NASTY = '<script>alert(1)</script> & "quotes" <img src=http://evil.example/x>\nsecond line\x1b[2J \u202egnp.exe'


def entry(quote: str | None = None, who: str = "Bob") -> TranscriptEntry:
    return TranscriptEntry(number=1, at="2030", who=who, what="wrote:", quote=quote, notes=("Delivered",), evidence="Event 1")


def as_page(*parts: Part) -> str:
    file = BytesIO()
    as_html.write(parts, file)
    return file.getvalue().decode()


def pages(*parts: Part) -> PdfReader:
    file = BytesIO()
    as_pdf.write(parts, file, MADE_AT)
    return PdfReader(file)


def test_html_loads_nothing_and_shows_markup_as_text():
    page = as_page(
        Title(NASTY), Heading(NASTY), Paragraph(NASTY), Facts(((NASTY, NASTY),)), Verbatim(NASTY), entry(NASTY, who=NASTY)
    )
    assert "default-src 'none'" in page
    tags = set(re.findall(r"<(\w+)", page))
    assert tags.isdisjoint({"script", "img", "link", "a", "iframe", "object", "embed", "form"})
    assert not re.search(r"<[^>]*\s(src|href|on\w+)\s*=", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("write", [as_html.write, as_text.write])
def test_a_message_keeps_its_lines_and_does_not_affect_the_text_around_it(write):
    file = BytesIO()
    write([entry(NASTY)], file)
    text = file.getvalue().decode()
    assert "\nsecond line" in text.replace("    | ", "")
    assert "\\u001b[2J \\u202egnp.exe" in text
    assert not {"\x1b", "\u202e"} & set(text)


def test_a_pdf_has_every_part_page_numbers_and_when_it_was_made():
    whole = [Title("Transcript"), Facts((("Made", "by me"), ("x" * 60, "long"))), Heading("What happened"), Paragraph("Words.")]
    found = pages(*whole, *[entry(f"Line {n}") for n in range(60)], Verbatim("a note"))
    text = [page.extract_text() for page in found.pages]
    assert len(text) > 2
    assert all(f"Page {n} of {len(text)}" in page for n, page in enumerate(text, start=1))
    assert all(f"Line {n}\n" in "".join(text) for n in range(60))
    assert (found.metadata.title, found.metadata.creation_date) == ("Transcript", MADE_AT)


def test_a_pdf_has_the_letters_of_many_scripts():
    sample = "Grüße Привет Γειά Việt 😀 Բարև გამარჯობა ሰላም"
    assert sample in pages(entry(sample)).pages[0].extract_text()
    assert Lettering().printable("नमस्ते שלום سلام สวัสดี বাংলা தமிழ்")[0] == "नमस्ते שלום سلام สวัสดี বাংলা தமிழ்"
    assert pages(entry("नमस्ते שלום سلام")).pages


def test_a_pdf_says_which_characters_it_cannot_show():
    text = " ".join(pages(entry("字 and 字\ufe0f")).pages[0].extract_text().split())
    assert "[U+5B57] and [U+5B57]" in text
    assert text.count("U+5B57 (cjk unified ideograph-5b57)") == 1
    assert "no font" not in pages(entry("plain")).pages[0].extract_text()
