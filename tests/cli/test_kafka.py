"""`groupchat topics`, `groupchat relay`, `groupchat work relay`: their output and exit codes."""

import asyncio
import json

import pytest

from tests.processes.relay.reading import ids_of, read
from tests.store.following import opened

TOPICS = 6


async def ids_in(url: str) -> list[str]:
    async with opened(url) as store:
        return ids_of(store.log.read(0, 1_000).events)


@pytest.fixture
def settings(kafka, topic_prefix):
    return {"kafka_bootstrap_servers": kafka, "kafka_topic_prefix": topic_prefix, "kafka_partitions": "2"}


def test_topics_are_made_and_the_history_is_published_live_and_again_for_a_new_service(groupchat, settings, sqlite_url):
    founded = json.loads(groupchat(sqlite_url, "init", "--workspace", "Acme", "--owner", "ann@example.com").out)
    replayed = f"new-{settings['kafka_topic_prefix']}"

    made = groupchat(sqlite_url, "topics", **settings)
    again = groupchat(sqlite_url, "topics", **settings)
    differing = groupchat(sqlite_url, "topics", **(settings | {"kafka_partitions": "3"}))
    live = groupchat(sqlite_url, "relay", "--until-end", **settings)
    groupchat(sqlite_url, "topics", "--topic-prefix", replayed, **settings)
    replay = groupchat(sqlite_url, "relay", "--from", "0", "--topic-prefix", replayed, "--until-end", **settings)
    status = groupchat(sqlite_url, "status")

    assert (made.code, len(made.out.splitlines())) == (0, TOPICS), made.err
    assert (again.code, again.out) == (0, "")
    assert differing.code == 1
    assert "groupchat.ledger.v1: partitions is 2, the settings say 3" in differing.out
    assert (live.code, replay.code) == (0, 0), live.err + replay.err
    assert f"relay:{replayed}" in status.out
    expected = asyncio.run(ids_in(sqlite_url))
    for prefix in (settings["kafka_topic_prefix"], replayed):
        records = read(settings["kafka_bootstrap_servers"], prefix)
        assert sorted(record.id for record in records) == sorted(expected)
        assert {record.key for record in records} == {founded["workspace_id"]}


@pytest.mark.parametrize("words", [("topics",), ("relay",), ("work", "relay")])
def test_without_brokers_a_command_says_which_setting_names_them(groupchat, sqlite_url, words):
    refused = groupchat(sqlite_url, *words)

    assert refused.code == 1
    assert "Set GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS to HOST:PORT" in refused.err
    assert "Traceback" not in refused.err


def test_silent_brokers_are_reported_in_one_line(groupchat, sqlite_url):
    refused = groupchat(sqlite_url, "topics", kafka_bootstrap_servers="127.0.0.1:1")

    assert refused.code == 1
    assert "groupchat: Kafka at 127.0.0.1:1 can't be used" in refused.err
    assert "Traceback" not in refused.err


def test_a_relay_cannot_continue_beyond_the_log(groupchat, sqlite_url, settings):
    refused = groupchat(sqlite_url, "relay", "--from", "7", **settings)

    assert refused.code == 1
    assert "There is no position 7: the log ends at 0." in refused.err
