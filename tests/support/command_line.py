"""The command line in this process: a process of its own takes two seconds to start."""

import sys
from typing import NamedTuple

import pytest

from groupchat import cli


class Ended(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


class CommandLine:
    """Gives commands on a database: `command_line(url, "history", id)`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        monkeypatch.setenv("COLUMNS", "200")

    def __call__(self, url: str, *words: str) -> Ended:
        self._monkeypatch.setenv("GROUPCHAT_DATABASE_URL", url)
        self._monkeypatch.setattr(sys, "argv", ["groupchat", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return Ended(int(ended.value.code or 0), *self._capsys.readouterr())
