"""`groupchat transcript`: a file that only its owner can read, made by somebody who can only read the database (R70)."""

import asyncio
from pathlib import Path

import pytest

from tests.cli.read_only import only_reading
from tests.support.command_line import Command
from tests.support.disputed import Disputed, disputed_in


@pytest.fixture
def disputed(database_url: str) -> Disputed:
    return asyncio.run(disputed_in(database_url))


BEGINS = {"txt": b"Transcript of", "html": b"<!doctype html>", "pdf": b"%PDF-"}


def test_each_format_is_a_file_of_its_owner_alone(groupchat: Command, database_url: str, disputed: Disputed, tmp_path: Path):
    with only_reading(database_url) as url:
        for name, begins in BEGINS.items():
            out = tmp_path / f"transcript.{name}"
            made = groupchat(url, "transcript", disputed.conversation, "--format", name, "--out", str(out))
            assert (made.code, made.out) == (0, ""), made.err
            assert made.err.startswith(f"The transcript is in {out}.\nNo checkpoint covers it yet.")
            assert out.read_bytes().startswith(begins)
            assert out.stat().st_mode & 0o777 == 0o600


def test_a_transcript_can_go_to_stdout_and_names_its_maker_without_the_databases_password(
    groupchat_process: Command, database_url: str, disputed: Disputed
):
    made = groupchat_process(
        database_url, "transcript", disputed.conversation, "--format", "txt", "--out", "-", "--by", "Ms. Lee", "--tz", "Asia/Tokyo"
    )
    assert made.code == 0, made.err
    lines = made.out.splitlines()
    assert any(line.startswith("Made  ") and " JST by Ms. Lee, with groupchat " in line for line in lines)
    assert any(line.startswith("Made from  ") for line in lines)


def test_what_cannot_be_made_is_said_and_nothing_is_written(groupchat: Command, sqlite_url: str, tmp_path: Path):
    id_, out = asyncio.run(disputed_in(sqlite_url)).conversation, str(tmp_path / "t.html")
    for words, code, reason in (
        ((id_, "--at", "2001-01-01"), 1, "did not exist at"),
        ((id_, "--at", "noon"), 2, "Give a time with its offset"),
        (("cnv_none",), 1, "There is nothing with the id cnv_none"),
        ((id_, "--format", "docx"), 2, "'docx' is not one of 'txt', 'html', 'pdf'"),
    ):
        refused = groupchat(sqlite_url, "transcript", *words, "--out", out)
        assert (refused.code, reason in " ".join(refused.err.replace("│", "").split())) == (code, True), refused.err
    assert not list(tmp_path.glob("*t.html*"))


def test_a_transcript_does_not_name_a_password_of_the_databases_address(groupchat: Command, postgres_url: str, tmp_path: Path):
    id_, out = asyncio.run(disputed_in(postgres_url)).conversation, tmp_path / "t.txt"
    address = f"{postgres_url}{'&' if '?' in postgres_url else '?'}sslpassword=secret"
    made = groupchat(address, "transcript", id_, "--format", "txt", "--out", str(out))

    assert made.code == 0, made.err
    assert "Made from" in out.read_text("utf-8")
    assert "secret" not in out.read_text("utf-8")
