"""The command line as a whole: its help, its version, and the modules that it loads."""

import inspect
import os
import re
import subprocess
import sys

import pytest

from groupchat.cli import COMMANDS
from groupchat.cli.later import LazyCommand
from tests.support.command_line import variables


def test_the_version_is_printed(groupchat_process):
    assert groupchat_process("sqlite:///x.db", "--version").out.strip() == "0.1.0"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_the_help_shows_each_commands_own_summary(command):
    name, _, summary = command
    itself = LazyCommand(*command).load()

    assert itself.name == name
    assert inspect.cleandoc(itself.help).split("\n\n")[0].replace("\n", " ") == summary


def test_an_unknown_command_is_refused_with_a_similar_one(groupchat):
    refused = groupchat("sqlite:///x.db", "histroy", "cnv_1")

    assert refused.code == 2
    assert "No such command 'histroy'. Did you mean 'history'?" in refused.err


# --- what is loaded


READS_ONLY = ("fastapi", "starlette", "uvicorn", "kafka", "alembic")
HEAVY = (*READS_ONLY, "sqlalchemy", "phonenumbers", "psycopg2", "structlog", "uvloop")
HELP_WITHOUT = (*READS_ONLY, "sqlalchemy", "phonenumbers", "psycopg2", "uvloop")


@pytest.mark.parametrize(
    ("words", "without"),
    [
        (["--help"], HEAVY),
        (["--version"], HEAVY),
        *(([command, "--help"], HELP_WITHOUT) for command, *_ in COMMANDS),
        (["status"], READS_ONLY),
        (["history", "cnv_1"], READS_ONLY),
        (["whatif", "--policy", "missing.yaml"], READS_ONLY),
    ],
    ids=" ".join,
)
def test_a_command_loads_only_the_modules_that_it_needs(tmp_path, words, without):
    command = [sys.executable, "-X", "importtime", "-m", "groupchat", *words]
    environment = os.environ | variables("sqlite:///none.db", {})
    report = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=100).stderr
    loaded = set(re.findall(r"^import time:.*\| +(\w+)", report, re.MULTILINE))

    assert "groupchat" in loaded
    assert loaded.isdisjoint(without)
