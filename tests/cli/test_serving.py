"""`groupchat work` and `demo`: the options that fit together, and the refusal of others."""

import json

import pytest

from tests.support.command_line import Command


def test_without_brokers_nothing_follows_kafka(groupchat: Command, sqlite_url: str):
    refused = groupchat(sqlite_url, "work", "projections", "--source", "kafka")
    assert refused.code == 1
    assert "Set GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS" in refused.err


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["inbox"], "inbox, thread, pane, ledger follow Kafka together. Use `groupchat work projections --source kafka`."),
        (
            ["outbox"],
            "Unknown worker 'outbox'. The workers are contact_changes, contacts, delivery, do_not_disturb, housekeeping,",
        ),
    ],
)
def test_a_worker_that_cannot_follow_kafka_is_rejected(groupchat: Command, sqlite_url: str, names: list[str], expected: str):
    refused = groupchat(sqlite_url, "work", *names, "--source", "kafka", kafka_bootstrap_servers="127.0.0.1:1")
    assert refused.code == 1
    assert expected in " ".join(refused.err.split())


def test_an_unknown_source_is_refused(groupchat: Command, sqlite_url: str):
    assert groupchat(sqlite_url, "work", "projections", "--source", "pulsar").code == 2


def test_names_and_exceptions_exclude_each_other(groupchat: Command, sqlite_url: str):
    refused = groupchat(sqlite_url, "work", "inbox", "--except", "relay")

    assert refused.code == 2
    assert "Give the names of workers or --except, not both." in refused.err


def test_a_group_of_workers_can_be_excepted_but_must_exist(groupchat: Command, sqlite_url: str):
    refused = groupchat(sqlite_url, "work", "--except", "projections", "--except", "outbox")

    assert refused.code == 1
    assert "Unknown worker 'outbox'" in refused.err


@pytest.mark.parametrize(
    ("name", "owner", "says"),
    [
        (" ", "ann@example.com", "Invalid value for --workspace: This needs at least one visible character"),
        ("Ac\nme", "ann@example.com", "Invalid value for --workspace: This can't have line breaks"),
        ("Acme", "Ann", "Invalid value for --owner: Give an e-mail address."),
    ],
)
def test_a_workspace_needs_a_name_and_an_owners_address(groupchat: Command, sqlite_url: str, name: str, owner: str, says: str):
    refused = groupchat(sqlite_url, "init", "--workspace", name, "--owner", owner)

    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err


def test_the_demo_leaves_somebody_elses_workspace_alone(groupchat, workspace):
    refused = groupchat(workspace, "demo", "--port", "0")

    assert refused.code == 1
    assert "your own workspace 'Acme'" in refused.err


def test_a_second_workspace_in_a_database_is_made_with_a_word_about_the_first(groupchat: Command, sqlite_url: str):
    first, second = (groupchat(sqlite_url, "init", "--workspace", "Acme [x]", "--owner", "ann@example.com") for _ in range(2))

    assert (first.code, first.err) == (0, "")
    assert second.code == 0
    assert "This database has other workspaces already: Acme [x]." in second.err


def test_the_operator_issues_a_key_to_a_user_by_address(groupchat: Command, sqlite_url: str):
    founded = json.loads(groupchat(sqlite_url, "init", "--workspace", "Acme", "--owner", "ann@example.com").out)

    issued = groupchat(sqlite_url, "key", founded["workspace_id"], "ANN@example.com")

    key = json.loads(issued.out)
    assert key == founded | {"api_key": key["api_key"]}
    assert key["api_key"] != founded["api_key"]
    assert groupchat(sqlite_url, "key", founded["workspace_id"], "eve@example.com").code == 1
