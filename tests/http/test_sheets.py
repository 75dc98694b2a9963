"""Sheets as people have them: encodings, separators, quotes, and numbers that a spreadsheet has damaged (R54)."""

from io import BytesIO

import pytest
from msgspec import UNSET

from groupchat.http.inputs.sheets import SheetLine, encoding_of, read_lines, require_lines, safe
from groupchat.values.errors import InvalidRequestError


def read(data: bytes) -> list[SheetLine]:
    file = BytesIO(data)
    return list(read_lines(file, encoding_of(file)))


def names(data: bytes) -> list[str | None]:
    return [line.contact.name if line.contact else None for line in read(data)]


def faults(data: bytes) -> list[tuple[int, str]]:
    return [(line.number, line.fault.members["errors"][0]["loc"]) for line in read(data) if line.fault]


@pytest.mark.parametrize(
    "data",
    [
        "name,phone\nJosé,4155550101\n".encode(),
        "\ufeffname,phone\nJosé,4155550101\n".encode(),
        "name;phone\r\nJosé;4155550101\r\n".encode("cp1252"),
        "name\tphone\nJosé\t4155550101".encode("utf-16"),
        "sep=;\r\nname;phone\r\nJosé;4155550101\r\n".encode("cp1252"),
        "sep=\t\nname\tphone\nJosé\t4155550101\n".encode(),
    ],
    ids=["UTF-8", "byte order mark", "semicolons as Windows writes them", "UTF-16 with tabs", "a named semicolon", "a named tab"],
)
def test_a_sheet_is_read_in_the_encoding_and_with_the_separator_that_it_has_R54(data):
    assert names(data) == ["José"]


def test_only_known_columns_count_under_any_of_their_headings_R54():
    data = b"Record ID,Colour,First Name,Last name,MOBILE,Do not disturb,metadata.tier\n7,red,Ann,Lee,415 555 0101,yes,gold\n"
    (line,) = read(data)
    assert line.external_id == "7"
    assert line.contact is not None
    assert (line.contact.name, line.contact.number, line.contact.dnd) == ("Ann Lee", "415 555 0101", True)
    assert line.contact.metadata == {"tier": "gold"}


def test_a_quoted_line_break_is_part_of_its_cell_and_lines_keep_their_numbers_R54():
    data = b'name,number,note\nAnn,1,"two\nlines"\n\nBob\n'
    assert [(line.number, line.contact is not None) for line in read(data)] == [(2, True), (5, False)]


def test_headings_may_have_line_breaks_and_every_line_keeps_its_number_R54():
    data = b'sep=,\n"note\n(long)",name,phone\nx,Ann,1\n\nx,Bob,2\n'
    assert [(line.number, line.contact.name) for line in read(data) if line.contact] == [(4, "Ann"), (6, "Bob")]


def test_twenty_columns_of_which_four_matter_R54():
    other = [f"column {n}" for n in range(16)]
    data = ",".join(["Phone", *other, "Name", "Record ID", "DND"]) + "\n" + ",".join(["4155550101", *other, "Ann", "7", "no"])
    (line,) = read(data.encode())
    assert line.contact is not None
    assert (line.external_id, line.contact.name, line.contact.number) == ("7", "Ann", "4155550101")
    assert (line.contact.dnd, line.contact.metadata) == (False, UNSET)


def test_a_number_that_a_program_has_exported_as_a_decimal_has_all_its_digits_R54():
    (line,) = read(b"name,number,other numbers\nAnn,4155550101.0,14155550102.00;(415) 555-0103\n")
    assert line.contact is not None
    assert (line.contact.number, line.contact.secondary_numbers) == ("4155550101", ("14155550102", "(415) 555-0103"))


@pytest.mark.parametrize("rounded", ["4.15555E+09", "4,15555E+09", "4e9"])
def test_a_number_that_a_spreadsheet_has_rounded_is_refused_with_advice_R54(rounded):
    (line,) = read(f'name,number\nAnn,"{rounded}"\n'.encode())
    assert line.fault is not None
    assert "Format its column as text" in line.fault.detail


def test_a_line_that_does_not_fit_is_refused_by_itself_R54():
    data = b"external_id,name,number,dnd,metadata\na b,Ann,1,,\n,,2,,\n,Cid,,,\n,Dee,4,perhaps,\n,Eve,5,no,{\n,Flo,6,,\n"
    assert faults(data) == [(2, "external_id"), (3, "name"), (4, "number"), (5, "dnd"), (6, "metadata")]
    assert names(data)[-1] == "Flo"


@pytest.mark.parametrize("note", ["\n", "\nBob,2,\n", "\nBob,2,"])
def test_a_quotation_mark_that_is_never_closed_loses_no_line_silently_R54(note):
    (_, line) = read(f'name,number,note\nAnn,1,ok\nCid,3,"never closed{note}'.encode())
    assert line.fault is not None
    assert ("Lines 3 to 4" if "Bob" in note else "This line is") in line.fault.detail


def test_lines_that_an_open_cell_swallows_are_named_and_later_ones_are_read_R54():
    swallowed = "".join(f"P{n},4155550101,{'x' * 1_000}\n" for n in range(200))
    first, second, *_ = read(f'name,number,note\nAnn,1,"open\n{swallowed}'.encode())
    assert first.fault is not None
    assert f"Lines 2 to {second.number - 1} are not imported" in first.fault.detail
    assert second.contact is not None


@pytest.mark.parametrize(
    ("encoding", "ending", "fits"),
    [("utf-8", "\n", True), ("utf-8", "\r", True), ("utf-16", "\r\n", True), ("utf-8", "", False), ("utf-16", "", False)],
)
def test_a_file_with_a_line_of_a_megabyte_is_refused_before_it_is_parsed_R54(encoding, ending, fits):
    file = BytesIO(f"{'a,' * 5_000}{ending}".encode(encoding) * 120)
    if fits:
        require_lines(file)
        assert file.tell() == 0
    else:
        with pytest.raises(InvalidRequestError, match="A line has more than"):
            require_lines(file)


def test_a_sheet_without_a_column_for_the_number_is_refused_as_a_whole_R54():
    for data in (b"", b"name,colour\nAnn,red\n"):
        with pytest.raises(InvalidRequestError):
            read(data)


def test_a_cell_that_looks_like_a_formula_is_marked_and_read_back_R54():
    assert safe("=1+1") == "'=1+1"
    assert safe("O'Hara") == "O'Hara"
    assert names(b"name,number\n'=1+1,1\n'Ann,2\n") == ["=1+1", "'Ann"]
