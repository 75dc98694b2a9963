"""The directions of imports (the contracts in pyproject.toml), the sizes of files, and which modules touch which tables."""

import ast
import re
import tomllib
from pathlib import Path

from importlinter.cli import lint_imports

from groupchat.settings import Settings

ROOT = Path(__file__).parents[1]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
LONGEST_FILE = 400
CLIENT = ROOT / "src/groupchat/api"
"""The client knows the API from outside. Its types have the names that the OpenAPI document gives them."""
MADE = {CLIENT / "events.py", CLIENT / "operations.py", CLIENT / "types.py"}
"""By `openapi/client.py`."""
SAME_CLASS_NAMES = {
    # Both are published under this name: the event's in its schema, the read model's in the OpenAPI document.
    "Author": {"aggregates/group_events.py", "projections/thread.py"},
}


def test_imports_keep_every_contract(capsys):
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert not failed, capsys.readouterr().out


def test_the_web_kits_contract_names_every_other_package():
    (forbidden,) = (each["forbidden_modules"] for each in CONTRACTS if each["id"] == "web-kit")
    modules = (path for path in (ROOT / "src" / "groupchat").iterdir() if (path / "__init__.py").is_file() or path.suffix == ".py")

    assert set(forbidden) == {f"groupchat.{path.stem}" for path in modules if not path.stem.startswith("__")} - {"groupchat.http"}


def test_the_carriers_contract_names_every_adapter():
    (forbidden,) = (each["forbidden_modules"] for each in CONTRACTS if each["id"] == "carriers")
    adapters = {path.parent.name for path in (ROOT / "src/groupchat/carriers").glob("*/__init__.py")}

    assert set(forbidden) == {f"groupchat.carriers.{name}" for name in adapters}


def test_every_setting_is_used():
    sources = [path.read_text() for path in {*(ROOT / "src/groupchat").rglob("*.py")} - {ROOT / "src/groupchat/settings.py"}]
    used = {name for text in sources for name in re.findall(r"\.(\w+)", text)}

    assert [field for field in Settings.__struct_fields__ if field not in used] == []


def test_no_source_file_is_longer_than_400_lines():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in {*(ROOT / "src").rglob("*.py")} - MADE}

    assert lengths
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_only_their_own_modules_touch_the_rows_of_positions_parked_events_and_places():
    names = ("FOLLOWERS", "PARKED_EVENTS", "FOLLOWED_PARTITIONS")
    touching = re.compile("|".join(rf"\b{name}\b|\b(FROM|INTO|JOIN|UPDATE|TABLE)\s+{name.lower()}\b" for name in names))
    sources = [path for path in (ROOT / "src").rglob("*.py") if "migrations" not in path.parts]
    found = {path.parent.name + "/" + path.stem for path in sources if touching.search(path.read_text())}

    assert found == {"store/tables", "store/positions", "store/parked", "store/places"}


def test_only_http_and_its_callers_name_paths_of_the_api():
    """Rules say what is wrong; `http/documents/ways_on.py` adds how to continue in the API."""
    knowing = {"http", "api", "server.py"}
    sources = (ROOT / "src/groupchat").rglob("*.py")
    named = {path.relative_to(ROOT / "src/groupchat") for path in sources if "/v1/" in path.read_text()}

    assert named
    assert {path for path in named if path.parts[0] not in knowing} == set()


def test_routes_run_commands_on_their_requests_terms_only():
    """A command that a route ran on the store itself would ignore `If-Match` and `Idempotency-Key`."""
    runs = [run for path in (ROOT / "src/groupchat/http/routes").glob("*.py") for run in _runs(path)]

    assert len(runs) > 10
    assert {caller for caller in runs if caller != "call"} == set()


def _runs(path: Path) -> list[str]:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return [ast.unparse(func.value) for func in calls if isinstance(func, ast.Attribute) and func.attr.startswith("run")]


def test_each_class_has_a_name_of_its_own():
    modules = {}
    for path in {*(ROOT / "src/groupchat").rglob("*.py")} - {*CLIENT.rglob("*.py")}:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                modules.setdefault(node.name, set()).add(path.relative_to(ROOT / "src/groupchat").as_posix())

    assert len(modules) > 100
    assert {name: paths for name, paths in modules.items() if len(paths) > 1} == SAME_CLASS_NAMES
