"""Processes that start quickly: they are forked from one that has loaded groupchat, and then run a module as `python -m` does.

A process needs longer to load groupchat than most tests need it. So the first process that is started here starts a fork server
(`multiprocessing.forkserver`), which loads all of groupchat once and runs no thread. Forking it takes a few milliseconds. Its forks
have an id, streams, signals, a folder, an environment and an exit code of their own, like any other process.

Some things are only true of a cold interpreter: that the installed script starts, and which modules a command loads. Tests of
these start one.
"""

import gc
import multiprocessing
import os
import pkgutil
import runpy
import signal
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.reduction import DupFd
from pathlib import Path
from subprocess import DEVNULL, PIPE, CompletedProcess, TimeoutExpired
from types import TracebackType
from typing import IO, Any, Self

import groupchat

LATER = (
    "anyio.abc",
    "httpcore",
    "hypothesis.strategies",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.off",
)
"""What groupchat and the tests' builders load only when they use it."""

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload(
    [*LATER, *(each.name for each in pkgutil.walk_packages(groupchat.__path__, "groupchat.") if "__main__" not in each.name)]
)

Stream = int | IO[Any] | None


class Forked:
    """A process that runs a module, with the methods of `subprocess.Popen`; its streams are text.

    It inherits a stream that is not given. `PIPE` and `DEVNULL` mean the same as in `subprocess`.
    """

    def __init__(
        self,
        module: str,
        *words: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
    ) -> None:
        self.args = [module, *map(str, words)]
        theirs, ours = zip(*map(_opened, range(3), (stdin, stdout, stderr)), strict=True)
        self.stdin, self.stdout, self.stderr = ours
        given = (self.args, dict(os.environ if env is None else env), str(cwd or Path.cwd()), [_Passed(each) for each in theirs])
        self._process = SERVER.Process(target=_run, args=given, daemon=True)
        self._process.start()
        for each in theirs:
            os.close(each)

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, or less than 0 for the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def ask(self, line: str) -> str:
        """Write a line; return all that it prints from then on, until its end."""
        assert self.stdin is not None
        assert self.stdout is not None
        self.stdin.write(line)
        self.stdin.flush()
        return self.stdout.read()

    def poll(self) -> int | None:
        """Return its exit code, if it has ended."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit code."""
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutExpired(self.args, timeout or 0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close its streams, and wait for its end."""
        for each in (self.stdout, self.stderr, self.stdin):
            if each is not None:
                each.close()
        self.wait()


def run(
    module: str, *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout: float | None = None
) -> CompletedProcess[str]:
    """Run a module in a process of its own to its end; return its exit code and output. It reads nothing."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = Forked(module, *words, cwd=cwd, env=env, stdin=DEVNULL, stdout=out, stderr=err)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        out.seek(0)
        err.seek(0)
        return CompletedProcess(process.args, code, out.read(), err.read())


def _opened(number: int, given: Stream) -> tuple[int, Any]:
    """Return a process's end of a stream, and ours if it is a pipe."""
    if given == PIPE:
        reading, writing = os.pipe()
        return (reading, open(writing, "w")) if number == 0 else (writing, open(reading))  # noqa: PTH123 - closed by its user
    if given == DEVNULL:
        return os.open(os.devnull, os.O_RDWR), None
    if given is None:
        return os.dup(number), None
    return os.dup(given if isinstance(given, int) else given.fileno()), None


class _Passed:
    """An open file that a process gets when it starts."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __reduce__(self) -> Any:
        return _received, (DupFd(self._number),)


def _received(passed: Any) -> int:
    number: int = passed.detach()
    return number


def _run(args: list[str], environment: dict[str, str], folder: str, streams: list[int]) -> None:
    """Become what `python -m` starts."""
    gc.freeze()
    assert os.listdir("/proc/self/task") == [str(os.getpid())]  # noqa: PTH208 - a copy of other threads' locks would stay locked
    for number, given in enumerate(streams):
        os.dup2(given, number)
        os.close(given)
    sys.stdin = open(0, encoding=sys.stdout.encoding, errors=sys.stdout.errors)  # noqa: SIM115 - multiprocessing closed it
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = args
    try:
        runpy.run_module(args[0], run_name="__main__", alter_sys=True)
    except Exception as error:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(type(error), error, error.__traceback__)
        sys.exit(1)
