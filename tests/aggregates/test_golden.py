"""Stored events stay readable for ever: one golden file per event class and version (`tests/golden/make.py` makes new ones)."""

import pytest
from eventsourcing.persistence import StoredEvent

from groupchat.store.mapper import EventMapper
from tests.golden.examples import AT, CAUSE, EXAMPLES, STREAM, VERSION, event_types, is_current
from tests.golden.make import GOLDEN, make, stored_state

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
def test_an_example_has_every_field_filled_R34(name):
    state = stored_state(EXAMPLES[name])
    assert b":null" not in state
    assert b":[]" not in state


def test_golden_files_are_made_once_and_never_written_over_R34(tmp_path):
    assert len(make(tmp_path)) == len([name for name in EXAMPLES if is_current(name)])
    changed = tmp_path / "groupchat.contact.renamed.v1.json"
    changed.write_text("as it was")
    (tmp_path / "groupchat.contact.deleted.v1.json").unlink()
    assert make(tmp_path) == ["groupchat.contact.deleted.v1.json"]
    assert changed.read_text() == "as it was"
