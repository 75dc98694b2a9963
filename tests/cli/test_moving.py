"""`groupchat export` and `import`: their output, the files that they leave, and the data that they never touch."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from groupchat.store.database import Database
from tests.cli.read_only import only_reading
from tests.moving.exports import exported, kept
from tests.moving.test_importing import EXPORT, a_store


def content_of(url: str) -> bytes:
    database = Database(url)
    try:
        return exported(database)
    finally:
        database.close()


def test_everything_is_exported_to_a_file_of_its_owner_and_imported_elsewhere(groupchat_process, filled, tmp_path):
    path, elsewhere = tmp_path / "all.jsonl", f"sqlite:///{tmp_path / 'new.db'}"
    path.write_text("what was there before")
    done = groupchat_process(filled, "export", "--all", "--out", "all.jsonl")
    brought = groupchat_process(elsewhere, "import", "all.jsonl")

    assert (done.code, done.out, brought.code, brought.out) == (0, "", 0, ""), done.err + brought.err
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == content_of(filled) == content_of(elsewhere)
    assert "5 of 5 events" in done.err
    assert "5 events and 1 stored responses imported." in brought.err
    assert "`groupchat rebuild`" in brought.err.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_a_process_that_only_exports_or_imports_reads_every_kind_of_event_R34(groupchat, groupchat_process, sqlite_url, tmp_path):
    assert groupchat(sqlite_url, "init", "--workspace", "Acme", "--owner", "ann@example.com").code == 0
    done = groupchat_process(sqlite_url, "export", "--all", "--out", "all.jsonl")
    brought = groupchat_process(f"sqlite:///{tmp_path / 'new.db'}", "import", "all.jsonl")
    assert (done.code, brought.code) == (0, 0), done.err + brought.err


def test_an_export_can_be_compressed_and_piped(groupchat, groupchat_process, filled, tmp_path):
    assert groupchat(filled, "export", "--all", "--out", "all.jsonl.gz").code == 0
    piped = groupchat_process(filled, "export", "--conversation", "cnv_1", "--out", "-")
    brought = groupchat(f"sqlite:///{tmp_path / 'new.db'}", "import", "all.jsonl.gz")

    assert gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes()) == content_of(filled)
    assert brought.code == 0, brought.err
    lines = [json.loads(line) for line in piped.out.splitlines()]
    assert [line["line"] for line in lines] == ["header", "event", "event", "event", "trailer"]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("export", "--out", "x.jsonl"), 2, "either --all or --conversation"),
        (("export", "--all", "--conversation", "cnv_1", "--out", "x.jsonl"), 2, "either --all or --conversation"),
        (("export", "--conversation", "cnv_[/9]", "--out", "x.jsonl"), 1, "cnv_[/9]"),
        (("export", "--all", "--out", "missing/x.jsonl"), 1, "missing/x.jsonl can't be written: No such file"),
        (("export", "--all", "--out", "folder"), 1, "it is a folder"),
        (("import", "missing.jsonl"), 1, "missing.jsonl can't be read: No such file"),
        (("import", "whole.jsonl"), 1, "an import needs an empty one"),
    ],
)
def test_a_failed_export_is_explained_and_leaves_no_file(groupchat, filled, tmp_path, words, code, reason):
    (tmp_path / "folder").mkdir()
    (tmp_path / "whole.jsonl").write_bytes(EXPORT)
    before = sorted(each.name for each in tmp_path.iterdir())

    refused = groupchat(filled, *words)

    assert (refused.code, refused.out) == (code, ""), refused.err
    assert reason in refused.err
    assert "Traceback" not in refused.err
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_a_damaged_file_is_refused_with_its_line_and_nothing_is_stored(groupchat, sqlite_url, tmp_path):
    lines = EXPORT.splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:6])[:-20])

    refused = groupchat(sqlite_url, "import", "cut.jsonl")

    assert refused.code == 1
    assert "groupchat: line 6: it is truncated." in refused.err
    database = Database(sqlite_url)
    assert not any(kept(database).values())
    database.close()


# --- reading only


def test_a_user_of_postgres_who_may_only_read_can_export_and_replay(groupchat, postgres_url, tmp_path):
    database = Database(postgres_url)
    a_store(database)
    whole = exported(database)
    with only_reading(postgres_url) as reader:
        unmoved(groupchat, reader, tmp_path, whole)
        refused = groupchat(reader, "import", "all.jsonl")
    database.close()
    assert refused.code == 1
    assert "Traceback" not in refused.err


def test_an_sqlite_file_is_exported_and_replayed_without_a_write(groupchat, sqlite_url, tmp_path):
    database = Database(sqlite_url)
    a_store(database)
    whole = exported(database)
    database.close()
    path = Path(database.path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o444)

    with only_reading(sqlite_url) as reader:
        unmoved(groupchat, reader, tmp_path, whole)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def unmoved(groupchat, url: str, folder: Path, whole: bytes) -> None:
    """Export and replay as somebody who can't write."""
    (folder / "none.yaml").write_text("{}")
    done = groupchat(url, "export", "--all", "--out", "all.jsonl")
    replayed = groupchat(url, "whatif", "--policy", "none.yaml")
    assert (done.code, replayed.code) == (0, 0), done.err + replayed.err
    assert (folder / "all.jsonl").read_bytes() == whole
    assert "Nothing would differ." in replayed.out
