"""Schemathesis against the real server: every operation, every check, with what the document itself says is good and bad."""

import subprocess
import sys
from pathlib import Path

from groupchat.api import Client
from groupchat.api.types import MessageInput, ParticipantInput
from tests.support.builders import BUSINESS, number
from tests.support.serving import serving

SECONDS = 20
CONFIG = """
base-url = "{url}"
headers = {{ Authorization = "Bearer {key}" }}
max-time = {seconds}
continue-on-failure = true

[generation]
max-examples = 8
deterministic = true
no-shrink = true

[checks]
# The rules refuse much that is well formed: a number that exists in no plan (R3), a group that is there already (R35) or is blocked
# (R15), what a role forbids (R20); a made-up If-Match does not hold. The document can't say which, so these are answers to good
# data as well.
positive_data_acceptance.expected-statuses = ["2xx", "403", "404", "409", "412", "422", "503"]
# A view that has not reached Groupchat-Min-Position answers 503 `projection-behind`, as documented; positions are made up here.
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "503"]

[[operations]]
include-operation-id = "revoke_key"  # it would take away the key of this very run; tests of its own cover it
enabled = false

[[operations]]
include-tag = "session"  # a session begins with a real key, which no document can give; tests of their own cover it
enabled = false
"""

UNLIMITED = {"rate_limit": 0, "workspace_rate_limit": 0, "login_failures": 0, "stream_seconds": 0.05}
"""No limits; a stream sends the stored events, and ends."""


def _begin(url: str, key: str) -> None:
    """Give the workspace a number, a contact and a group, so that requests find something."""
    with Client(url, key) as chat:
        chat.add_number(number=BUSINESS, default=True)
        chat.create_contact(name="Ann", number=number(1))
        people = [ParticipantInput(number=number(n)) for n in (1, 2)]
        chat.create_conversation(from_=BUSINESS, participants=people, message=MessageInput(body="Hello"))


def test_the_api_does_what_its_document_says(sqlite_url: str, tmp_path: Path) -> None:
    with serving(sqlite_url, patience=0.05, **UNLIMITED) as (url, key):
        _begin(url, key)
        config = tmp_path / "schemathesis.toml"
        config.write_text(CONFIG.format(url=url, key=key, seconds=SECONDS))
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", f"{url}/openapi.json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS * 5, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
