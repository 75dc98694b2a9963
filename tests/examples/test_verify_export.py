"""`examples/verify_export.py`: an export verified by a program that has nothing of groupchat."""

import json
import random
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator
from io import BytesIO

import pytest

from groupchat.moving.exporting import export_all, export_conversation
from groupchat.proof.growing import grow
from groupchat.proof.notes import Note, SigningKey
from groupchat.proof.signing import sign
from groupchat.store.archive import Archive
from tests.docs.pages import ROOT
from tests.moving.exports import quietly
from tests.proof.logs import KEY
from tests.store.following import opened
from tests.support.world import World, a_world

SCRIPT = ROOT / "examples" / "verify_export.py"
VERIFY = runpy.run_path(str(SCRIPT))["main"]


@pytest.fixture
async def world(sqlite_url) -> AsyncIterator[World]:
    async with opened(sqlite_url) as store:
        yield await a_world(store)


@pytest.fixture
async def exports(world, tmp_path):
    """A complete export, and one of a conversation among others, with a checkpoint of all but the last group."""
    group, other = await world.group(1, 2), await world.group(1, 3)
    message = await world.send(group, 'Hello, «all»\u2028 \x7f "\\" 👋')
    await world.send(other)
    await world.begin(await world.message(message))
    await world.writes(1, "STOP", group=(2,))
    database = world.store.database
    grow(database, world.store.log.head())
    sign(database, KEY)
    await world.group(4, 5)
    everything, one = BytesIO(), BytesIO()
    export_all(Archive(database), everything, quietly)
    export_conversation(Archive(database), group, one)
    return {"all": everything.getvalue(), "one": one.getvalue()}


@pytest.fixture
def verified(tmp_path, capsys):
    """Verify an export in this process; return the output."""

    def output_of(export, key=str(KEY.verifier), *more):
        path = tmp_path / "export.jsonl"
        path.write_bytes(export)
        try:
            VERIFY(str(path), key, *more)
        except SystemExit as end:
            return str(end.code)
        except Exception as error:  # noqa: BLE001 - a file that can't even be read
            return f"WRONG: {error!r}"
        return capsys.readouterr().out

    return output_of


def test_the_verifier_has_less_than_100_lines_and_imports_nothing_from_groupchat_R70():
    text = SCRIPT.read_text()
    assert len(text.splitlines()) < 100
    assert "import groupchat" not in text
    assert "from groupchat" not in text


def events_in(export):
    """The numbers of the lines with events that the checkpoint covers."""
    lines = list(map(json.loads, export.splitlines()))
    size = max(int(line["note"].split("\n")[1]) for line in lines if line["line"] == "checkpoint")
    return [at for at, line in enumerate(lines) if line["line"] == "event" and line["position"] <= size]


@pytest.mark.parametrize("kind", ["all", "one"])
def test_an_export_is_verified_up_to_its_checkpoint_R70(exports, verified, kind):
    assert verified(exports[kind]).startswith(f"RIGHT: {len(events_in(exports[kind]))} of ")


@pytest.mark.parametrize("kind", ["all", "one"])
def test_no_changed_line_passes_R70(exports, verified, kind):
    chance = random.Random(kind)
    lines = exports[kind].splitlines(keepends=True)
    events = events_in(exports[kind])
    found = 0
    for _ in range(150):
        at = chance.choice(events)
        line = bytearray(lines[at])
        end = line.rindex(b',"check"')
        place = chance.choice([each for each in range(line.index(b',"stream"'), end) if chr(line[each]).isalnum()])
        line[place] = chance.choice([each for each in b"abcdefgh0123456789" if each != line[place]])
        found += not verified(b"".join([*lines[:at], bytes(line), *lines[at + 1 :]])).startswith("RIGHT")
    assert found == 150


def test_a_forged_event_next_to_the_right_one_does_not_pass_R70(exports, verified):
    for export in exports.values():
        lines = export.splitlines(keepends=True)
        twice = [lines[0], lines[1].replace(b'"at":"2', b'"at":"1'), *lines[1:]]
        assert verified(b"".join(twice)).startswith("WRONG")
        member = lines[1].replace(b',"stream":', b',"stream":"cnv_other","stream":')
        assert verified(b"".join([lines[0], member, *lines[2:]])) == "WRONG: a line has a member twice."


def body_of(line):
    return json.loads(line)["data"].get("body")


@pytest.mark.parametrize("kind", ["all", "one"])
def test_a_line_that_shows_more_than_the_event_does_not_pass_R70(exports, verified, kind):
    lines = exports[kind].splitlines(keepends=True)
    at = next(number for number in events_in(exports[kind]) if body_of(lines[number]))
    head, _, rest = lines[at].partition(b',"data":')
    right = rest.rpartition(b',"check":')[0]
    fake = right.replace(b"Hello", b"Bye")
    forged = {
        "data that only a reader of bytes finds": b'%s,"other":{"of":1,"data":%s,"check":1}, "data": %s, "check": "0"}\n',
        "data inside the data": b'%s, "data": {"body":"Bye","data":%s,"check":1}, "check": "0"}\n',
        "another member": b'%s,"body":"Bye","data":%s,"check":"0"}\n',
    }
    for how, form in forged.items():
        line = form % ((head, right, fake)[: form.count(b"%s")])
        assert verified(b"".join([*lines[:at], line, *lines[at + 1 :]])).startswith("WRONG"), how


def test_a_checkpoint_is_verified_by_either_key_that_has_signed_it_R70(exports, verified, tmp_path):
    new = SigningKey(KEY.name, bytes(32))
    note = json.loads(next(line for line in exports["all"].splitlines() if b'"line":"checkpoint"' in line))["note"]
    (tmp_path / "both").write_text(str(Note.read(note).with_signatures_of(new.sign(Note.read(note).text))))
    for key in (KEY, new):
        assert verified(exports["all"], str(key.verifier), str(tmp_path / "both")).startswith("RIGHT")


def test_a_changed_checkpoint_is_rejected_with_an_explanation_R70(exports, verified):
    changed = exports["all"].replace(KEY.name.encode() + b"\\n", KEY.name.encode() + b"\\n1", 1)
    assert verified(changed) == "WRONG: the checkpoint is not signed by this key."


def test_a_checkpoint_that_covers_none_of_the_events_proves_nothing_R70(exports, verified):
    without = [line for line in exports["one"].splitlines(keepends=True) if b'"line":"event"' not in line]
    assert verified(b"".join(without)).startswith("NOT PROVED")


def test_a_checkpoint_of_another_key_does_not_pass_R70(exports, verified):
    for name in (KEY.name, "other"):
        other = str(SigningKey(name, bytes(32)).verifier)
        assert verified(exports["one"], other) == "WRONG: the checkpoint is not signed by this key."


def test_an_export_without_a_checkpoint_proves_nothing_unless_one_is_at_hand_R70(exports, verified, tmp_path):
    lines = [line for line in exports["all"].splitlines(keepends=True) if b'"line":"checkpoint"' not in line]
    note = next(line for line in exports["all"].splitlines() if b'"line":"checkpoint"' in line)
    (tmp_path / "mine").write_text(json.loads(note)["note"])
    assert verified(b"".join(lines)) == "NOT PROVED: there is no checkpoint."
    assert verified(b"".join(lines), str(KEY.verifier), str(tmp_path / "mine")).startswith("RIGHT")


def test_the_verifier_runs_by_itself_R70(exports, tmp_path):
    (tmp_path / "export.jsonl").write_bytes(exports["one"])
    command = [sys.executable, "-I", str(SCRIPT), "export.jsonl", str(KEY.verifier)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout[:6]) == (0, "RIGHT:"), done.stderr
