"""`groupchat work --source`: what goes together, and what is said where it does not."""

import os
import subprocess
import sys

import pytest


def work(url: str, *words: str, **settings: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
    environment |= {"GROUPCHAT_DATABASE_URL": url, "COLUMNS": "200"} | settings
    command = [sys.executable, "-m", "groupchat", "work", *words]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return ended.returncode, ended.stderr


def test_without_brokers_nothing_follows_kafka(sqlite_url: str):
    code, said = work(sqlite_url, "projections", "--source", "kafka")
    assert code == 1
    assert "set GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS" in said


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["inbox"], "inbox, thread, pane, ledger follow Kafka together: write `groupchat work projections --source kafka`."),
        (["outbox"], "There is no worker 'outbox'; there are contact_changes, contacts, delivery, housekeeping, projections,"),
    ],
)
def test_what_cant_follow_kafka_is_refused(sqlite_url: str, names: list[str], expected: str):
    code, said = work(sqlite_url, *names, "--source", "kafka", GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert code == 1
    assert expected in " ".join(said.split())


def test_a_source_that_there_is_not_is_refused(sqlite_url: str):
    assert work(sqlite_url, "projections", "--source", "pulsar")[0] == 2
