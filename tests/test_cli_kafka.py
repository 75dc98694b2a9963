"""`groupchat topics`, `groupchat relay`, `groupchat work relay`: what they print, and how they end."""

import json
import os
import subprocess
import sys

import pytest

from tests.processes.relay.reading import ids_of, read
from tests.store.following import opened

TOPICS = 6


@pytest.fixture
def groupchat(sqlite_url, tmp_path):
    """Runs a command with these settings: `groupchat("topics", kafka_bootstrap_servers=...)`."""

    def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
        environment |= {f"GROUPCHAT_{name.upper()}": value for name, value in settings.items()}
        environment |= {"GROUPCHAT_DATABASE_URL": sqlite_url, "COLUMNS": "200"}
        command = [sys.executable, "-m", "groupchat", *words]
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100)

    return run


@pytest.fixture
def settings(kafka, topic_prefix):
    return {"kafka_bootstrap_servers": kafka, "kafka_topic_prefix": topic_prefix, "kafka_partitions": "2"}


async def test_topics_are_made_and_the_history_is_published_live_and_again_for_a_new_service(groupchat, settings, sqlite_url):
    founded = json.loads(groupchat("init", "--workspace", "Acme", "--owner", "ann@example.com").stdout)
    replayed = f"new-{settings['kafka_topic_prefix']}"

    made = groupchat("topics", **settings)
    again = groupchat("topics", **settings)
    differing = groupchat("topics", **(settings | {"kafka_partitions": "3"}))
    live = groupchat("relay", "--until-end", **settings)
    groupchat("topics", "--topic-prefix", replayed, **settings)
    replay = groupchat("relay", "--from", "0", "--topic-prefix", replayed, "--until-end", **settings)
    status = groupchat("status")

    assert (made.returncode, len(made.stdout.splitlines())) == (0, TOPICS), made.stderr
    assert (again.returncode, again.stdout) == (0, "")
    assert differing.returncode == 1
    assert "groupchat.ledger.v1: partitions is 2, the settings say 3" in differing.stdout
    assert (live.returncode, replay.returncode) == (0, 0), live.stderr + replay.stderr
    assert f"relay:{replayed}" in status.stdout
    async with opened(sqlite_url) as store:
        expected = ids_of(store.log.read(0, 1_000).events)
    for prefix in (settings["kafka_topic_prefix"], replayed):
        records = read(settings["kafka_bootstrap_servers"], prefix)
        assert sorted(record.id for record in records) == sorted(expected)
        assert {record.key for record in records} == {founded["workspace_id"]}


@pytest.mark.parametrize("words", [("topics",), ("relay",), ("work", "relay")])
def test_without_brokers_a_command_says_which_setting_names_them(groupchat, words):
    refused = groupchat(*words)

    assert refused.returncode == 1
    assert "set GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS to HOST:PORT" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_brokers_that_do_not_answer_are_told_of_in_one_line(groupchat):
    refused = groupchat("topics", kafka_bootstrap_servers="127.0.0.1:1")

    assert refused.returncode == 1
    assert "groupchat: Kafka at 127.0.0.1:1 can't be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_relay_can_not_go_on_where_the_log_is_not(groupchat, settings):
    refused = groupchat("relay", "--from", "7", **settings)

    assert refused.returncode == 1
    assert "There is no position 7: the log ends at 0." in refused.stderr
