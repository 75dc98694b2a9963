"""The files that a deployment is made of agree with the code and with the tests."""

import ast
import configparser
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from groupchat import __version__, cli
from groupchat.bootstrap import running
from groupchat.http.web.refusals import MAX_FILE_BYTES
from groupchat.media.bucket import Bucket
from groupchat.media.opening import open_store
from groupchat.settings import Settings
from groupchat.workers import all_but
from tests.support.kafka import broker

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
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


def test_compose_overrides_no_setting_of_groupchat_env_but_where_its_own_services_are():
    groupchat = [each for each in COMPOSE["services"].values() if each["image"].startswith("groupchat:")]
    fixed = {name for each in groupchat for name in each["environment"] if name.startswith("GROUPCHAT_")}

    assert fixed == {"GROUPCHAT_DATABASE_URL", "GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS", "GROUPCHAT_LOG_FORMAT"}
    assert all({"path": "groupchat.env", "required": False} in each["env_file"] for each in groupchat)


def test_compose_starts_groupchat_when_its_database_is_ready_whatever_kafka_says():
    services = COMPOSE["services"]
    for service in ("api", "worker", "relay"):
        assert services[service]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert "healthcheck" in services[service]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["topics"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    assert {"healthcheck", "volumes"} <= services["postgres"].keys() & services["kafka"].keys()


async def test_compose_runs_every_worker_once_including_those_that_later_versions_add(sqlite_url):
    commands = [COMPOSE["services"][service]["command"] for service in ("worker", "relay")]
    (_, *but), (_, *only) = ([word for word in command if word not in _HEALTH_FILE] for command in commands)

    assert (but, only) == (["--except", "relay"], ["relay"])
    async with running(Settings(database_url=sqlite_url, kafka_bootstrap_servers="127.0.0.1:1")) as system:
        assert sorted(all_but(system.workers, but[1:], ()) + only) == sorted(system.workers)


def test_no_container_fills_the_disk_with_its_log_or_the_machine_with_its_memory():
    runs = {name: service for name, service in COMPOSE["services"].items() if service["restart"] != "no"}

    assert all(service["logging"]["options"] == {"max-size": "20m", "max-file": "5"} for service in runs.values())
    assert all("memory" in service["deploy"]["resources"]["limits"] for service in runs.values())


def test_nothing_but_the_proxy_can_be_reached_from_outside():
    services = COMPOSE["services"]

    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["api"]["environment"]["FORWARDED_ALLOW_IPS"] == "*"


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_hides_the_metrics_and_does_not_hold_back_event_streams(name):
    text = (DEPLOY / name).read_text()

    assert re.search(r"respond /metrics 404|location = /metrics \{\s*return 404;", text)
    assert re.search(r"flush_interval -1|proxy_buffering off;", text)
    assert text.count("{") - text.count("{$") == text.count("}") - text.count("{$")


def test_no_proxy_refuses_a_file_of_contacts_that_groupchat_takes_R54():
    ingress = yaml.safe_load((DEPLOY / "kubernetes" / "ingress.yaml").read_text())
    limits = re.findall(r"client_max_body_size (\w+);", (DEPLOY / "nginx.conf").read_text())

    assert ingress["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == f"{MAX_FILE_BYTES >> 20}m"
    assert limits == [f"{MAX_FILE_BYTES >> 20}m"]
    assert "max_size" not in (DEPLOY / "Caddyfile").read_text()


@pytest.mark.parametrize("path", sorted((DEPLOY / "kubernetes").glob("*.yaml")), ids=lambda path: path.name)
def test_kubernetes_accepts_the_manifests(path):
    for resource in yaml.safe_load_all(path.read_text()):
        if resource["kind"] != "Kustomization":
            kubernetes_validate.validate(resource, kubernetes_validate.latest_version(), strict=True)


def test_the_manifests_are_all_listed_and_run_what_the_command_line_accepts():
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())
    run = [container["args"] for container in _containers(folder)]

    assert sorted(listed["resources"]) == sorted({path.name for path in folder.glob("*.yaml")} - {"kustomization.yaml"})
    assert listed["images"][0]["newTag"] == __version__
    assert [_parsed(args) for args in run] == ["serve", "work"]
    assert len(_containers(folder)) == 2


def test_the_pods_keep_files_in_a_store_that_they_share_R46():
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    given = dict(literal.split("=", 1) for literal in listed["configMapGenerator"][0]["literals"])
    given |= {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}  # from the secret

    assert isinstance(open_store(given["GROUPCHAT_MEDIA_URL"], "postgresql://database/groupchat", given), Bucket)


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_the_units_start_groupchat_again_and_write_for_their_owner_alone(path):
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    service = unit["Service"]
    program, *args = service["ExecStart"].replace("%i", "8000").replace("%t", "/run").split()

    assert (service["Restart"], service["UMask"], service["StateDirectoryMode"]) == ("always", "0077", "0700")
    assert program.endswith("/groupchat")
    assert _parsed(args) in ("serve", "work")


def test_the_image_keeps_a_database_in_a_volume():
    image = (ROOT / "Dockerfile").read_text()

    assert "GROUPCHAT_DATABASE_URL=sqlite:////data/" in image
    assert "\nVOLUME /data\n" in image
    assert COMPOSE["services"]["api"]["image"] == f"groupchat:${{GROUPCHAT_VERSION:-{__version__}}}"


def test_compose_holds_no_secret_and_no_version_that_moves():
    settings = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "", re.sub(r"(?m)^#.*", "", (ROOT / "docker-compose.yml").read_text()))
    services = COMPOSE["services"].values()

    assert re.findall(r"PASSWORD: *(\S*)", settings) == [""]
    assert re.findall(r"://\w+:(.*)@postgres", settings) == [""]
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


_HEALTH_FILE = ("--health-file", "/tmp/alive")  # noqa: S108 - the container's own


def _containers(folder):
    """Return all containers of the manifests."""
    resources = [each for path in sorted(folder.glob("*.yaml")) for each in yaml.safe_load_all(path.read_text())]
    return [
        each for found in resources if found["kind"] == "Deployment" for each in found["spec"]["template"]["spec"]["containers"]
    ]


def _parsed(words):
    """Return the command that the command line makes of these words; it fails for those that it does not accept."""
    name, *args = words
    cli.program.commands[name].make_context(name, list(args))
    return name


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
