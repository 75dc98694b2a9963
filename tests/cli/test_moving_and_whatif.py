"""`groupchat export`, `import` and `whatif`: what they print, what they leave behind, and what they never touch."""

import gzip
import hashlib
import json
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from groupchat.store.database import Database
from tests.moving.exports import bring, exported, kept
from tests.moving.test_importing import EXPORT, a_store

STRICT = "max_participants: 1\nrates: 5\n"


@pytest.fixture
def filled(sqlite_url: str) -> str:
    """The URL of a store with a little of everything."""
    database = Database(sqlite_url)
    a_store(database)
    database.close()
    return sqlite_url


def content_of(url: str) -> bytes:
    database = Database(url)
    try:
        return exported(database)
    finally:
        database.close()


def test_everything_is_exported_to_a_file_of_its_owner_and_imported_elsewhere(process, filled, tmp_path):
    path, elsewhere = tmp_path / "all.jsonl", f"sqlite:///{tmp_path / 'new.db'}"
    path.write_text("what was there before")
    done = process(filled, "export", "--all", "--out", "all.jsonl")
    brought = process(elsewhere, "import", "all.jsonl")

    assert (done.returncode, done.stdout, brought.returncode, brought.stdout) == (0, "", 0, ""), done.stderr + brought.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == content_of(filled) == content_of(elsewhere)
    assert "5 of 5 events" in done.stderr
    assert "5 events and 1 kept answers imported." in brought.stderr
    assert "`groupchat rebuild`" in brought.stderr.splitlines()[-1]
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_an_export_can_be_compressed_and_piped(groupchat, process, filled, tmp_path):
    assert groupchat(filled, "export", "--all", "--out", "all.jsonl.gz").returncode == 0
    piped = process(filled, "export", "--conversation", "cnv_1", "--out", "-")
    brought = groupchat(f"sqlite:///{tmp_path / 'new.db'}", "import", "all.jsonl.gz")

    assert gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes()) == content_of(filled)
    assert brought.returncode == 0, brought.stderr
    lines = [json.loads(line) for line in piped.stdout.splitlines()]
    assert [line["line"] for line in lines] == ["header", "event", "event", "event", "trailer"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("export", "--out", "x.jsonl"), 2, "either --all or --conversation"),
        (("export", "--all", "--conversation", "cnv_1", "--out", "x.jsonl"), 2, "either --all or --conversation"),
        (("export", "--conversation", "cnv_[/9]", "--out", "x.jsonl"), 1, "cnv_[/9]"),
        (("export", "--all", "--out", "missing/x.jsonl"), 1, "missing/x.jsonl can't be written: No such file"),
        (("export", "--all", "--out", "folder"), 1, "it is a folder"),
        (("import", "missing.jsonl"), 1, "missing.jsonl can't be read: No such file"),
        (("import", "whole.jsonl"), 1, "an import needs an empty one"),
        (("whatif", "--policy", "strict.yaml"), 1, "line 1: 1 can't be; give a whole number from 2 to 50."),
        (("whatif", "--policy", "{}", "--from", "yesterday"), 2, "--from: Give a time with its offset"),
        (("whatif", "--policy", "{}", "--to", "2025-01-31T12:00:00"), 2, "--to: Give a time with its offset"),
        (("whatif", "--policy", "none.yaml", "--workspace", "wsp_9"), 1, "wsp_9"),
    ],
)
def test_what_can_not_be_done_is_said_in_words_and_leaves_no_file(groupchat, filled, tmp_path, words, code, said):
    (tmp_path / "folder").mkdir()
    (tmp_path / "whole.jsonl").write_bytes(EXPORT)
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "none.yaml").write_text("{}")
    before = sorted(each.name for each in tmp_path.iterdir())

    refused = groupchat(filled, *words)

    assert (refused.returncode, refused.stdout) == (code, ""), refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == before


def test_a_damaged_file_is_refused_with_its_line_and_nothing_is_stored(groupchat, sqlite_url, tmp_path):
    lines = EXPORT.splitlines(keepends=True)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[:6])[:-20])

    refused = groupchat(sqlite_url, "import", "cut.jsonl")

    assert refused.returncode == 1
    assert "groupchat: line 6: it is cut off in its midst." in refused.stderr
    database = Database(sqlite_url)
    assert not any(kept(database).values())
    database.close()


def test_all_faults_of_a_policy_file_are_told_and_nothing_else(groupchat, filled, tmp_path):
    (tmp_path / "strict.yaml").write_text(STRICT)

    refused = groupchat(filled, "whatif", "--policy", "strict.yaml", "--json")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert [line.split(":")[0].strip() for line in refused.stderr.splitlines()] == ["groupchat", "line 1", "line 2"]


def test_what_would_differ_is_shown_as_tables_and_as_json(groupchat, sqlite_url, tmp_path):
    database = Database(sqlite_url)
    bring(database, EXPORT)
    database.close()
    (tmp_path / "dear.yaml").write_text(
        "min_participants: 2\nrates: [{effective_from: 2020-01-01, mms_segment: 0.0000001, currency: USD}]"
    )

    shown = groupchat(sqlite_url, "whatif", "--policy", "dear.yaml")
    as_json = groupchat(
        sqlite_url, "whatif", "--policy", "dear.yaml", "--json", "--from", "2025-01-01", "--to", "2030-01-01T00:00:00Z"
    )

    assert (shown.returncode, as_json.returncode) == (0, 0), shown.stderr + as_json.stderr
    assert "cnv_1/2" in shown.stdout
    assert "sent, 2 x, 0.0000002 USD" in shown.stdout
    found = json.loads(as_json.stdout)
    assert [each["event"] for each in found["differences"]] == ["cnv_1/2", "cnv_2/2"]
    assert found["differences"][0]["would_be"]["charge"] == {"recipients": 2, "amount": "0.0000002", "currency": "USD"}
    assert found["amounts"] == [{"currency": "USD", "was": "0.0800", "would_be": "0.0000004"}]
    assert (found["count"], len(found["conversations"])) == (2, 2)


# --- reading only


def test_a_user_of_postgres_who_may_only_read_can_export_and_replay(groupchat, postgres_url, tmp_path):
    database = Database(postgres_url)
    a_store(database)
    owner = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        connection.execute(text("DROP ROLE IF EXISTS auditor"))
        connection.execute(text("CREATE ROLE auditor LOGIN"))
        connection.execute(text("GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor"))
        try:
            reader = make_url(postgres_url).set(username="auditor").render_as_string(hide_password=False)
            whole = exported(database)
            unmoved(groupchat, reader, tmp_path, whole)
            refused = groupchat(reader, "import", "all.jsonl")
        finally:
            connection.execute(text("DROP OWNED BY auditor"))
            connection.execute(text("DROP ROLE auditor"))
    owner.dispose()
    database.close()
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr


def test_an_sqlite_file_is_exported_and_replayed_without_a_write(groupchat, sqlite_url, tmp_path):
    database = Database(sqlite_url)
    a_store(database)
    whole = exported(database)
    database.close()
    path = Path(database.path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o444)

    unmoved(groupchat, f"sqlite:///file:{path}?mode=ro&uri=true", tmp_path, whole)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def unmoved(groupchat, url: str, folder: Path, whole: bytes) -> None:
    """Export and replay as somebody who can't write."""
    (folder / "none.yaml").write_text("{}")
    done = groupchat(url, "export", "--all", "--out", "all.jsonl")
    replayed = groupchat(url, "whatif", "--policy", "none.yaml")
    assert (done.returncode, replayed.returncode) == (0, 0), done.stderr + replayed.stderr
    assert (folder / "all.jsonl").read_bytes() == whole
    assert "Nothing would differ." in replayed.stdout
