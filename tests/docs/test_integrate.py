"""The guide for integrators: its code runs from top to bottom against a real server, and prints what the page shows."""

import os
import subprocess
import sys

import pytest

from groupchat.api import Client
from nodejs import run as nodejs
from tests.docs.pages import ROOT, blocks
from tests.support.builders import BUSINESS
from tests.support.serving import serving

PAGE = blocks((ROOT / "docs" / "integrate.md").read_text())
SECONDS = 30


def program(language):
    """Return the page's program in a language, and what it prints."""
    begin = next(n for n, block in enumerate(PAGE) if block.language == language)
    end = max(n for n, block in enumerate(PAGE) if block.language == language) + 2
    own = PAGE[begin:end]
    return "\n".join(block.text for block in own if block.language), "".join(block.text for block in own if not block.language)


@pytest.fixture
def server(sqlite_url):
    """A server, as the page's programs find it in the environment: with a business number, as the demo has one."""
    with serving(sqlite_url) as (url, key):
        with Client(url, key) as client:
            client.add_number(number=BUSINESS, default=True)
        yield {"GROUPCHAT_URL": url, "GROUPCHAT_KEY": key}


def run(text, folder, environment):
    """Run a program in Python, and return what it prints."""
    script = folder / "program.py"
    script.write_text(text)
    ran = subprocess.run(
        [sys.executable, script], env=os.environ | environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_the_program_in_python_does_what_the_page_says(server, tmp_path):
    text, printed = program("python")

    assert run(text, tmp_path, server) == printed.replace("Demo: ", "Harbour Dental: ")  # what the workspace is called here


def test_the_program_in_javascript_does_what_the_page_says(server, tmp_path):
    text, printed = program("javascript")
    script = tmp_path / "crm.mjs"
    script.write_text(f"{text}\nprocess.exit();\n")

    assert nodejs.run(script, folder=tmp_path, seconds=SECONDS, environment=server) == printed


def test_the_readmes_example_runs(server, tmp_path):
    (example,) = (block.text for block in blocks((ROOT / "README.md").read_text()) if block.language == "python")
    filled = example.replace("http://127.0.0.1:8000", server["GROUPCHAT_URL"]).replace("gck_...", server["GROUPCHAT_KEY"])

    assert run(filled, tmp_path, {}).endswith(" Doors open on Sunday at 2.\n")
