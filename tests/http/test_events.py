"""The event stream: the log as one caller may see it, live and resumable, while they may see it and read it."""

import asyncio

import pytest

from groupchat.aggregates.sight import about, published
from groupchat.commands import contacts, keys
from groupchat.commands.streams import WORKSPACE
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import BATCH, StreamLimits
from groupchat.processes.delivery import DeliveryProcess
from tests.golden.examples import EXAMPLES
from tests.http.listening import PATIENCE, listening, streamed
from tests.http.site import assert_problem, open_site, path_of
from tests.http.staff import staffed
from tests.store.following import opened
from tests.support.builders import number, recorded

LONG = StreamLimits(heartbeat=600.0, lifetime=600.0)


@pytest.fixture
async def live(store):
    """The API without workers, so that only the test's own calls store events; streams last."""
    async with open_site(store, workers=None, streams=Streams(store, LONG)) as site:
        yield site


async def head(site):
    return await asyncio.to_thread(site.store.log.head)


def types(events):
    return [event["type"].removeprefix("groupchat.") for event in events]


# --- the log, as it is


async def test_the_stream_sends_the_whole_log_as_history_shows_it_R31(live):
    group = await live.group(name="Crew", message={"body": 'Hi\n\n"all" \u2028 👋'})
    history = (await live.get(path_of(group, "history"))).json()["items"]

    async with listening(live, 0) as stream:
        events = await stream.until(await head(live))

    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert [event["position"] for event in events] == list(range(1, await head(live) + 1))
    assert [event for event in events if event["stream"] == group["id"]] == [each | {"stream": group["id"]} for each in history]


async def test_a_stream_begins_now_unless_the_caller_names_a_position(live):
    await live.group()
    async with listening(live) as stream:
        assert stream.last_id == await head(live)  # for a client that is cut off before its first event
        await live.contact(7, "Zoe")
        assert types([await stream.event()]) == ["contact.created"]


async def test_a_stream_wakes_for_events_that_another_process_stores(store, database_url):
    async with open_site(store, workers=None, streams=Streams(store, LONG)) as site, listening(site) as stream:
        async with opened(database_url) as other:
            who = site.world.who
            await other.run(who.cause(), contacts.create_contact, who, name="Zoe", number=number(7))
        assert types([await stream.event()]) == ["contact.created"]


async def test_a_stream_resumes_after_any_event_without_loss_or_duplicates(live):
    await live.group(1, 2)
    last = await head(live)
    whole = await streamed_upto(live, last)
    for position in range(last):
        async with listening(live, 0, last_event_id=str(position)) as stream:  # which wins over `after`
            assert await stream.until(last) == whole[position:]


async def test_a_reader_that_reconnects_again_and_again_while_many_write_gets_each_event_once(live):
    writing = asyncio.gather(*(write(live, n) for n in range(4)))
    seen = []
    while not writing.done() or seen[-1]["position"] < await head(live):
        async with listening(live, last_event_id=str(seen[-1]["position"] if seen else 0)) as stream:
            seen += [await stream.event() for _ in range(min(7, await head(live) - (seen[-1]["position"] if seen else 0)))]
    await writing

    assert [event["position"] for event in seen] == list(range(1, await head(live) + 1))


async def write(site, n):
    group = await site.group(2 * n + 1, 2 * n + 2)
    for m in range(10):
        await site.send(group, f"{n}.{m}")


async def streamed_upto(site, position):
    async with listening(site, 0) as stream:
        return await stream.until(position)


async def test_more_than_one_batch_is_sent_in_order(live):
    for n in range(BATCH // 2 + 5):
        await live.contact(n)  # two events each
    assert [event["position"] for event in await streamed_upto(live, await head(live))] == list(range(1, await head(live) + 1))


# --- what one wants


async def test_a_stream_has_only_the_types_and_the_conversation_that_were_asked_for(live):
    first, second = await live.group(1, 2), await live.group(3, 4)
    for group in (first, second):
        await live.send(group)
    sent = "groupchat.conversation.message_sent"
    query = f"after=0&types={sent},groupchat.conversation.renamed&conversation_id={first['id']}"
    async with listening(live, query=query) as stream:
        received = [await stream.event()]
        await live.patch(path_of(second), {"name": "Second"})
        await live.patch(path_of(first), {"name": "First"})
        received.append(await stream.event())
    assert [(each["type"], each["stream"]) for each in received] == [
        (sent, first["id"]),
        ("groupchat.conversation.renamed", first["id"]),
    ]


async def test_a_type_that_does_not_exist_is_refused(live):
    problem = assert_problem(await live.get("/v1/events", types="groupchat.conversation.sent"), "invalid-request", 422)
    assert problem["errors"][0]["loc"] == "query.types"
    listed = (await live.client.get("/schemas")).json()["items"]
    assert {"type": "groupchat.conversation.renamed", "url": "/schemas/groupchat.conversation.renamed.json"} in listed


# --- what one may see


async def test_nobody_sees_another_workspace(live):
    stranger = await live.stranger()
    await live.group()
    position = await head(live)
    await stranger.contact(5)

    async with listening(live, position) as stream:
        await live.contact(6)
        assert (await stream.event())["data"]["number"] == number(6)


async def test_no_keys_hash_is_ever_shown_not_even_to_an_owner(site):
    staff = await staffed(site)
    for name in ("owner", "admin", "auditor", "member", "agent"):
        async with listening(staff[name], 0) as stream:
            await stream.rest()
        assert b"workspace.policy" in stream.raw or b"workspace.role_defined" in stream.raw
        assert b"key_hash" not in stream.raw
        state = await site.store.load_fresh(WORKSPACE, site.world.who.workspace_id)
        assert not any(key_hash.encode() in stream.raw for key_hash in state.keys)


async def test_keys_are_shown_to_their_holder_and_to_people_who_manage_users_R23(site):
    staff = await staffed(site)
    holders = {
        name: {event["data"]["user_id"] for event in await issued(staff[name])} for name in ("owner", "admin", "member", "auditor")
    }
    everybody = set(staff.ids.values())

    assert holders["owner"] == everybody
    assert holders["admin"] == everybody - {staff.ids["owner"]}
    assert holders["member"] == {staff.ids["member"]}
    assert holders["auditor"] == {staff.ids["auditor"]}


async def issued(site):
    return [event for event in await streamed(site) if event["type"] == "groupchat.workspace.key_issued"]


async def test_read_marks_of_others_are_shown_to_managers_and_auditors_R30(site):
    staff = await staffed(site)
    group = await site.group()
    for name in ("owner", "member", "dispatcher"):
        await staff[name].put(path_of(group, "read"))

    def readers(events):
        return [event["data"]["user_id"] for event in events if event["type"] == "groupchat.reader.conversation_read"]

    everybody = [staff.ids[name] for name in ("owner", "member", "dispatcher")]
    for name in ("owner", "admin", "auditor"):
        assert readers(await streamed(staff[name])) == everybody
    assert readers(await streamed(staff["member"])) == [staff.ids["member"]]


async def test_a_restricted_user_sees_only_their_groups_and_contacts_R22(site):
    staff = await staffed(site)
    agent, mine = staff["agent"], {"assigned_to": staff.ids["agent"]}
    ann, bob = await site.contact(1, "Ann", **mine), await site.contact(2, "Bob", **mine)
    cid = await site.contact(3, "Cid")
    seen = await site.group(1, 2, name="Seen", message={"body": "for you"})
    hidden = await site.group(2, 3, name="Hidden", message={"body": "not for you"})
    assert (await site.writes(3, "STOP", group=[number(2)])).status_code == 202
    assert await site.services.progress.wait_for([DeliveryProcess.name], site.store.log.head(), PATIENCE)
    await site.get("/v1/conversations")

    events = await streamed(agent)
    about_ids = {event["stream"] for event in events}
    assert {seen["id"], ann["id"], bob["id"]} <= about_ids
    assert not {hidden["id"], cid["id"]} & about_ids
    text = str(events)
    assert "for you" in text
    for secret in ("not for you", "Hidden", number(3), hidden["id"], cid["id"], staff.ids["member"]):
        assert secret not in text
    assert any(event["type"].startswith("groupchat.delivery.") for event in events)
    assert {"workspace.number_added", "workspace.role_defined", "workspace.created"} <= set(types(events))
    assert {event["data"]["user_id"] for event in events if "user_added" in event["type"]} == {staff.ids["agent"]}


async def test_a_contact_assigned_to_somebody_else_is_no_longer_shown_not_even_its_past_R22(live):
    staff = await staffed(live)
    mine = {"assigned_to": staff.ids["agent"]}
    ann = await live.contact(1, "Ann", **mine)
    await live.contact(2, "Bob", **mine)
    group = await live.group(1, 2)
    async with listening(staff["agent"], await head(live)) as stream:
        await live.send(group, "seen")
        assert (await stream.event())["data"]["body"] == "seen"
        await live.patch(f"/v1/contacts/{ann['id']}", {"assigned_to": None})
        await live.send(group, "secret")
        policy = await live.put("/v1/policy", {"max_participants": 8})
        assert types([await stream.event()]) == ["workspace.policy_changed"]
        assert policy.status_code == 200
    async with listening(staff["agent"], 0) as stream:
        assert group["id"] not in {event["stream"] for event in await stream.until(await head(live))}


async def test_a_right_that_is_taken_away_filters_an_open_stream_at_once_R23(live):
    staff = await staffed(live)
    await live.group()
    group = await live.group(3, 4)
    async with listening(staff["admin"], await head(live)) as stream:
        await live.put(path_of(group, "read"))
        assert types([await stream.event()]) == ["reader.conversation_read"]
        await live.patch(f"/v1/users/{staff.ids['admin']}", {"role": "member"})
        await live.delete(path_of(group, "read"))
        await live.send(group)
        assert types([await stream.event(), await stream.event()]) == ["workspace.user_role_changed", "conversation.message_sent"]


async def test_a_right_that_is_taken_away_filters_events_that_others_have_read_already_R23(live):
    staff = await staffed(live)
    group = await live.group()
    async with listening(staff["admin"], await head(live)) as stream:
        await live.put(path_of(group, "read"))
        assert types([await stream.event()]) == ["reader.conversation_read"]
        await held_back(stream, live, group)
        await live.delete(path_of(group, "read"))
        await read_by_another(live, await head(live))
        await live.patch(f"/v1/users/{staff.ids['admin']}", {"role": "member"})
        stream.taking.set()
        assert types([await stream.event(), await stream.event()]) == ["conversation.message_sent", "workspace.user_role_changed"]


async def held_back(stream, site, group):
    """Let the stream's reader take nothing more: a message is offered to them, and nothing behind it is read."""
    stream.taking.clear()
    stream.offered.clear()
    await site.send(group)
    await stream.offered.wait()


async def read_by_another(site, upto):
    """Let another reader have the log in memory up to a position."""
    await asyncio.to_thread(lambda: [site.store.log.read(above, 1) for above in range(upto)])


def test_every_type_of_event_has_a_subject_that_decides_who_sees_it():
    for name, event in EXAMPLES.items():
        assert about(recorded(event)) is not None, f"aggregates/sight.py says who sees {name}"
        assert "key_hash" not in str(published(event)), name


# --- how it ends


async def test_an_old_stream_ends_at_the_logs_end_not_where_others_have_read_to(store):
    async with open_site(store, workers=None, streams=Streams(store, StreamLimits(lifetime=0.0))) as site:
        await site.group()
        await read_by_another(site, 2)
        async with listening(site, 1) as stream:
            events = await stream.rest()
    assert [event["position"] for event in events] == list(range(2, await head(site) + 1))


async def test_a_revoked_key_ends_its_streams_before_they_show_anything_else_R23(live):
    staff = await staffed(live)
    member = staff["member"]
    held = (await member.get(f"/v1/users/{staff.ids['member']}/keys")).json()["items"]
    async with listening(member) as stream:
        await live.delete(f"/v1/users/{staff.ids['member']}/keys/{held[0]['id']}")
        await live.group()
        assert await stream.rest() == []
    assert not stream.aborted


async def test_a_key_that_expires_ends_its_streams(live, monkeypatch):
    later = live.store.now().replace(year=2100)
    key = (await live.world.run(keys.issue_key, live.world.who.user.id, later)).value.api_key
    async with listening(live.with_key(key)) as stream:
        monkeypatch.setattr(live.store, "_clock", lambda: later)
        await live.contact(1)
        assert await stream.rest() == []


async def test_a_stream_has_a_heartbeat_while_nothing_happens(store):
    streams = Streams(store, StreamLimits(heartbeat=0.01))
    async with open_site(store, workers=None, streams=streams) as site, listening(site) as stream:
        await stream.heard(3)
    assert stream.comments[:3] == ["still here"] * 3


async def test_a_heartbeat_notices_a_key_that_is_no_longer_valid(store, monkeypatch):
    streams = Streams(store, StreamLimits(heartbeat=0.01))
    async with open_site(store, workers=None, streams=streams) as site:
        later = store.now().replace(year=2100)
        key = (await site.world.run(keys.issue_key, site.world.who.user.id, later)).value.api_key
        async with listening(site.with_key(key)) as stream:
            monkeypatch.setattr(store, "_clock", lambda: later)
            assert await stream.rest() == []


async def test_a_slow_reader_costs_one_batch_and_loses_nothing(live):
    async with listening(live, 0) as stream:
        await stream.until(await head(live))
        stream.taking.clear()
        stream.offered.clear()
        await live.contact(1)
        await stream.offered.wait()
        read_upto = await head(live)
        for n in range(2, 30):
            await live.contact(n)
        assert await head(live) > read_upto
        assert not live.services.streams.log._reading  # nothing is read for a client that takes nothing
        stream.taking.set()
        received = await stream.until(await head(live))
    assert [event["position"] for event in received] == list(range(read_upto - 1, await head(live) + 1))


async def test_a_reader_that_takes_nothing_is_disconnected(store):
    streams = Streams(store, StreamLimits(stall=0.02))
    async with open_site(store, workers=None, streams=streams) as site, listening(site) as stream:
        stream.taking.clear()
        await site.contact(1)
        await asyncio.wait_for(stream.ended.wait(), PATIENCE)
        assert stream.aborted
        assert streams.open == 0


async def test_a_users_streams_are_limited_over_all_keys_until_one_ends(store):
    streams = Streams(store, StreamLimits(per_user=2))
    async with open_site(store, workers=None, streams=streams) as site:
        async with listening(site), listening(site) as second:
            another = (await site.post(f"/v1/users/{site.world.who.user.id}/keys")).json()["api_key"]
            refused = await site.client.get("/v1/events", headers={"Authorization": f"Bearer {another}"})
            assert_problem(refused, "too-many-requests", 429)
            assert int(refused.headers["Retry-After"]) > 0
            other = await site.member()
            async with listening(other) as theirs:
                assert (theirs.status, streams.open) == (200, 3)
            second.leave()
            await second.rest()
            async with listening(site) as third:
                assert third.status == 200
        assert streams.open == 0


async def test_a_workspaces_streams_are_limited_over_all_users(store):
    streams = Streams(store, StreamLimits(per_workspace=1))
    async with open_site(store, workers=None, streams=streams) as site, listening(site):
        other = await site.member()
        refused = await other.client.get("/v1/events", headers={"Authorization": f"Bearer {other.key}"})
        assert "workspace" in assert_problem(refused, "too-many-requests", 429)["detail"]


async def test_when_the_server_stops_its_streams_end_in_order_including_those_that_open_then(live):
    async with listening(live) as stream:
        live.services.streams.close()
        await stream.rest()
        assert not stream.aborted
    async with listening(live) as late:
        await late.rest()


async def test_a_malformed_place_to_begin_is_refused(live):
    for query, last in (("after=-1", None), ("after=x", None), ("since=1", None), ("", "x"), ("after=1", "-1"), ("", "1" * 19)):
        headers = {"Last-Event-ID": last} if last else {}
        assert_problem(await live.request("GET", f"/v1/events?{query}", headers=headers), "invalid-request", 422)


@pytest.mark.parametrize("where", ["after", "last_event_id"])
async def test_a_position_beyond_the_logs_end_is_refused_with_the_end(live, where):
    end = await head(live)
    headers = {"Last-Event-ID": str(end + 1)} if where == "last_event_id" else {}
    query = f"?after={end + 1}" if where == "after" else ""
    refused = await live.request("GET", f"/v1/events{query}", headers=headers)
    assert assert_problem(refused, "position-ahead", 409)["head"] == end
    async with listening(live, end) as stream:
        assert stream.status == 200


async def test_any_read_that_asks_for_a_position_beyond_the_logs_end_is_refused_at_once_with_the_end(live):
    end = await head(live)
    live.position = 0
    document = (await live.client.get("/openapi.json")).json()
    asked = {"$ref": "#/components/parameters/MinPosition"}
    reads = {path: each["get"].get("parameters", ()) for path, each in document["paths"].items() if "get" in each}
    paths = [path for path, given in reads.items() if asked in given and not any(each.get("required") for each in given)]
    assert {"/v1/contacts", "/v1/workspace", "/v1/events"} < set(paths)
    for path in set(paths) - {"/v1/session"}:  # which needs a cookie
        refused = await live.request("GET", path, headers={"Groupchat-Min-Position": str(10**17)})
        assert assert_problem(refused, "position-ahead", 409)["head"] == end, path


async def test_a_head_of_the_stream_has_no_body(live):
    async with listening(live, 0, method="HEAD") as stream:
        assert await stream.rest() == []
    assert (stream.status, stream.raw) == (200, b"")


async def test_a_stream_needs_a_key(live):
    assert_problem(await live.client.get("/v1/events"), "unauthenticated", 401)
