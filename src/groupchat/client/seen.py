"""The records that were seen in a partition, so that a record that is there twice is handled once."""

from collections import OrderedDict

from groupchat.client.record import Record


class Seen:
    """The last version and entry of each stream, for at most the `streams` streams that were seen last.

    In a partition, the records of a stream are in the order of their versions and entries, so a record that is not above the last
    one is there again. It is found if at most `streams` records lie between the two. Each partition needs its own memory, because a
    stream's records may be ahead or behind in another one.
    """

    def __init__(self, streams: int) -> None:
        self._streams = streams
        self._last: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def has(self, record: Record) -> bool:
        """Return whether a record was seen."""
        last = self._last.get(record.stream)
        return last is not None and (record.version, record.entry) <= last

    def add(self, record: Record) -> None:
        """Remember a record."""
        if not self.has(record):
            self._last[record.stream] = (record.version, record.entry)
        self._last.move_to_end(record.stream)
        if len(self._last) > self._streams:
            self._last.popitem(last=False)
