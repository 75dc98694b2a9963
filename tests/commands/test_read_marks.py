"""Read marks: each user has their own (R30)."""

import pytest

from groupchat.aggregates import reader
from groupchat.commands import read_marks
from groupchat.commands.streams import READ_MARK
from groupchat.values.errors import NotFoundError
from tests.support.builders import number
from tests.support.world import a_member, a_world


async def mark_of(world, who, group):
    return await world.store.load_fresh(READ_MARK, reader.stream(who.user.id, group))


async def test_reading_covers_the_messages_so_far_and_the_caller_alone_R30(world):
    member = await a_member(world)
    group = await world.group(1, 2)
    await world.writes(1, "Hi")
    await world.run(read_marks.mark_read, group)
    await world.writes(2, "Hi")

    assert (await mark_of(world, world.who, group)).version == 2
    assert await mark_of(world, member, group) is None


async def test_marking_the_same_again_adds_nothing_R30(world):
    group = await world.group(1, 2)
    assert len((await world.run(read_marks.mark_read, group)).events) == 1
    assert (await world.run(read_marks.mark_read, group)).events == ()
    assert len((await world.run(read_marks.mark_unread, group)).events) == 1
    assert (await world.run(read_marks.mark_unread, group)).events == ()


async def test_unread_and_read_again_R30(world):
    group = await world.group(1, 2)
    await world.run(read_marks.mark_read, group)
    await world.run(read_marks.mark_unread, group)
    assert (await mark_of(world, world.who, group)).unread
    await world.run(read_marks.mark_read, group)

    assert not (await mark_of(world, world.who, group)).unread


async def test_read_marks_leave_the_conversations_version_alone_R30(world):
    group = await world.group(1, 2)
    await world.run(read_marks.mark_read, group)

    assert (await world.state(group)).version == 1


async def test_another_workspaces_conversation_cannot_be_marked(world):
    group = await world.group(1, 2)
    other = await a_world(world.store, number(901))

    with pytest.raises(NotFoundError):
        await world.run_as(other.who, read_marks.mark_read, group)
    with pytest.raises(NotFoundError):
        await world.run_as(other.who, read_marks.mark_unread, group)
