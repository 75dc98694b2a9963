"""`groupchat status`: whether everything keeps up, and who does the work. Dead workers are seen."""

import json
import os
from contextlib import contextmanager
from datetime import timedelta
from socket import gethostname
from subprocess import DEVNULL

from msgspec.structs import replace
from sqlalchemy import update

from groupchat.bootstrap import running
from groupchat.commands import workspaces
from groupchat.commands.keys import by_operator
from groupchat.settings import Settings
from groupchat.store.database import Database
from groupchat.store.holders import LEASE_HOLDERS
from groupchat.store.positions import advance, ensure
from groupchat.store.tables import FOLLOWERS
from groupchat.values.clock import to_micros, utc_now
from groupchat.values.ids import new_id
from groupchat.workers import REQUIRED as NEEDED
from groupchat.workers import reported
from tests.support.command_line import variables
from tests.support.forked import Forked

ERROR = "ValueError: [/x] [red]no[/red] \x1b[2J\x9b31m\x07 end"
AT_ONCE = {"max_lag_seconds": "0.001"}
"""Waiting events have waited for longer than this when the command looks."""


@contextmanager
def changing(url):
    database = Database(url)
    with database.write() as connection:
        yield connection
    database.close()


async def found(system):
    """Store the events of a new workspace; return the position of the last."""
    return (await system.store.run(by_operator(new_id("wsp")), workspaces.create_workspace, "Acme", "ann@example.com")).position


@contextmanager
def at_work(url, folder):
    """Run all workers in a process of their own; kill it with no mercy at the end of the block."""
    with Forked("groupchat", "work", env=os.environ | variables(url, {}), cwd=folder, stderr=DEVNULL) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def report(groupchat, url, **settings):
    """Return the exit code of `status`, and each follower that it shows."""
    ended = groupchat(url, "status", "--json", **settings)
    return ended.code, {each["name"]: each for each in json.loads(ended.out)["followers"]}


async def ready(system, **given):
    return (await replace(system.services, **given).checkup.look()).ready


async def test_workers_that_are_killed_are_seen_once_something_waits_for_them(groupchat, sqlite_url, tmp_path):
    async with running(Settings(database_url=sqlite_url)) as system:
        with at_work(sqlite_url, tmp_path) as pid:
            assert await system.progress.wait_for(NEEDED, await found(system), 60.0)
            alive, followers = report(groupchat, sqlite_url)
            ready_before = await ready(system)
        await found(system)
        ready_after = await ready(system, max_lag=0.001)
        dead, waiting = report(groupchat, sqlite_url, **AT_ONCE)

    assert (alive, ready_before) == (0, True)
    assert all(followers[name]["run_by"] == [f"{gethostname()}/{pid}"] for name in NEEDED)
    assert (dead, ready_after) == (1, False)
    assert {name: waiting[name]["well"] for name in NEEDED} == dict.fromkeys(NEEDED, False)
    assert all(waiting[name]["oldest_seconds"] > 0 for name in NEEDED)


def test_the_process_that_last_ran_a_follower_is_named_once_it_has_gone(groupchat, workspace):
    seen_at = to_micros(utc_now() - timedelta(minutes=5))
    with changing(workspace) as connection:
        connection.execute(LEASE_HOLDERS.insert().values(name="inbox", process="elsewhere/7", seen_at=seen_at))

    shown = groupchat(workspace, "status", **AT_ONCE)

    assert shown.code == 1
    assert "nobody (elsewhere/7 was last seen 0:05:0" in shown.out
    assert "No process runs inbox, thread," in shown.err


def test_a_relay_counts_only_where_brokers_are_set(groupchat, sqlite_url):
    with changing(sqlite_url) as connection:
        advance(connection, [*NEEDED, *reported(relays=False)], 10)
        ensure(connection, "relay")
    groupchat(sqlite_url, "init", "--workspace", "Acme", "--owner", "ann@example.com")

    assert report(groupchat, sqlite_url, **AT_ONCE)[0] == 0
    assert report(groupchat, sqlite_url, **AT_ONCE, kafka_bootstrap_servers="127.0.0.1:1")[0] == 1


def test_a_follower_that_is_stopped_is_shown_with_the_reason_and_in_one_line(groupchat, workspace):
    with changing(workspace) as connection:
        ensure(connection, "inbox")
        connection.execute(update(FOLLOWERS).values(stopped_at=7, error=ERROR))

    shown = groupchat(workspace, "status")
    code, followers = report(groupchat, workspace)

    assert (shown.code, code, followers["inbox"]["error"]) == (1, 1, ERROR)
    assert [line.split()[0] for line in shown.out.splitlines() if line] == ["follower", *followers]
    assert "[/x] [red]no[/red] \ufffd[2J\ufffd31m\ufffd end" in shown.out
    assert "`groupchat retry NAME` tries again" in shown.err
    assert "`groupchat park NAME` sets the event aside" in shown.err


def test_only_a_follower_that_an_event_stopped_is_said_to_be_parked(groupchat, workspace):
    with changing(workspace) as connection:
        ensure(connection, "relay")
        connection.execute(update(FOLLOWERS).where(FOLLOWERS.c.name == "relay").values(stopped_at=0, error=ERROR))

    shown = groupchat(workspace, "status")

    assert "`groupchat retry NAME` tries again" in shown.err
    assert "park" not in shown.err
