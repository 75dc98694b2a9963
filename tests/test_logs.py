"""With JSON logs, every line of every library is JSON, also when the database and Kafka are away and when the process ends."""

import json
import logging
import logging.handlers
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

from groupchat import __version__, logs
from groupchat.settings import Settings
from tests.support.command_line import command_process, variables
from tests.support.forked import Forked
from tests.support.log_lines import lines

__all__ = ["lines"]

PATIENCE = 60.0
CLOSED = "127.0.0.1:1"
"""Where no broker listens."""


def last(lines):
    """Return the last line, without the time that it was written at."""
    return {name: value for name, value in lines()[-1].items() if name != "timestamp"}


def test_a_librarys_log_entry_has_the_form_of_ours(lines):
    logging.getLogger("some.library").error("lost %s", "connection 7")

    assert last(lines) == {"event": "library", "level": "error", "logger": "some.library", "message": "lost connection 7"}


def test_what_the_kafka_library_logs_is_not_a_line_but_can_still_be_heard(lines):
    logs.configure(Settings(log_format="json"))
    heard = logging.handlers.BufferingHandler(10)
    logging.getLogger("kafka").addHandler(heard)
    try:
        logging.getLogger("kafka.net").warning("Authentication failed")
    finally:
        logging.getLogger("kafka").removeHandler(heard)

    assert [record.getMessage() for record in heard.buffer] == ["Authentication failed"]
    assert lines() == []


def test_an_error_that_a_library_logs_has_its_traceback_in_the_same_line(lines):
    logging.getLogger("some.library").error("failed", exc_info=ValueError("broken"))

    assert "ValueError: broken" in last(lines)["exception"]


def test_numbers_in_libraries_log_entries_are_masked(lines):
    logging.getLogger("some.library").warning("to +14155550101")

    assert last(lines)["message"] == "to +\u202601"


def test_warnings_of_python_are_lines(lines):
    warnings.simplefilter("always")
    warnings.warn("old", UserWarning, stacklevel=1)

    assert last(lines)["logger"] == "py.warnings"


def test_the_error_that_ends_a_process_is_a_line(lines):
    error = ValueError("broken")
    sys.excepthook(ValueError, error, None)

    assert (last(lines)["event"], last(lines)["exception"]) == ("crashed", "ValueError: broken")


def test_the_error_that_ends_a_thread_is_a_line(lines):
    def fail():
        raise ValueError("broken")

    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()

    assert (last(lines)["event"], last(lines)["thread"]) == ("thread_crashed", "worker")


def test_configuring_twice_logs_each_line_once(lines):
    logs.configure(Settings(log_level="debug", log_format="json"))

    assert len([each for each in logging.root.handlers if isinstance(each, logs.FromLibraries)]) == 1


@contextmanager
def serving(url: str, folder: Path, **settings: str) -> Iterator[Forked]:
    """Serve with all workers in a process of its own."""
    environment = os.environ | variables(url, settings)
    with Forked("groupchat", "serve", "--port", "0", env=environment, cwd=folder, stderr=PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_every_line_is_json_while_kafka_and_the_database_are_away(sqlite_url, tmp_path):
    with serving(sqlite_url, tmp_path, log_format="json", kafka_bootstrap_servers=CLOSED) as process:
        logged = []
        for line in process.stderr:
            logged.append(json.loads(line))
            if logged[-1]["event"] == "relay_retries":
                path = Path(sqlite_url.removeprefix("sqlite:///"))
                path.rename(path.with_name("away.db"))
            if logged[-1]["event"] == "lease_unreachable":
                process.send_signal(signal.SIGTERM)
                break
        logged += [json.loads(line) for line in process.stderr]
        assert process.wait(PATIENCE) == 0

    started = next(each for each in logged if each["event"] == "started")
    assert (started["version"], started["settings"]["kafka_bootstrap_servers"]) == (__version__, CLOSED)
    assert started["database"] == sqlite_url


def test_a_command_that_fails_says_so_in_json(tmp_path):
    failed = command_process(tmp_path)("sqlite:///missing.db", "history", "cnv_1", log_format="json")

    assert failed.code == 1
    assert json.loads(failed.err)["event"] == "failed"
    assert "There is no groupchat database" in json.loads(failed.err)["error"]


def test_a_process_logs_its_workers_and_why_it_ended(sqlite_url, tmp_path):
    words = ("work", "housekeeping", "--health-file", "missing/alive")  # it can't be written, so the process ends at once

    ended = command_process(tmp_path)(sqlite_url, *words, log_format="json")

    logged = {each["event"]: each for each in map(json.loads, ended.err.splitlines())}
    assert ended.code == 1
    assert logged["started"]["workers"] == ["housekeeping"]
    assert logged["failed"]["error"] == "The health file missing/alive can't be written: No such file or directory."
