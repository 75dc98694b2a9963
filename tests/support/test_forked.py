"""A process that is forked is like one that an interpreter starts: only its start is quicker."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE, TimeoutExpired

import pytest

from tests.support import forked
from tests.support.forked import Forked

ROOT = Path(__file__).parents[2]
ACCOUNT = "tests.support.account"


@pytest.mark.parametrize("how", ["0", "3", "text", "fail", "kill"])
def test_a_forked_process_is_like_one_that_an_interpreter_starts(how, tmp_path):
    given = os.environ | {"ACCOUNT_NAME": "Ann", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", ACCOUNT, how]
    cold = subprocess.run(command, cwd=tmp_path, env=given, input="", capture_output=True, text=True, check=False)

    warm = forked.run(ACCOUNT, how, cwd=tmp_path, env=given)

    assert json.loads(warm.stdout) == json.loads(cold.stdout)
    assert warm.returncode == cold.returncode
    assert warm.stderr.splitlines()[0] == cold.stderr.splitlines()[0] == "in short"
    assert warm.stderr.splitlines()[-1] == cold.stderr.splitlines()[-1]


def test_its_streams_are_pipes_and_it_heeds_signals():
    with Forked(ACCOUNT, "0", stdin=PIPE, stdout=PIPE) as process:
        with pytest.raises(TimeoutExpired):
            process.wait(0.01)
        process.stdin.write("a line\n")
        process.stdin.close()
        account = json.loads(process.stdout.read())
        assert process.wait(10) == 0
    with Forked(ACCOUNT, "0", stdin=PIPE, stdout=PIPE) as stopped:
        stopped.terminate()
        assert stopped.wait(10) == -signal.SIGTERM

    assert account["read"] == "a line\n"
    assert account["threads"] == [1, 1]
    assert process.pid not in (os.getpid(), stopped.pid)
