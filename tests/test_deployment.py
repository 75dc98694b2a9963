"""The files that a deployment is made of agree with the code and with the tests."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml

from groupchat.bootstrap import running
from groupchat.projections import CONVERSATION_VIEWS
from groupchat.settings import Settings
from tests.support.kafka import broker

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_starts_the_postgres_that_the_tests_run_on(postgres_server):
    image, major = COMPOSE["services"]["postgres"]["image"].split(":")

    assert image == "postgres"
    assert int(major) == postgres_server.major


def test_compose_starts_the_kafka_that_the_tests_run_on():
    service = COMPOSE["services"]["kafka"]
    given = {name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in service["environment"].items()}
    jars = (ROOT / "kafka" / "pom.xml").read_text()

    assert re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>(.*)</version>", jars)[1] == service["image"].split(":")[1]
    assert {name: given.get(name) for name in broker.SETTINGS} == broker.SETTINGS


def test_compose_is_as_the_compose_specification_says():
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


def test_compose_starts_groupchat_when_what_it_needs_is_ready():
    services = COMPOSE["services"]
    done = {"condition": "service_completed_successfully"}
    for service in ("api", "worker", "relay"):
        assert services[service]["depends_on"] == {"migrate": done, "topics": done}
        assert "healthcheck" in services[service]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert {"healthcheck", "volumes"} <= services["postgres"].keys() & services["kafka"].keys()


async def test_compose_runs_every_worker_once(sqlite_url):
    services = COMPOSE["services"]
    named = [name for service in ("worker", "relay") for name in services[service]["command"][1:]]
    stands_for = {"projections": [view.name for view in CONVERSATION_VIEWS]}
    run = [worker for name in named for worker in stands_for.get(name, [name])]

    async with running(Settings(database_url=sqlite_url, kafka_bootstrap_servers="127.0.0.1:1")) as system:
        assert sorted(run) == sorted(system.workers)


def test_compose_holds_no_secret_and_no_version_that_moves():
    told = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "", re.sub(r"(?m)^#.*", "", (ROOT / "docker-compose.yml").read_text()))
    services = COMPOSE["services"].values()

    assert re.findall(r"PASSWORD: *(\S*)", told) == [""]
    assert re.findall(r"://\w+:(.*)@postgres", told) == [""]
    assert all(re.search(r":\d", service["image"]) for service in services if "build" not in service)


def test_every_package_that_the_code_imports_is_a_declared_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {_name(requirement) for requirement in project["dependencies"]}
    installed = packages_distributions()
    imported = {name for path in (ROOT / "src").rglob("*.py") for name in _imports(path)} - sys.stdlib_module_names - {"groupchat"}

    assert {"starlette", "cryptography"} <= imported
    assert {name: installed[name] for name in imported if declared.isdisjoint(map(_canonical, installed[name]))} == {}


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


def _imports(path):
    """Return the top-level names that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def _pins(file):
    return dict(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE))


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def _name(requirement):
    return re.match(r"[\w.-]+", requirement)[0]
