"""The commands of operators: the database that they need, and followers that are stopped."""

from pathlib import Path

import pytest
from sqlalchemy import update

from groupchat.store.database import Database
from groupchat.store.positions import ensure
from groupchat.store.tables import FOLLOWERS


@pytest.mark.parametrize("command", ["retry", "park"])
def test_only_a_follower_that_is_stopped_can_be_retried_or_parked(groupchat, workspace, command):
    unknown = groupchat(workspace, command, "nobody")
    database = Database(workspace)
    with database.write() as connection:
        ensure(connection, "inbox")
    database.close()
    going = groupchat(workspace, command, "inbox")

    assert (unknown.code, going.code) == (1, 1)
    assert "Unknown follower 'nobody'" in unknown.err
    assert "inbox is not stopped, so nothing was done" in going.err


def test_a_follower_that_no_event_stopped_has_nothing_to_park(groupchat, workspace):
    """The relay stops at position 0 if Kafka's topics can't be this log's."""
    database = Database(workspace)
    with database.write() as connection:
        ensure(connection, "relay")
        connection.execute(
            update(FOLLOWERS).where(FOLLOWERS.c.name == "relay").values(stopped_at=0, error="The topic was emptied.")
        )
    parking, retrying = groupchat(workspace, "park", "relay"), groupchat(workspace, "retry", "relay")
    database.close()

    assert (parking.code, parking.out) == (1, "")
    assert "No event stopped relay, so there is nothing to park. The topic was emptied." in parking.err
    assert (retrying.code, retrying.out) == (0, "relay continues from position 0.\n")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///:memory:", "does not name a file"),
        ("sqlite+aiosqlite:///x.db", "aiosqlite"),
        ("postgresql+asyncpg://nobody@127.0.0.1/x", "asyncpg"),
        ("mysql://nobody@127.0.0.1/x", "mysql"),
        ("sqlite:///missing/x.db", "missing"),
        ("nonsense", "not a database URL"),
    ],
)
def test_an_unusable_database_is_reported_in_one_line(groupchat, url, words):
    refused = groupchat(url, "init", "--workspace", "Acme", "--owner", "ann@example.com")

    assert (refused.code, refused.out) == (1, "")
    assert words in refused.err
    assert "Traceback" not in refused.err


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
@pytest.mark.parametrize(
    "place", ["ann@127.0.0.1:1/x?password=s3cret", "ann:s3cret@127.0.0.1:1/x", "127.0.0.1:1/x?sslpassword=s3cret"]
)
def test_no_password_of_the_databases_url_is_shown(groupchat, scheme, place):
    refused = groupchat(f"{scheme}://{place}", "status")

    assert refused.code == 1
    assert "The database postgresql://" in refused.err
    assert "127.0.0.1:1/x" in refused.err
    assert "s3cret" not in refused.err


def test_a_part_of_a_password_that_looks_like_a_port_is_not_shown(groupchat):
    refused = groupchat("postgresql://ann:s3@cr:et@127.0.0.1/x", "status")

    assert "its port is not a number" in refused.err
    assert "et@" not in refused.err


def test_looking_at_a_database_makes_none(groupchat, tmp_path):
    refused = groupchat("sqlite:///typo.db", "status")

    assert refused.code == 1
    assert "There is no groupchat database" in refused.err
    assert not Path(tmp_path, "typo.db").exists()
