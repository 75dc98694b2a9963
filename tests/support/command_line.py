"""The command line, in this process and as one of its own: starting a process takes longer than most commands."""

import os
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from groupchat import cli
from tests.support import forked


class Ended(NamedTuple):
    """The exit code and output of a command."""

    code: int
    out: str
    err: str


class Command(Protocol):
    """Runs a command on a database, with settings: `groupchat(url, "relay", "--until-end", kafka_partitions="2")`."""

    def __call__(self, url: str, *words: str, **settings: str) -> Ended: ...


def variables(url: str, settings: dict[str, str]) -> dict[str, str]:
    """Return the environment variables that say this to the program."""
    return {"GROUPCHAT_DATABASE_URL": url, "COLUMNS": "200"} | {
        f"GROUPCHAT_{name.upper()}": given for name, given in settings.items()
    }


def command_process(folder: Path) -> Command:
    """Return a function that runs a command in a process of its own, in this folder."""

    def run(url: str, *words: str, **settings: str) -> Ended:
        others = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
        environment = others | variables(url, settings)
        done = forked.run("groupchat", *words, env=environment, cwd=folder, timeout=100)
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


def command_line(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command in this process."""

    def run(url: str, *words: str, **settings: str) -> Ended:
        with monkeypatch.context() as patched:
            patched.chdir(folder)
            for name in [name for name in os.environ if name.startswith("GROUPCHAT_")]:
                patched.delenv(name)
            for name, value in variables(url, settings).items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["groupchat", *words])
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return Ended(int(ended.value.code or 0), *capsys.readouterr())

    return run
