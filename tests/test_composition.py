"""The services of docker-compose.yml, as processes with its commands and settings, on a real Postgres and Kafka."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import yaml

from groupchat.client import CONVERSATIONS, Reader
from tests.support import forked
from tests.support.forked import Forked

ROOT = Path(__file__).parents[1]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PATIENCE = 60.0


class Composed:
    """The services as processes; only addresses differ from compose."""

    def __init__(self, stack: ExitStack, database_url: str, kafka: str, topic_prefix: str, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("GROUPCHAT_")}
        given = SERVICES["api"]["environment"] | {
            "GROUPCHAT_DATABASE_URL": database_url,
            "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS": kafka,
            "GROUPCHAT_KAFKA_TOPIC_PREFIX": topic_prefix,
            "GROUPCHAT_KAFKA_PARTITIONS": "3",
        }
        self.environment |= given

    def run(self, service: str, *command: str) -> str:
        """Run a service, or a command in it, to its end; return its output."""
        words = command or SERVICES[service]["command"]
        done = forked.run("groupchat", *words, env=self.environment, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, service: str, name: str, **replaced: str) -> Path:
        """Start a service that keeps running; return its log file."""
        words = [replaced.get(word, word) for word in SERVICES[service]["command"]]
        self._stack.enter_context(_running(words, self.environment, out := self._folder / name))
        return out


@contextmanager
def _running(words: list[str], environment: dict[str, str], out: Path) -> Iterator[None]:
    with out.open("w") as log:
        process = Forked("groupchat", *words, env=environment, stderr=log)
        try:
            yield
            process.terminate()
            assert process.wait(PATIENCE) == 0, out.read_text()
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def composed(empty_postgres_url: str, kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Composed]:
    with ExitStack() as stack:
        yield Composed(stack, empty_postgres_url, kafka, topic_prefix, tmp_path)


def address_in(out: Path) -> str:
    """Return where a server listens, when it does."""
    deadline = monotonic() + PATIENCE
    while not (found := re.search(r'"address": ?"(http://[^"]+)"', out.read_text())):
        assert monotonic() < deadline, out.read_text()
    return found[1].replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - compose's own address


def test_the_compose_services_send_show_and_publish_a_message(composed: Composed, kafka: str, topic_prefix: str, tmp_path: Path):
    composed.run("migrate")
    composed.run("topics")
    alive = [str(tmp_path / f"{service}-alive") for service in ("worker", "relay")]
    for service, path in zip(("worker", "relay"), alive, strict=True):
        composed.start(service, service, **{"/tmp/alive": path})  # noqa: S108 - the container's own
    first, second = (address_in(composed.start("api", f"api{n}", **{"8000": "0", "0.0.0.0": "127.0.0.1"})) for n in (1, 2))  # noqa: S104
    key = json.loads(composed.run("api", "init", "--workspace", "Acme", "--owner", "ann@example.com"))["api_key"]
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=PATIENCE) as client:
        post(client, f"{first}/v1/numbers", {"number": "+16285550100"})
        group = {"from": "+16285550100", "participants": [{"number": "+14155550101"}, {"number": "+14155550102"}]}
        made = post(client, f"{second}/v1/conversations", group | {"message": {"body": "Hello all"}})
        shown = client.get(f"{first}/v1/conversations", headers={"Groupchat-Min-Position": str(made["position"])})

    assert [each["last_message"]["body"] for each in shown.json()["items"]] == ["Hello all"]
    assert "Hello all" in bodies(kafka, topic_prefix, made["id"])
    for path in alive:
        check = SERVICES["worker"]["healthcheck"]["test"][1].replace("/tmp/alive", path)  # noqa: S108 - the same
        subprocess.run(["/usr/bin/env", "sh", "-c", check], check=True)


def post(client: httpx.Client, url: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(url, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json() | {"position": answer.headers["Groupchat-Position"]}


def bodies(kafka: str, topic_prefix: str, conversation_id: str) -> list[str]:
    """Return the bodies of a conversation's messages that a consumer reads, up to the first."""
    with Reader(kafka, group="composition", topics=[topic_prefix + CONVERSATIONS], idle_seconds=PATIENCE) as records:
        for record in records:
            if record.subject == conversation_id and record.type == "groupchat.conversation.message_sent":
                return [record.data["body"]]
    return []
