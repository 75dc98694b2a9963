"""The site of the documentation builds, has every page, and loads nothing from another host."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


class Loads(HTMLParser):
    """Collects what a browser fetches by itself to show a page."""

    def __init__(self, page: Path):
        super().__init__()
        self.addresses: list[str] = []
        self.classes: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        self.classes |= set((named.get("class") or "").split())
        if address := named.get("href" if tag == "link" else "src"):
            self.addresses.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert build.returncode == 0, build.stderr
    return folder


def test_the_site_has_every_page(site):
    pages = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    built = [page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages]

    assert len(pages) > 50
    assert [page for page in built if not (site / page).is_file()] == []


def test_links_to_files_next_to_the_documentation_lead_to_their_copies(site):
    assert 'href="project/CHANGELOG.html"' in (site / "ARCHITECTURE.html").read_text()
    assert 'href="../proof.html"' in (site / "project" / "SECURITY.html").read_text()
    for path in (Path("LICENSE"), Path("examples", "verify_export.py")):
        assert (site / "project" / path).read_bytes() == (ROOT / path).read_bytes()


def test_pages_load_nothing_from_another_host(site):
    loads = {page.relative_to(site): Loads(page) for page in site.rglob("*.html")}
    foreign = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)

    assert sum(len(each.addresses) for each in loads.values()) > 300
    assert {page: found for page, each in loads.items() if (found := [url for url in each.addresses if foreign.match(url)])} == {}
    assert [page for page, each in loads.items() if "mermaid" in each.classes] == []  # the theme would fetch a script for it


def test_scripts_in_pages_name_no_other_host(site):
    scripts = {
        page.name: "".join(re.findall(r"<script[^>]*>(.*?)</script>", page.read_text(), re.DOTALL)) for page in site.rglob("*.html")
    }

    assert "__md_scope" in scripts["tutorial.html"]
    assert [page for page, text in scripts.items() if re.search(r"https?://", text)] == []


def test_style_sheets_load_nothing_from_another_host(site):
    sheets = "".join(path.read_text() for path in site.rglob("*.css"))
    loaded = re.findall(r"""(?:url\(|@import)\s*["']?\s*((?:[a-z]+:)?//[^"')\s]+)""", sheets)

    assert "url(" in sheets
    assert loaded == []


def test_no_fence_of_a_code_block_is_left_in_a_page(site):
    assert [page.name for page in site.rglob("*.html") if "```" in page.read_text()] == []
