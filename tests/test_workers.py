"""Which workers a process runs, and the file that shows that it is alive."""

import asyncio
import os
from stat import S_IMODE
from threading import Barrier

import pytest

from groupchat.bootstrap import OPTIONAL_WORKERS, THREADS_SQLITE, running, working
from groupchat.media.folder import Folder
from groupchat.media.opening import FOLDER
from groupchat.media.port import MediaStoreError
from groupchat.processes.acting import Acting
from groupchat.settings import Settings
from groupchat.store.follower import Follower
from groupchat.workers import REQUIRED, HealthFileError, UnknownWorkerError, all_but, keep_touched, reported
from tests.store.counting import until

LONG = 600.0
LONG_AGO = 1.0


async def nothing(_):
    """Work."""


WORKERS = {"inbox": nothing, "delivery": nothing}


async def test_the_api_depends_on_all_views_and_processes(sqlite_url):
    async with running(Settings(database_url=sqlite_url)) as system:
        followers = {name for name, run in system.workers.items() if isinstance(getattr(run, "__self__", None), Follower | Acting)}

    assert followers - set(reported(relays=False)) == set(REQUIRED), "workers.py has the name of each"


@pytest.mark.parametrize("given", ["default", "named"])
@pytest.mark.parametrize("names", [(), None, ["delivery"], ["media_fetching", "thread"]])
async def test_what_needs_files_does_not_start_if_they_cannot_be_written_R46(sqlite_url, tmp_path, given, names):
    folder = tmp_path / FOLDER
    folder.write_text("a file, so nobody can write into it, not even root")
    settings = Settings(database_url=sqlite_url, media_url=None if given == "default" else f"file://{folder}")

    async with running(settings) as system:
        with pytest.raises(MediaStoreError, match=rf"{folder} can't be written: .* GROUPCHAT_MEDIA_URL"):
            async with working(system, names):
                pass
        async with working(system, ["thread"]):
            """Views need no files."""


async def test_processes_that_start_together_check_the_same_folder_R46(tmp_path):
    await asyncio.gather(*(asyncio.gather(*(Folder(tmp_path).check() for _ in range(8))) for _ in range(50)))


async def test_on_sqlite_readers_have_threads_left_while_all_workers_wait_for_the_one_writer(sqlite_url):
    async with running(Settings(database_url=sqlite_url)):
        meeting = Barrier(THREADS_SQLITE, timeout=10)

        await asyncio.gather(*(asyncio.to_thread(meeting.wait) for _ in range(THREADS_SQLITE)))


def test_all_workers_but_some_run_and_those_that_later_versions_add():
    assert all_but(WORKERS | {"new": nothing}, ["delivery"], ()) == ["inbox", "new"]


def test_an_optional_worker_can_be_excluded_where_it_does_not_exist():
    assert all_but(WORKERS, ["relay"], OPTIONAL_WORKERS) == ["inbox", "delivery"]


@pytest.mark.parametrize(("excepted", "words"), [(["outbox"], "Unknown worker 'outbox'"), (list(WORKERS), "No worker is left")])
def test_an_exception_that_makes_no_sense_is_refused(excepted, words):
    with pytest.raises(UnknownWorkerError, match=words):
        all_but(WORKERS, excepted, OPTIONAL_WORKERS)


async def test_the_health_file_is_touched_while_the_process_lives_and_removed_at_its_end(tmp_path):
    stop, path = asyncio.Event(), tmp_path / "alive"
    path.touch()
    os.utime(path, (LONG_AGO, LONG_AGO))

    touching = asyncio.create_task(keep_touched(path, stop, every_seconds=0.001))
    await until(lambda: path.stat().st_mtime != LONG_AGO)
    stop.set()
    await touching

    assert not path.exists()


async def test_only_its_owner_can_read_a_new_health_file(tmp_path):
    stop, path = asyncio.Event(), tmp_path / "alive"
    touching = asyncio.create_task(keep_touched(path, stop, every_seconds=LONG))
    await until(path.exists)
    mode = S_IMODE(path.stat().st_mode)
    stop.set()
    await touching

    assert mode == 0o600


async def test_a_health_file_that_cannot_be_written_is_reported(tmp_path):
    with pytest.raises(HealthFileError, match="No such file or directory"):
        await keep_touched(tmp_path / "missing" / "alive", asyncio.Event())
