"""What has been seen of a partition, so that what stands in it twice is handled once."""

from collections import OrderedDict

from groupchat.client.record import Record


class Seen:
    """The last version and entry of each stream, of at most `streams` streams: those that were seen last.

    In a partition a stream's records stand in the order of their versions and entries, so one that is not above the last stands
    there again. It is found if not more than `streams` records lie between the two. Elsewhere a stream's records may be further on
    or further behind: what is known of one partition says nothing about another.
    """

    def __init__(self, streams: int) -> None:
        self._streams = streams
        self._last: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def has(self, record: Record) -> bool:
        """Tell whether a record was seen."""
        last = self._last.get(record.stream)
        return last is not None and (record.version, record.entry) <= last

    def add(self, record: Record) -> None:
        """Remember a record."""
        if not self.has(record):
            self._last[record.stream] = (record.version, record.entry)
        self._last.move_to_end(record.stream)
        if len(self._last) > self._streams:
            self._last.popitem(last=False)
