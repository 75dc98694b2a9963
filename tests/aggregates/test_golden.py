"""Stored events stay readable forever: one golden file per event class and version (`tests/golden/make.py` makes new ones)."""

import pytest
from eventsourcing.persistence import StoredEvent

from groupchat.store.mapper import EventMapper
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION, event_types, is_current
from tests.golden.make import GOLDEN, MANIFEST, digest, make, released, stored_state

FILES = {path.stem: path for path in sorted(GOLDEN.glob("*.json"))}
every_file = pytest.mark.parametrize("name", FILES)


def golden_state(name):
    content = FILES[name].read_bytes()
    assert content.endswith(b"}\n")
    return content[:-1]


def test_every_version_of_every_event_class_has_a_golden_file_and_no_file_is_without_a_class_R34():
    versions = {f"{topic}.v{n}" for topic, kind in event_types().items() for n in range(1, kind.class_version + 1)}
    assert set(FILES) == versions, "run: python -m tests.golden.make (a golden file that is there is never changed)"


def test_every_golden_file_has_its_example_R34():
    assert set(FILES) == set(EXAMPLES)


@every_file
def test_a_golden_file_is_read_as_its_event_R34(name):
    topic = name.rpartition(".v")[0]
    stored = StoredEvent(originator_id=STREAM, originator_version=VERSION, topic=topic, state=golden_state(name))
    read = EventMapper().restore(stored, position=9)
    assert read.event == EXAMPLES[name]
    assert type(read.event) is event_types()[topic]
    assert (read.stream, read.version, read.position, read.at, read.cause) == (STREAM, VERSION, 9, AT, CAUSE)


@every_file
def test_an_event_is_stored_as_its_golden_file_says_to_the_byte_R34(name):
    if is_current(name):
        assert stored_state(EXAMPLES[name]) == golden_state(name)
    else:
        assert stored_state(EXAMPLES[name]) != golden_state(name), "an older version's file is only read"


@every_file
def test_a_golden_file_has_every_field_filled_R34(name):
    state = golden_state(name)
    assert b":null" not in state
    assert b":[]" not in state


def test_golden_files_are_made_once_and_never_written_over_R34(tmp_path):
    assert len(make(tmp_path)) == len([name for name in EXAMPLES if is_current(name)])
    changed = tmp_path / "groupchat.contact.renamed.v1.json"
    changed.write_text("as it was")
    assert make(tmp_path) == []
    assert changed.read_text() == "as it was"


def test_no_golden_file_was_ever_changed_or_removed_R34():
    found = {path.name: digest(path) for path in FILES.values()}
    changed = {name for name, sha in released(GOLDEN).items() if found.get(name) != sha}
    assert changed == set(), "put them back: a new shape is a new version with a file of its own (docs/evolution.md)"
    assert found.keys() == released(GOLDEN).keys(), "run: python -m tests.golden.make"


def test_the_list_of_golden_files_is_only_added_to_R34(tmp_path):
    make(tmp_path)
    before = (tmp_path / MANIFEST).read_text()
    gone = tmp_path / "groupchat.contact.deleted.v1.json"
    gone.unlink()
    (tmp_path / "groupchat.contact.renamed.v1.json").write_text("changed")
    (tmp_path / "groupchat.contact.renamed.v2.json").write_text("new")

    assert make(tmp_path) == []
    assert not gone.exists(), "it is not made again from code that may have changed since"
    after = (tmp_path / MANIFEST).read_text()
    assert after.startswith(before)
    assert after.removeprefix(before).endswith("  groupchat.contact.renamed.v2.json\n")
