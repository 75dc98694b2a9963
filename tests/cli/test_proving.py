"""`groupchat audit`: keys, checkpoints, verifying and proofs, as an operator and an auditor use them."""

import pytest
from sqlalchemy import update

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.notes import Note, SigningKey, VerifierKey
from groupchat.store.database import Database
from groupchat.store.tables import STORED_EVENTS
from tests.cli.read_only import only_reading

WITNESS = SigningKey("witness.example", bytes(32))


@pytest.fixture
def audited(groupchat, filled, tmp_path):
    """A store whose five events are in the tree, and the settings with its key."""
    made = groupchat(filled, "audit", "keygen", "--name", "chat.example.com", "--out", "log.key")
    assert made.code == 0, made.err
    (tmp_path / "log.pub").write_text(made.out)
    assert groupchat(filled, "audit", "rebuild").code == 0
    return filled, {"audit_key_file": str(tmp_path / "log.key")}


def change(url, position):
    database = Database(url)
    with database.write() as connection:
        connection.execute(update(STORED_EVENTS).where(STORED_EVENTS.c.id == position).values(topic="groupchat.other"))
    database.close()


def test_a_key_is_made_for_its_owner_only_and_never_overwritten_R70(groupchat, audited, tmp_path):
    url, _ = audited
    again = groupchat(url, "audit", "keygen", "--name", "chat.example.com", "--out", "log.key")
    assert (tmp_path / "log.key").stat().st_mode & 0o777 == 0o600
    verifier = VerifierKey.read((tmp_path / "log.pub").read_text())
    assert SigningKey.read((tmp_path / "log.key").read_text()).verifier == verifier
    assert (again.code, "never overwritten" in again.err) == (1, True)


def test_an_auditor_verifies_with_a_checkpoint_from_before_R70(groupchat, audited, tmp_path):
    url, key = audited
    signed = groupchat(url, "audit", "checkpoint", "--publish", ".", **key)
    assert signed.out == (tmp_path / f"{5:020}.checkpoint").read_text()
    (tmp_path / "mine").write_text(signed.out)
    verify = ("audit", "verify", "--key", "log.pub", "--checkpoint", "mine", "--processes", "1")
    good = groupchat(url, *verify)
    change(url, 3)
    bad = groupchat(url, *verify)

    assert (good.code, bad.code) == (0, 1), good.err + bad.err
    assert good.out.startswith("The first 5 events are those of the checkpoint of chat.example.com with root ")
    assert bad.out.startswith("The event at position 3 (")
    assert bad.out.endswith("groupchat.other) was changed. It is one which the checkpoint of 5 events covers.\n")


def test_verifying_continues_from_the_last_checkpoint_and_needs_read_access_only_R70(groupchat, audited, tmp_path):
    url, key = audited
    signed = groupchat(url, "audit", "checkpoint", **key)
    words = ("audit", "verify", "--key", "log.pub", "--last", "last", "--processes", "1")
    with only_reading(url) as readable:
        first, second = groupchat(readable, *words), groupchat(readable, *words)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert (tmp_path / "last").read_text() == signed.out
    assert first.out == second.out


@pytest.mark.parametrize("where", [("--last", "mine"), ("--publish", ".")])
def test_nothing_is_signed_after_a_restore_from_before_a_published_checkpoint_R70(groupchat, audited, tmp_path, where):
    url, key = audited
    lost = str(Checkpoint("chat.example.com", 6, bytes(32)).signed_with(SigningKey.read((tmp_path / "log.key").read_text())))
    (tmp_path / ("mine" if where[0] == "--last" else f"{6:020}.checkpoint")).write_text(lost)
    refused = groupchat(url, "audit", "checkpoint", *where, **key)
    assert (refused.code, refused.out) == (1, "")
    assert "has 5 events, but a checkpoint of 6 is signed already" in refused.err


def test_a_proof_is_printed_with_the_event_and_the_checkpoint_R70(groupchat, audited, tmp_path):
    url, key = audited
    signed = groupchat(url, "audit", "checkpoint", **key).out
    (tmp_path / "mine").write_text(signed)
    proof = groupchat(url, "audit", "prove", "2", "--checkpoint", "mine")
    first_line, extra, index, *_ = proof.out.splitlines()
    assert (first_line, extra[:6], index) == ("c2sp.org/tlog-proof@v1", "extra ", "index 1")
    assert proof.out.endswith(signed)
    change(url, 2)
    assert "does not lead to the checkpoint of 5 events" in groupchat(url, "audit", "prove", "2").err


def test_a_witness_cosignature_is_kept_R70(groupchat, audited, tmp_path):
    url, key = audited
    note = Note.read(groupchat(url, "audit", "checkpoint", **key).out)
    (tmp_path / "seen").write_text(str(WITNESS.cosign(note, at=1_700_000_000)))
    kept = groupchat(url, "audit", "checkpoint", "--cosigned", "seen", **key)
    again = groupchat(url, "audit", "checkpoint", **key)
    assert [each.name for each in Note.read(kept.out).signatures] == ["chat.example.com", "witness.example"]
    assert again.out == kept.out
    witness = str(VerifierKey(WITNESS.name, b"\x04", WITNESS.verifier.public))
    verified = groupchat(url, "audit", "verify", "--key", "log.pub", "--key", witness, "--processes", "1")
    assert (verified.code, verified.out.splitlines()[-1]) == (0, "witness.example has cosigned it."), verified.err


def test_a_new_key_continues_the_old_keys_checkpoints_R70(groupchat, audited, tmp_path):
    url, key = audited
    groupchat(url, "audit", "checkpoint", **key)
    (tmp_path / "new.pub").write_text(groupchat(url, "audit", "keygen", "--name", "chat.example.com", "--out", "new.key").out)
    signed = groupchat(url, "audit", "checkpoint", audit_key_file=str(tmp_path / "new.key"))
    assert [each.name for each in Note.read(signed.out).signatures] == ["chat.example.com"] * 2
    for keys in (("new.pub",), ("log.pub", "new.pub")):
        words = [word for each in keys for word in ("--key", each)]
        assert groupchat(url, "audit", "verify", *words, "--processes", "1").code == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("audit", "checkpoint"), "No key is set. Make one with `groupchat audit keygen`"),
        (("audit", "verify", "--key", "log.pub"), "There is no checkpoint, so nothing can be proved."),
        (("audit", "verify", "--key", "missing"), "missing can't be read: No such file"),
        (("audit", "verify", "--key", "all.jsonl"), "This is not a verifier key."),
        (("audit", "prove", "3"), "No checkpoint covers position 3 yet."),
    ],
)
def test_missing_parts_are_reported_R70(groupchat, audited, tmp_path, words, reason):
    url, _ = audited
    (tmp_path / "all.jsonl").write_text("{}")
    done = groupchat(url, *words)
    assert (done.code, reason in done.err) == (1, True), done.err


def test_a_wrong_key_is_reported_R70(groupchat, audited, tmp_path):
    url, key = audited
    groupchat(url, "audit", "checkpoint", **key)
    other = str(SigningKey("chat.example.com", bytes(32)).verifier)
    done = groupchat(url, "audit", "verify", "--key", other, "--processes", "1")
    assert done.code == 1
    assert "not signed by the key chat.example.com+" in done.out
