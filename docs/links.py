# ruff: noqa: INP001 - a hook, not a package
"""Lets pages of the site link to the files next to `docs/`, which MkDocs doesn't know; a hook of mkdocs.yml."""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
FOLDER = "project"  # where the site has them, because SECURITY.md and docs/security.md are one name on some machines
EXAMPLES = [f"examples/{path.name}" for path in ROOT.glob("examples/*.py")]
NAMES = ["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "SECURITY.md", *EXAMPLES]

_LINK = re.compile(r"(?<=\]\()[^)#:\s]+")


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the files to the site."""
    for name in NAMES:
        files.append(File.generated(config, f"{FOLDER}/{name}", abs_src_path=str(ROOT / name)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (MkDocs passes it)
    """Point a page's links at where the site has what they lead to; leave those that lead nowhere to MkDocs, which reports them."""

    def in_site(found: re.Match[str]) -> str:
        target = place(posixpath.normpath(posixpath.join(posixpath.dirname(origin), found[0])))
        return posixpath.relpath(target, posixpath.dirname(page.file.src_uri)) if files.get_file_from_path(target) else found[0]

    inside = f"{FOLDER}/"
    origin = page.file.src_uri.removeprefix(inside) if page.file.src_uri.startswith(inside) else f"docs/{page.file.src_uri}"
    return _LINK.sub(in_site, markdown)


def place(path: str) -> str:
    """Return where the site has a file of the repository."""
    return path.removeprefix("docs/") if path.startswith("docs/") else f"{FOLDER}/{path}"
