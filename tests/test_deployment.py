"""The files that a deployment is made of agree with the code and with the tests."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_starts_the_postgres_that_the_tests_run_on(postgres_server):
    image, major = COMPOSE["services"]["postgres"]["image"].split(":")

    assert image == "postgres"
    assert int(major) == postgres_server.major


def test_compose_waits_for_a_healthy_postgres_before_it_starts_groupchat():
    for service in ("api", "worker"):
        assert COMPOSE["services"][service]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert "healthcheck" in COMPOSE["services"]["postgres"]


def test_every_runtime_dependency_is_pinned_in_both_requirement_files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, dev = _pins("requirements.txt"), _pins("requirements-dev.txt")

    assert {_name(requirement) for requirement in project["dependencies"]} <= set(runtime)
    assert {_name(requirement) for requirement in project["optional-dependencies"]["dev"]} <= set(dev)
    assert {name: dev.get(name) for name in runtime} == runtime


def test_every_pin_has_a_hash():
    for file in ("requirements.txt", "requirements-dev.txt"):
        for block in re.split(r"\n(?=\S)", (ROOT / file).read_text()):
            if not block.startswith("#"):
                assert "--hash=sha256:" in block, block


def _pins(file):
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE))


def _name(requirement):
    return re.match(r"[\w.-]+", requirement)[0]
