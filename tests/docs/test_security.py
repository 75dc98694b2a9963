"""The attack list of docs/security.md: every test that it names exists, and its other claims are tested here where possible."""

import ast
import re

from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "security.md").read_text()
FETCHING = {
    "aiohttp",
    "asyncio.open_connection",
    "h11",
    "http.client",
    "httpx",
    "obstore.store",
    "requests",
    "urllib.request",
    "urllib3",
}


def functions() -> set[str]:
    """Return the names of all tests."""
    trees = (ast.parse(path.read_text()) for path in (ROOT / "tests").rglob("test_*.py"))
    defined = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return {node.name for node in defined}


def imported(source: str) -> set[str]:
    """Return what a module imports, by full name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_every_test_that_the_attack_list_names_exists():
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert named - functions() == set()


def test_each_of_the_ten_risks_has_a_line_with_a_test():
    lines = [line for line in PAGE.splitlines() if line.startswith("| API")]
    assert [re.findall(r"^\| API(\d+) ", line)[0] for line in lines] == [str(n) for n in range(1, 11)]
    assert all("`test_" in line for line in lines)


def test_only_addresses_in_the_settings_of_webhooks_and_of_peoples_files_are_ever_called():
    source = ROOT / "src" / "groupchat"
    modules = (path for path in source.rglob("*.py") if imported(path.read_text()) & FETCHING)
    fetching = {str(path.relative_to(source)) for path in modules if path.parent.name != "api"}  # the client of this API
    assert fetching == {
        "carriers/calls.py",
        "carriers/simulator/files.py",  # it takes the place of the network, and calls nothing
        "http/guards/provider_calls.py",
        "s3.py",
        "media/fetching.py",
        "proof/publishing.py",
        "webhooks/calls.py",
        "webhooks/connections.py",
    }
    assert imported("from urllib import request\nimport httpx") & FETCHING == {"urllib.request", "httpx"}
