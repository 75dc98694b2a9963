"""Webhooks (R55): which events are sent, in which order, when they are repeated, and when that ends."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from groupchat.addresses import Addresses
from groupchat.aggregates.webhook_events import WebhookSwitchedOff
from groupchat.aggregates.webhooks import WebhookFields
from groupchat.commands import keys, webhooks
from groupchat.http.routes.history import StoredEvent
from groupchat.processes.webhooks.calling import WebhookCalls
from groupchat.processes.webhooks.desk import Desk
from groupchat.store import webhook_rows
from groupchat.store.terms import NO_TERMS
from groupchat.store.webhook_rows import FOLLOWER
from groupchat.values.clock import utc_now
from groupchat.webhooks.schedule import RETRIES, SWITCH_OFF_AFTER
from tests.processes.webhooks.conftest import KEYS, LOCAL, Site
from tests.support.receiver import HANG, Heard
from tests.support.world import a_world


def bodies(heard: Sequence[Heard]) -> list[str]:
    return [each.message["data"]["body"] for each in heard]


def failing(*words: str):
    """Return an answer that fails messages with these words."""
    return lambda heard: 500 if heard.message["data"].get("body") in words else 204


# --- what is sent


async def test_an_event_is_sent_signed_and_as_the_event_stream_shows_it_R55(site: Site):
    webhook = await site.add("/hooks?from=groupchat")
    group = await site.world.group(1, 2)
    await site.world.send(group, "Grüße 👩🏽")
    async with site.sending():
        (heard,) = await site.receiver.count(1, "/hooks?from=groupchat")
    recorded = (await site.world.log())[-1]
    assert Verifier(webhook.secret).verify(heard.body, heard.headers) == heard.message
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook.secret).verify(heard.body + b" ", heard.headers)
    streamed = json.loads(json.dumps(heard.message))
    assert streamed["data"]["body"] == "Grüße 👩🏽"
    assert (streamed["id"], streamed["position"], streamed["stream"]) == (recorded.id, recorded.position, group)
    assert set(StoredEvent.__struct_fields__) - {"at"} <= set(streamed)
    assert heard.headers["webhook-id"] == f"{webhook.id}_{recorded.position}"
    assert heard.headers["host"] == site.receiver.url.removeprefix("http://")
    assert heard.headers["content-type"] == "application/json"


async def test_a_webhook_gets_its_types_from_its_own_workspace_since_it_was_added_R55(site: Site):
    other = await a_world(site.store, "+16285550177")
    await site.world.send(await site.world.group(1, 2), "before")
    await site.add("/messages")
    await site.add("/all", types=None)
    await site.add("/other", types=None, world=other)
    await site.world.send(await site.world.group(3, 4), "after")
    async with site.sending():
        await site.receiver.until(lambda: any(each.type == "message_sent" for each in site.receiver.of("/all")))
        assert bodies(await site.receiver.count(1, "/messages")) == ["after"]
    kinds = {each.type for each in site.receiver.of("/all")}
    assert {"created", "group_joined", "message_sent"} <= kinds
    assert {each.message["workspace_id"] for each in site.receiver.of("/all")} == {site.world.who.workspace_id}
    assert site.receiver.of("/other") == []


async def test_a_webhook_that_has_moved_is_called_at_its_new_address_R55(site: Site):
    webhook = await site.add("/before")
    group = await site.world.group(1, 2)
    async with site.sending():
        await site.world.send(group, "one")
        assert bodies(await site.receiver.count(1, "/before")) == ["one"]
        await site.world.run(webhooks.change_webhook, webhook.id, WebhookFields(url=site.receiver.url + "/after"))
        await site.world.send(group, "two")
        assert bodies(await site.receiver.count(1, "/after")) == ["two"]
    assert bodies(site.receiver.of("/before")) == ["one"]


async def test_events_of_keys_are_not_sent_R55(site: Site):
    await site.add(types=None)
    await site.world.run(keys.issue_key, site.world.who.user.id)
    async with site.sending():
        await site.world.send(await site.world.group(1, 2), "last")
        await site.receiver.until(lambda: any(each.type == "message_sent" for each in site.receiver.heard))
    assert not [each for each in site.receiver.heard if each.type.startswith("key")]


async def test_a_test_is_sent_to_that_webhook_only_under_any_types_R55(site: Site):
    tested = await site.add("/tested")
    await site.add("/other")
    async with site.sending():
        await site.world.run(webhooks.send_test, tested.id)
        (heard,) = await site.receiver.count(1, "/tested")
    assert heard.message["data"] == {"webhook_id": tested.id}
    assert site.receiver.of("/other") == []


async def test_both_secrets_sign_while_they_overlap_R55(site: Site):
    first = await site.add()
    second = (await site.world.run(webhooks.issue_secret, KEYS, first.id)).value
    group = await site.world.group(1, 2)
    async with site.sending():
        await site.world.send(group)
        (heard,) = await site.receiver.count(1)
    assert first.secret != second.secret
    for secret in (first.secret, second.secret):
        Verifier(secret).verify(heard.body, heard.headers)


# --- order and retries


async def test_a_message_that_failed_is_sent_again_and_later_ones_of_its_conversation_wait_R55(site: Site):
    webhook = await site.add()
    group, other = await site.world.group(1, 2), await site.world.group(3, 4)
    site.receiver.answer = failing("one")
    async with site.sending():
        await site.world.send(group, "one")
        await site.receiver.count(1)
        await site.until(lambda: site.waiting(webhook) == 1)
        await site.world.send(group, "two")
        await site.world.send(other, "three")
        assert bodies(await site.receiver.count(2)) == ["one", "three"]
        await site.until(lambda: site.waiting(webhook) == 2)
        site.receiver.answer = lambda _: 204
        site.clock.ahead = RETRIES[0]
        heard = await site.receiver.count(4)
        await site.until(lambda: site.waiting(webhook) == 0)
    assert bodies(heard) == ["one", "three", "one", "two"]
    assert heard[0].headers["webhook-id"] == heard[2].headers["webhook-id"]
    attempts = [json.loads(doc) for doc in site.attempts(webhook)]
    assert [(each["number"], each["status"], each["delivered"]) for each in attempts] == [
        (1, 500, False),
        (1, 204, True),
        (2, 204, True),
        (1, 204, True),
    ]
    assert attempts[0]["next_at"] is not None


async def test_a_webhook_that_is_added_when_there_is_none_gets_its_retries_R55(site: Site):
    group = await site.world.group(1, 2)
    async with site.sending() as worker:
        for n in (1, 2):
            await site.until(lambda: not worker.desk.couriers)
            webhook = await site.add()
            site.receiver.answer = failing("again")
            await site.world.send(group, "again")
            await site.until(lambda webhook=webhook: site.waiting(webhook) == 1)
            site.receiver.answer = lambda _: 204
            site.clock.ahead += RETRIES[0]
            await site.receiver.count(2 * n)
            await site.world.run(webhooks.remove_webhook, webhook.id)


async def test_a_message_is_set_aside_after_the_last_attempt_while_others_arrive_R55(site: Site):
    webhook = await site.add()
    bad, good = await site.world.group(1, 2), await site.world.group(3, 4)
    site.receiver.answer = failing("bad")
    async with site.sending():
        await site.world.send(bad, "bad")
        await site.receiver.count(1)
        for n, pause in enumerate(RETRIES, start=1):
            await site.until(lambda n=n: len(site.attempts(webhook)) == 2 * n - 1)
            await site.world.send(good, f"good {n}")  # without a success for days, the webhook would be switched off
            await site.until(lambda n=n: len(site.attempts(webhook)) == 2 * n)
            site.clock.ahead += pause
        await site.until(lambda: site.standing(webhook).set_aside == 1)
        await site.world.send(bad, "after it")
        await site.receiver.until(lambda: bodies(site.receiver.heard)[-1] == "after it")
    assert bodies(site.receiver.heard).count("bad") == len(RETRIES) + 1
    assert site.waiting(webhook) == 0


async def test_a_redirect_is_not_followed_and_counts_as_failed_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: f"307 Moved\r\nLocation: {site.receiver.url}/elsewhere"
    async with site.sending():
        await site.world.send(group)
        await site.until(lambda: bool(site.attempts(webhook)))
    assert json.loads(site.attempts(webhook)[0])["status"] == 307
    assert [each.path for each in site.receiver.heard] == ["/"]


async def test_a_receiver_that_asks_to_wait_is_called_later_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: "429 Slow down\r\nRetry-After: 60"
    async with site.sending():
        await site.world.send(group)
        await site.until(lambda: bool(site.attempts(webhook)))
    attempt = json.loads(site.attempts(webhook)[0])
    pause = datetime.fromisoformat(attempt["next_at"]) - datetime.fromisoformat(attempt["at"])
    assert timedelta(seconds=60) <= pause < timedelta(seconds=120)


# --- switched off


async def test_a_webhook_that_fails_for_days_is_switched_off_and_continues_when_it_is_on_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: 503
    async with site.sending():
        await site.world.send(group, "one")
        await site.until(lambda: len(site.attempts(webhook)) == 1)
        site.clock.ahead = SWITCH_OFF_AFTER
        await site.until(lambda: off_reasons(site) == ["failing"])
        await site.world.send(group, "two")
        site.receiver.answer = lambda _: 204
        await site.world.run(webhooks.change_webhook, webhook.id, WebhookFields(active=True))
        await site.receiver.until(lambda: bodies(site.receiver.heard)[-2:] == ["one", "two"])
        await site.until(lambda: site.standing(webhook).failing_since is None)


async def test_the_last_attempt_of_a_webhook_that_is_switched_off_sets_nothing_aside_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: 503
    async with site.sending():
        await site.world.send(group, "one")
        for n, pause in enumerate(RETRIES, start=1):
            await site.until(lambda n=n: len(site.attempts(webhook)) == n)
            site.clock.ahead += pause
        await site.until(lambda: off_reasons(site) == ["failing"])
        await site.until(lambda: len(site.attempts(webhook)) == len(RETRIES) + 1)
        await site.until(lambda: site.waiting(webhook) == 1)
    assert site.standing(webhook).set_aside == 0


async def test_a_receiver_that_is_gone_is_switched_off_at_once_R55(site: Site):
    await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: 410
    async with site.sending():
        await site.world.send(group)
        await site.until(lambda: off_reasons(site) == ["gone"])


def off_reasons(site: Site) -> list[str]:
    events = [each.event for each in site.store.log.read(0, 500).events]
    return [event.reason for event in events if isinstance(event, WebhookSwitchedOff)]


async def test_nothing_is_sent_after_a_user_switched_it_off_or_removed_it_R55(site: Site):
    off, removed = await site.add("/off"), await site.add("/removed")
    await site.add("/on")
    group = await site.world.group(1, 2)
    async with site.sending():
        await site.world.run(webhooks.change_webhook, off.id, WebhookFields(active=False))
        await site.world.run(webhooks.remove_webhook, removed.id)
        await site.world.send(group)
        await site.receiver.count(1, "/on")
        await site.until(lambda: site.standing(removed) is None)
    assert {each.path for each in site.receiver.heard} == {"/on"}


async def test_a_webhook_that_is_behind_does_not_read_past_its_removal_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: HANG
    async with site.sending():
        await site.world.send(group, "before")
        await site.receiver.count(1)
    site.receiver.answer = lambda _: 204
    site.receiver.heard.clear()
    await site.world.run(webhooks.remove_webhook, webhook.id)
    await site.world.send(group, "after")
    desk = Desk(site.store, WebhookCalls(LOCAL, KEYS, clock=utc_now))
    async with asyncio.TaskGroup() as work:
        await desk.open(NO_TERMS, work)
    await desk.close()
    assert bodies(site.receiver.heard) == ["before"]


async def test_a_webhook_that_was_removed_while_it_read_the_log_leaves_nothing_behind_R55(site: Site):
    webhook = await site.add()
    async with site.sending() as worker:
        await site.until(lambda: webhook.id in worker.desk.couriers)
        courier = worker.desk.couriers[webhook.id]
        await site.world.run(webhooks.remove_webhook, webhook.id)
        await site.until(lambda: webhook.id not in worker.desk.couriers)
        worker.desk.changed(courier)
        await worker.desk.write()
        assert site.standing(webhook) is None


# --- replay


async def test_a_replay_sends_again_with_the_same_ids_and_a_later_one_skips_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    async with site.sending():
        for body in ("one", "two"):
            await site.world.send(group, body)
        first = await site.receiver.count(2)
        await site.world.run(webhooks.replay, webhook.id, 0)
        heard = await site.receiver.count(4)
        assert bodies(heard) == ["one", "two", "one", "two"]
        assert [each.headers["webhook-id"] for each in heard[2:]] == [each.headers["webhook-id"] for each in first]
        await site.world.run(webhooks.change_webhook, webhook.id, WebhookFields(active=False))
        await site.world.send(group, "missed")
        await site.world.run(webhooks.replay, webhook.id, site.store.log.head())
        await site.world.run(webhooks.change_webhook, webhook.id, WebhookFields(active=True))
        await site.world.send(group, "three")
        assert bodies(await site.receiver.count(5)) == ["one", "two", "one", "two", "three"]


async def test_a_replay_drops_the_waiting_deliveries_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: 500
    async with site.sending():
        await site.world.send(group, "one")
        await site.until(lambda: site.waiting(webhook) == 1)
        site.receiver.answer = lambda _: 204
        await site.world.run(webhooks.replay, webhook.id, site.store.log.head())
        await site.until(lambda: site.waiting(webhook) == 0)
        await site.world.send(group, "two")
        assert bodies(await site.receiver.count(2)) == ["one", "two"]


# --- slow receivers, and ends of the worker


async def test_a_receiver_that_hangs_holds_up_nobody_and_its_queue_is_bounded_R55(site: Site):
    hanging = await site.add("/hanging")
    await site.add("/quick")
    groups = [await site.world.group(2 * n, 2 * n + 1) for n in range(1, 13)]
    site.receiver.answer = lambda heard: HANG if heard.path == "/hanging" else 204
    async with site.sending(most_queued=5) as worker:
        for n, group in enumerate(groups):
            await site.world.send(group, str(n))
            await site.receiver.count(n + 1, "/quick")
        assert worker.desk.couriers[hanging.id].behind
    assert len(site.receiver.of("/hanging")) <= 5
    site.receiver.answer = lambda _: 204
    site.receiver.heard.clear()
    async with site.sending():
        heard = await site.receiver.count(len(groups), "/hanging")
    assert sorted(bodies(heard), key=int) == [str(n) for n in range(len(groups))]


async def test_a_worker_continues_where_the_last_one_ended_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = failing("two")
    async with site.sending():
        for body in ("one", "two", "three"):
            await site.world.send(group, body)
        await site.until(lambda: site.waiting(webhook) == 2)
    site.receiver.answer = lambda _: 204
    await site.world.send(group, "four")
    site.clock.ahead = RETRIES[0]
    async with site.sending():
        await site.receiver.until(lambda: bodies(site.receiver.heard)[2:] == ["two", "three", "four"])


async def test_a_worker_without_notes_finds_the_webhooks_in_the_log_R55(site: Site):
    webhook = await site.add()
    async with site.sending():
        await site.until(lambda: site.standing(webhook) is not None)
    with site.store.database.write() as connection:
        webhook_rows.remove(connection, webhook.id)
    group = await site.world.group(1, 2)
    async with site.sending():
        await site.world.send(group, "one")
        assert bodies(await site.receiver.count(1)) == ["one"]


async def test_each_call_judges_the_address_that_it_connects_to_R55(site: Site):
    async def moved_inside(_host: str, _port: int) -> Sequence[str]:
        return ["127.0.0.1"]

    webhook = await site.add()
    group = await site.world.group(1, 2)
    async with site.sending(Addresses(resolve=moved_inside)):
        await site.world.send(group)
        await site.until(lambda: bool(site.attempts(webhook)))
    assert "not called: its address is not on the public Internet" in site.attempts(webhook)[0]
    assert "127.0.0.1 " not in site.attempts(webhook)[0]
    assert site.receiver.heard == []


async def test_a_call_that_hangs_ends_in_time_and_waits_R55(site: Site):
    webhook = await site.add()
    group = await site.world.group(1, 2)
    site.receiver.answer = lambda _: HANG
    async with site.sending(call_seconds=0.05):
        await site.world.send(group)
        await site.until(lambda: site.waiting(webhook) == 1)
    assert "no complete response within 0.05 seconds" in site.attempts(webhook)[0]


async def test_the_worker_is_a_follower_with_a_position_R55(site: Site):
    webhook = await site.add()
    async with site.sending() as worker:
        await site.world.send(await site.world.group(1, 2))
        await site.receiver.count(1)
        await site.until(lambda: worker.follower.status().position == site.store.log.head())
    assert worker.name == FOLLOWER
    assert site.standing(webhook).position == site.store.log.head()
