"""Public linters and generators of clients, for the OpenAPI document: `python -m openapi.tools` fetches them."""

import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from groupchat.http.app import ENDPOINTS, SIMULATOR, document
from nodejs import run as nodejs
from nodejs.run import INSTALL_SECONDS, TSC, NoPackagesError

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "openapi"
SECONDS = 180
GENERATOR = "openapi-python-client==0.29.1"
"""It gets an environment of its own, because it needs other versions of our dependencies."""
_ENVIRONMENT = BUILD / "python"
_OFFLINE = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


def install() -> None:
    """Fetch the tools, unless they are there in the right versions; raises `NoPackagesError`."""
    BUILD.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", BUILD)
    nodejs.install(BUILD, HERE / "package.json", "install", "--no-package-lock")
    _install_generator()


def _install_generator() -> None:
    stamp = _ENVIRONMENT / "installed"
    if stamp.is_file() and stamp.read_text() == GENERATOR:
        return
    venv.create(_ENVIRONMENT, clear=True, with_pip=True)
    asked = [_ENVIRONMENT / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check", "install", GENERATOR]
    try:
        subprocess.run(asked, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoPackagesError(str(error)) from error
    stamp.write_text(GENERATOR)


def write(path: Path) -> Path:
    """Write the document of this version to a file, and return the file's path."""
    path.write_text(json.dumps(document((*ENDPOINTS, *SIMULATOR))))
    return path


def redocly(path: Path) -> None:
    """Raise `NodeError` with the violations of Redocly's recommended rules in a document."""
    _node("redocly", "lint", path, "--config", HERE / "redocly.yaml", "--max-problems", "1000")


def spectral(path: Path) -> None:
    """Raise `NodeError` with Spectral's errors and warnings about a document."""
    _node("spectral", "lint", path, "--ruleset", HERE / "spectral.yaml", "--fail-severity", "warn")


def typescript(path: Path, client: Path) -> None:
    """Generate types for TypeScript next to `client`, a program that uses them, and check both; raises `NodeError`."""
    _node("openapi-typescript", path, "--output", client.with_name("groupchat.ts"))
    nodejs.run(
        TSC,
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--moduleResolution",
        "bundler",
        "--module",
        "es2022",
        client,
        folder=BUILD,
        seconds=SECONDS,
    )


def python(path: Path, folder: Path) -> str:
    """Generate a client for Python into a folder, and return what the generator says about the document."""
    words = ("generate", "--path", path, "--output-path", folder, "--meta", "none", "--config", HERE / "python.yaml")
    ran = subprocess.run(
        [_ENVIRONMENT / "bin" / "openapi-python-client", *words], capture_output=True, text=True, check=True, timeout=SECONDS
    )
    return ran.stdout + ran.stderr


def _node(script: str, *words: str | Path) -> None:
    nodejs.run(f"node_modules/.bin/{script}", *words, folder=BUILD, seconds=SECONDS, environment=_OFFLINE)


def main() -> int:
    """Fetch the tools."""
    try:
        install()
    except NoPackagesError as error:
        print(f"openapi: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
