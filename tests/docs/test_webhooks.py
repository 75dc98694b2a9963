"""docs/webhooks.md: its programs verify what groupchat signs, in Python and with the specification's library for JavaScript."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from groupchat.values.clock import utc_now
from groupchat.webhooks.calls import signed
from groupchat.webhooks.message import WebhookMessage, encode
from groupchat.webhooks.secret_keys import SecretKeys
from nodejs import run as nodejs
from tests.docs.pages import ROOT, blocks
from tests.golden.examples import EXAMPLES
from tests.support.builders import recorded
from tests.support.tools import install

BLOCKS = {block.language: block for block in blocks((ROOT / "docs" / "webhooks.md").read_text())}
ASKED = Path(__file__).parent / "node" / "package.json"
BUILD = ROOT / "build" / "webhooks"
KEYS = SecretKeys([bytes(32)])
NEWEST, OLDER, OTHER = (str(KEYS.secret(KEYS.newest, name)) for name in ("whs_2", "whs_1", "whs_3"))
BODY = encode(recorded(EXAMPLES["groupchat.conversation.message_sent.v1"]))
CHECK = """
const calls = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
console.log = () => {};
process.stdout.write(JSON.stringify(calls.map(([secret, headers, body]) => receive(secret, headers, body))));
"""


Call = tuple[str, dict[str, str], str, int]


@pytest.fixture
def calls() -> list[Call]:
    """What `receive` is called with, signed now, and the status that it returns."""
    headers = {name.decode(): value.decode() for name, value in signed("whk_1_7", utc_now(), BODY, (NEWEST, OLDER))}
    return [
        (NEWEST, headers, BODY.decode(), 204),
        (OLDER, headers, BODY.decode(), 204),
        (OTHER, headers, BODY.decode(), 401),
        (NEWEST, headers, BODY.decode() + " ", 401),
        (NEWEST, headers | {"webhook-id": "whk_1_8"}, BODY.decode(), 401),
        (NEWEST, headers | {"webhook-timestamp": "1700000000"}, BODY.decode(), 401),
    ]


@pytest.fixture(scope="session")
def _installed() -> None:
    """The specification's library for JavaScript; it is fetched if it is not there."""

    def fetch() -> None:
        shutil.copy(ASKED, BUILD)
        nodejs.install(BUILD, ASKED, "install", "--no-package-lock")

    install(fetch, BUILD, "standardwebhooks for JavaScript")


def test_the_program_in_python_accepts_what_groupchat_signs_and_nothing_else_R55(calls: list[Call], capsys):
    program: dict[str, Callable[..., int]] = {}
    exec(compile(BLOCKS["python"].text, "docs/webhooks.md", "exec"), program)  # noqa: S102 - our own documentation
    assert [program["receive"](secret, headers, body.encode()) for secret, headers, body, _ in calls] == [
        each[-1] for each in calls
    ]
    assert "groupchat.conversation.message_sent" in capsys.readouterr().out


@pytest.mark.usefixtures("_installed")
def test_the_program_in_javascript_accepts_what_groupchat_signs_and_nothing_else_R55(calls: list[Call], tmp_path: Path):
    script, asked = tmp_path / "check.cjs", tmp_path / "calls.json"
    script.write_text(BLOCKS["javascript"].text + CHECK)
    asked.write_text(json.dumps(calls))
    output = nodejs.run(script, asked, folder=tmp_path, seconds=60, environment={"NODE_PATH": str(BUILD / "node_modules")})
    assert json.loads(output) == [each[-1] for each in calls]


def test_the_message_of_the_page_has_the_fields_that_are_sent_R55():
    shown = json.loads(BLOCKS["json"].text)
    assert msgspec.convert(shown, WebhookMessage).id == shown["id"]
    assert tuple(shown) == WebhookMessage.__struct_fields__ == tuple(json.loads(BODY))
