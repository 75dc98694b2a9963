"""Exports: of everything, and of one conversation as an auditor may hand it out."""

from io import BytesIO

import msgspec
import pytest

from groupchat.aggregates import do_not_disturb
from groupchat.moving.exporting import export_conversation
from groupchat.moving.lines import EventLine, Header, read_lines
from groupchat.store import webhook_rows
from groupchat.store.archive import Archive
from groupchat.store.log import UnknownStreamError
from groupchat.store.positions import stand_at
from groupchat.store.webhook_rows import Cursor
from groupchat.values.event import Recorded
from tests.moving.exports import exported
from tests.support.builders import number
from tests.support.world import World


def of(world: World, conversation_id: str) -> list[EventLine | Header]:
    file = BytesIO()
    export_conversation(Archive(world.store.database), conversation_id, file)
    file.seek(0)
    return [line for _, line in read_lines(file)]


def events_of(world: World, conversation_id: str) -> list[EventLine]:
    return [line for line in of(world, conversation_id) if isinstance(line, EventLine)]


async def test_an_export_continues_webhooks_where_the_last_of_them_is_R55(world: World):
    await world.group(1, 2)
    cursors = [Cursor(webhook_id=f"whk_{n}", workspace_id="wsp_1", behind=behind) for n, behind in enumerate((None, 3, 2))]
    with world.store.database.write() as connection:
        stand_at(connection, webhook_rows.FOLLOWER, 4)
        webhook_rows.move(connection, cursors)
    lines = [msgspec.json.decode(line) for line in exported(world.store.database).splitlines()]
    assert [line["position"] for line in lines if line.get("name") == webhook_rows.FOLLOWER] == [2]


async def test_an_export_of_all_has_every_event_with_its_envelope_R31(world: World):
    await world.group(1, 2)

    lines = [msgspec.json.decode(line) for line in exported(world.store.database).splitlines()]

    assert [shown(each) for each in await world.log()] == [
        {name: value for name, value in line.items() if name not in ("line", "check", "shape", "data")} for line in lines[1:-1]
    ]
    assert {line["shape"] for line in lines[1:-1]} == {1}
    assert lines[0] | {"check": ""} == {
        "line": "header",
        "format": "groupchat-export",
        "format_version": 1,
        "groupchat": "0.1.0",
        "exported": "all",
        "conversation_id": None,
        "head": len(lines) - 2,
        "check": "",
    }


async def test_an_export_of_all_has_key_hashes_and_no_key(world: World):
    export = exported(world.store.database)

    assert b"key_hash" in export
    assert world.key.encode() not in export


async def test_a_conversation_is_exported_with_its_deliveries_and_its_participants_consents(world: World):
    group, other = await world.group(1, 2), await world.group(1, 3)
    message = await world.send(group)
    elsewhere = await world.send(other)
    for each in (message, elsewhere):
        await world.begin(await world.message(each))
    await world.writes(1, "STOP", group=(2,))

    events = events_of(world, group)

    streams = [group, f"delivery-{message}", *(f"consent-{world.business}-{number(n)}" for n in (1, 2))]
    assert list(dict.fromkeys(each.stream for each in events)) == streams
    assert {each.type for each in events} >= {"groupchat.consent.opted_out", "groupchat.delivery.started"}
    assert other not in "".join(bytes(each.data).decode() for each in events)
    assert len(events) == len({(each.stream, each.version) for each in events})


async def test_a_conversation_is_exported_with_the_do_not_disturb_that_blocks_it_R36(world: World):
    group = await world.group(1, 2)
    await world.change(await world.contact(2, "Cid"), dnd=True)
    stream = do_not_disturb.stream(world.who.workspace_id, number(2))

    assert [each.type for each in events_of(world, group) if each.stream == stream] == ["groupchat.do_not_disturb.turned_on"]


async def test_an_exported_conversation_has_no_key_hash_and_plain_prices(world: World):
    group = await world.group(1, 2)
    await world.send(group)

    data = [bytes(each.data) for each in events_of(world, group)]

    assert not any(b"hash" in each for each in data)
    assert any(b'"rate":{"mms_segment":"0.0200","currency":"USD"}' in each for each in data)


async def test_a_missing_conversation_is_reported(world: World):
    for unknown in ("cnv_nobody", world.who.workspace_id):
        with pytest.raises(UnknownStreamError, match=unknown):
            of(world, unknown)


async def test_the_header_of_a_conversations_export_describes_it(world: World):
    group = await world.group(1, 2)

    header = of(world, group)[0]

    assert (header.exported, header.conversation_id, header.head) == ("conversation", group, len(await world.log()))


def shown(recorded: Recorded) -> dict[str, object]:
    cause = msgspec.to_builtins(recorded.cause)
    place = {"position": recorded.position, "stream": recorded.stream, "version": recorded.version, "type": recorded.type}
    return place | {"at": msgspec.to_builtins(recorded.at)} | cause
