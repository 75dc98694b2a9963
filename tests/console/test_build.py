"""The sources of the console: their style, their types against this version's API, and how much a browser loads."""

import subprocess
import sys

from tests.console.conftest import ROOT

FIRST_LOAD_KB = 120


def test_the_sources_are_clean_and_fit_the_api(built):
    ran = subprocess.run([sys.executable, "-m", "console.build", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_browser_loads_little_at_first(built):
    shown = ROOT / "src" / "groupchat" / "console"
    loaded = [shown / "index.html.gz", *(shown / "assets").glob("*.gz")]
    assert len(loaded) == 3
    assert sum(path.stat().st_size for path in loaded) < FIRST_LOAD_KB * 1_000
