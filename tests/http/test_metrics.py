"""Metrics and log lines: they show the events, but nothing of people's messages or identities."""

import json
import re

import pytest
import structlog
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from groupchat.http.app import ENDPOINTS
from groupchat.http.streams.streams import Streams
from groupchat.http.streams.watch import StreamLimits
from groupchat.http.web.request import Incoming
from groupchat.processes.delivery import DeliveryProcess
from groupchat.store.positions import PoisonError
from tests.http.listening import listening
from tests.http.site import messages_of, open_site, path_of
from tests.support.builders import BUSINESS, number
from tests.support.log_lines import lines

__all__ = ["lines"]

BODIES = ("Practice moves to 6 pm", "I can drive", "Secret \u26bd")


async def metrics(site):
    """Scrape, and return each sample's value by its name and labels."""
    answer = await site.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sorted(sample.labels.items())): sample.value for family in families for sample in family.samples}


async def walk(site):
    """Let a whole conversation happen."""
    await site.contact(1, "Ann Private")
    group = await site.group(1, 2, 3, name="Saturday crew", message={"body": BODIES[0]})
    await site.writes(1, BODIES[1], group=[number(2), number(3)])
    await site.send(group, BODIES[2])
    await site.get(f"/v1/conversations/{group['id']}/participants", q=number(2))
    await site.get("/v1/conversations", q=number(1))
    await site.post(path_of(group, "participants", number(2).replace("+", "%2B"), "opt-out"))
    await site.post(messages_of(group), {"body": BODIES[0]})
    await site.get(f"/v1/simulator/handsets/{number(1).replace('+', '%2B')}")
    await site.get(f"/v1/nothing/{number(1)}")
    await site.request("BREW", "/v1/policy")
    return group


async def test_requests_problems_appends_and_followers_are_counted(site):
    group = await walk(site)
    await site.get(path_of(group))
    found = await metrics(site)

    sent = (("method", "POST"), ("operation", "/v1/conversations/{conversation_id}/messages"))
    assert found["groupchat_requests_total", *sent, ("status", "201")] == 1
    assert found["groupchat_requests_total", *sent, ("status", "409")] == 1
    assert found["groupchat_request_seconds_count", *sent] == 2
    assert found["groupchat_problems_total", ("slug", "conversation-blocked")] == 1
    assert found["groupchat_append_batch_size_count",] > 5
    assert found["groupchat_append_seconds_count",] == found["groupchat_append_batch_size_count",]
    assert found["groupchat_appends_waiting",] == 0
    assert found["groupchat_store_reachable",] == 1
    for follower in site.services.followers:
        assert found["groupchat_follower_behind_events", ("follower", follower)] >= 0
        assert found["groupchat_follower_stopped", ("follower", follower)] == 0


async def test_no_label_has_an_id_a_number_or_a_callers_own_text(site):
    await walk(site)
    known = {each.operation.path for each in ENDPOINTS} | {"(none)"}
    for name, *labels in await metrics(site):
        for label, value in labels:
            assert not re.search(r"\+?[0-9]{7}|cnv_|msg_|req_|usr_", value), (name, label, value)
            assert label != "operation" or value in known or not value.startswith("/v1/") or "simulator" in value
            assert label != "method" or value in ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "other")


async def test_a_stopped_follower_shows(idle_site, database):
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO followers (name, position, stopped_at, error) VALUES ('inbox', 1, 2, 'poison')")
    found = await metrics(idle_site)
    assert found["groupchat_follower_stopped", ("follower", "inbox")] == 1
    assert found["groupchat_follower_behind_events", ("follower", "inbox")] > 0


async def test_a_relay_that_cannot_reach_kafka_shows_and_leaves_the_process_ready(idle_site, database):
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO followers (name, position, error) VALUES ('relay', 1, 'Kafka is away')")
    checkup = replace(idle_site.services, followers=(), reported=("relay",)).checkup

    health = await checkup.look()
    logged = (await checkup.scrape(Incoming({}, None, {}, ""))).body.decode()

    assert health.ready
    assert [(each.name, each.position, each.failing) for each in health.followers] == [("relay", 1, True)]
    assert health.followers[0].behind > 0
    assert 'groupchat_follower_position{follower="relay"} 1.0' in logged
    assert 'groupchat_follower_failing{follower="relay"} 1.0' in logged
    assert 'groupchat_follower_stopped{follower="relay"} 0.0' in logged


async def test_open_streams_are_counted(store):
    async with open_site(store, workers=None) as site:
        streams = site.services.streams
        streams.pace = StreamLimits(lifetime=60.0)
        async with listening(site), listening(site):
            assert (await metrics(site))["groupchat_streams_open",] == 2
        assert (await metrics(site))["groupchat_streams_open",] == 0
    assert isinstance(streams, Streams)


def gone():
    raise OperationalError("SELECT", {}, Exception("away"))


async def test_metrics_are_there_while_the_database_is_not(idle_site, monkeypatch):
    monkeypatch.setattr(idle_site.store.log, "head", gone)
    found = await metrics(idle_site)
    assert found["groupchat_store_reachable",] == 0
    assert not any(name == "groupchat_follower_behind_events" for name, *_ in found)


# --- log lines


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


async def test_no_log_line_of_a_whole_conversation_has_a_body_or_a_full_number(lines, store):
    async with open_site(store) as site:
        await walk(site)
        async with listening(site, 0) as stream:
            await stream.rest()
    logged = lines()

    assert len([line for line in logged if line["event"] == "request"]) >= 12
    text = json.dumps(logged, ensure_ascii=False)
    for secret in (*BODIES, *map(number, (1, 2, 3)), *(number(n)[1:] for n in (1, 2, 3)), BUSINESS, "Ann Private", site.key):
        assert secret not in text


async def test_each_request_has_one_line_with_its_operation_status_time_and_correlation_id(lines, store):
    async with open_site(store, workers=None) as site:
        await site.client.get("/v1/policy", headers={"Authorization": f"Bearer {site.key}", "Groupchat-Correlation-Id": "crm-1"})
    request = [line for line in lines() if line["event"] == "request"]

    assert len(request) == 1
    assert {name: request[0][name] for name in ("operation", "status", "correlation_id", "level")} == {
        "operation": "GET /v1/policy",
        "status": 200,
        "correlation_id": "crm-1",
        "level": "info",
    }
    assert request[0]["ms"] >= 0


async def test_successful_health_checks_are_logged_only_for_debugging(lines, idle_site, monkeypatch):
    for path in ("/healthz", "/readyz", "/metrics", "/problems"):
        await idle_site.client.get(path)
    monkeypatch.setattr(idle_site.store.log, "head", gone)
    await idle_site.client.get("/readyz")

    levels = [(line["operation"], line["status"], line["level"]) for line in lines() if line["event"] == "request"]
    assert levels == [
        ("GET /healthz", 200, "debug"),
        ("GET /readyz", 200, "debug"),
        ("GET /metrics", 200, "debug"),
        ("GET /problems", 200, "info"),
        ("GET /readyz", 503, "info"),
    ]


def test_numbers_are_masked_wherever_a_line_has_them(lines):
    structlog.get_logger().warning("odd", error=f"consent-{BUSINESS}-{number(1)} at %2B14155550101", position=14155550101)

    assert lines()[0]["error"] == "consent-+…00-+…01 at +…01"
    assert lines()[0]["position"] == 14155550101


async def test_background_work_of_a_request_is_logged_under_its_correlation_id(store, monkeypatch):
    async def fail(*_):
        structlog.get_logger().warning("on_the_way")
        raise ValueError

    monkeypatch.setattr(DeliveryProcess, "react", fail)
    with capture_logs([structlog.contextvars.merge_contextvars]) as logged:
        async with open_site(store, workers=["delivery"]) as site:
            headers = {"Groupchat-Correlation-Id": "crm-2"}
            body = {"from": BUSINESS, "participants": [{"number": number(1)}, {"number": number(2)}], "message": {"body": "Hi"}}
            created = await site.post("/v1/conversations", body, headers=headers)
            assert created.status_code == 201
            with store.signals.progress.listen() as bell:
                while not any(line["event"] == "follower_stopped" for line in logged):
                    await bell.wait()
                    bell.clear()
    assert [line["correlation_id"] for line in logged if line["event"] in ("on_the_way", "follower_stopped")] == ["crm-2"] * 2
    assert PoisonError(1, "x").correlation_id is None
