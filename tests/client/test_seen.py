"""The memory of a partition's records."""

import msgspec
import pytest

from groupchat.broker.envelope import RecordUnreadableError
from groupchat.client.record import record_of
from groupchat.client.seen import Seen
from groupchat.processes.relay.records import records_of
from tests.support.stories import messages


def a_record(stream="cnv_1", version=1, entry=0):
    wire = next(iter(records_of(messages(1)[0])))
    return msgspec.structs.replace(record_of(wire.headers, wire.value), stream=stream, version=version, entry=entry)


def test_a_record_not_above_the_last_of_its_stream_was_seen():
    seen = Seen(10)
    seen.add(a_record(version=3, entry=2))

    above = [(3, 3), (4, 0), (4, 1), (10, 0)]
    not_above = [(1, 0), (1, 9), (2, 5), (3, 0), (3, 1), (3, 2)]
    assert not any(seen.has(a_record(version=version, entry=entry)) for version, entry in above)
    assert all(seen.has(a_record(version=version, entry=entry)) for version, entry in not_above)
    assert not seen.has(a_record(stream="cnv_2"))


def test_a_repeated_record_does_not_move_the_memory_back():
    seen = Seen(10)
    for version in (1, 2, 3, 1):
        seen.add(a_record(version=version))

    assert seen.has(a_record(version=3))


def test_the_streams_that_were_seen_last_are_remembered():
    seen = Seen(2)
    for stream in ("a", "b", "a", "c"):
        seen.add(a_record(stream=stream))

    assert [seen.has(a_record(stream=stream)) for stream in ("a", "b", "c")] == [True, False, True]
    assert len(seen._last) == 2


def test_a_record_without_a_value_cannot_be_read():
    wire = next(iter(records_of(messages(1)[0])))
    with pytest.raises(RecordUnreadableError, match="DecodeError"):
        record_of(wire.headers, None)
