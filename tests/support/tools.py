"""Tools of tests that come from a package registry."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from nodejs.run import NoPackagesError


def install(fetch: Callable[[], None], folder: Path, name: str) -> None:
    """Fetch tools into a folder; skip the test without a registry, but never in CI."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "install.lock"):
            fetch()
    except NoPackagesError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no {name} here ({error}): run `make test` where npm's and Python's registries can be reached")
