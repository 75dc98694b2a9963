"""How rows are printed: as a table on a terminal, else as a line each; nothing is ever cut or wrapped."""

import pytest

from groupchat.cli.printing import print_rows

ID = "cnv_" + "0123456789abcdef" * 2
ROWS = [(ID, "Saturday\tcrew\nand others", "x" * 200), (ID, "\x1b[2J", "short")]


def test_in_a_pipe_each_row_is_a_line_with_tabs_between_its_cells(capsys: pytest.CaptureFixture[str]):
    print_rows(("id", "name", "more"), ROWS)
    lines = capsys.readouterr().out.split("\n")
    assert lines == ["id\tname\tmore", f"{ID}\tSaturday\ufffdcrew and others\t{'x' * 200}", f"{ID}\t\ufffd[2J\tshort", ""]


def test_on_a_terminal_they_are_aligned_and_an_id_stays_in_one_piece(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    print_rows(("id", "more"), [(ID, "x" * 200), (ID, "short")])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert [line.find("x" * 200) for line in lines[1:2]] == [line.find("short") for line in lines[2:]] == [len(ID) + 2]
