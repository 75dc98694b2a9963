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
from groupchat.store.webhook_rows import Cursor, WaitingMessage
from groupchat.values.event import Recorded
from tests.moving.exports import exported
from tests.support.builders import moment, number
from tests.support.world import World


def of(world: World, conversation_id: str) -> list[EventLine | Header]:
    file = BytesIO()
    export_conversation(Archive(world.store.database), conversation_id, file)
    file.seek(0)
    return [line for _, line in read_lines(file)]


def events_of(world: World, conversation_id: str) -> list[EventLine]:
    return [line for line in of(world, conversation_id) if isinstance(line, EventLine)]


async def test_an_export_says_where_each_webhook_is_so_that_none_misses_anything_R55(world: World):
    await world.group(1, 2)
    behinds = {"whk_ahead": None, "whk_behind": 2, "whk_waiting": None, "whk_set_aside": 3}
    cursors = [Cursor(webhook_id=id_, workspace_id="wsp_1", behind=behind) for id_, behind in behinds.items()]
    waits = {"whk_waiting": moment(1), "whk_set_aside": None}
    with world.store.database.write() as connection:
        stand_at(connection, webhook_rows.FOLLOWER, 4)
        webhook_rows.move(connection, cursors)
        put_off = [WaitingMessage(webhook_id=id_, position=2, key="cnv_1", attempts=1, due=due) for id_, due in waits.items()]
        webhook_rows.put_off(connection, put_off)
    lines = [msgspec.json.decode(line) for line in exported(world.store.database).splitlines()]
    places = {line["webhook_id"]: line["position"] for line in lines if line["line"] == "webhook"}
    assert places == {"whk_ahead": 4, "whk_behind": 2, "whk_set_aside": 3, "whk_waiting": 1}


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
