"""Streams that wait at one position of the log share a reading of it, but none that began before they asked."""

import asyncio
from threading import Event

import pytest
from msgspec import Struct

from groupchat.http.streams.watch import LogReader
from groupchat.store.log import Log
from tests.store.counting import PATIENCE, count


class SlowLog(Struct):
    """A log whose readings take until a test lets them end."""

    stored: Log
    readings: list[int]
    begun: Event
    ending: Event

    @property
    def log(self):
        return self

    def read(self, after, limit):
        self.readings.append(after)
        piece = self.stored.read(after, limit)
        self.begun.set()
        assert self.ending.wait(PATIENCE)
        return piece


@pytest.fixture
async def slow(store):
    await count(store, "a")
    return SlowLog(store.log, [], Event(), Event())


def positions(piece):
    return [recorded.position for recorded in piece.events]


async def test_an_event_stored_before_the_call_is_in_the_piece_even_during_another_read(store, slow):
    reader = LogReader(slow)
    first = asyncio.create_task(reader.above(0))
    await asyncio.to_thread(slow.begun.wait, PATIENCE)
    await count(store, "a")
    second = asyncio.create_task(reader.above(0))
    slow.ending.set()
    assert (positions(await first), positions(await second)) == ([1], [1, 2])


async def test_streams_that_are_woken_together_share_one_reading(slow):
    reader = LogReader(slow)
    slow.ending.set()
    pieces = await asyncio.gather(*(reader.above(0) for _ in range(20)))
    assert [positions(piece) for piece in pieces] == [[1]] * 20
    assert slow.readings == [0]
