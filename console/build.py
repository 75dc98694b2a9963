"""Build the console into `src/groupchat/console`: `python -m console.build [--check | --serve URL]`.

Its packages come from npm, by the hashes in `package-lock.json`. Types and calls are generated from the OpenAPI document of this
version, so a page that does not fit the API does not compile.
"""

import argparse
import gzip
import json
import shutil
import sys
from hashlib import sha256
from pathlib import Path

from nodejs import run as nodejs
from nodejs.run import TSC, NodeError, NoPackagesError

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
DOCUMENT = HERE / "build" / "openapi.json"
BUILT = HERE.parent / "src" / "groupchat" / "console"
STAMP = HERE / "build" / "sources.txt"
SWAGGER = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png")
"""The parts of Swagger UI that `/docs` shows, so that it needs no other host."""
STEP_SECONDS = 120
WITHOUT_PACKAGES = 3
"""The exit code if only the network or Node.js is missing."""
WITHOUT = "The server runs without the console: / says where things are."


def check() -> None:
    """Check style, and types against the API of this version; raises `NodeError`."""
    install()
    generate(described())
    _node("biome", "check", "src")
    nodejs.run(TSC, "--noEmit", folder=HERE, seconds=STEP_SECONDS)


def build() -> None:
    """Build, unless what is built is of these sources; raises `NodeError`."""
    document = described()
    sources = _digest(document)
    if BUILT.is_dir() and STAMP.is_file() and STAMP.read_text() == sources:
        return
    print("Building the console, which takes a minute the first time", flush=True)
    install()
    generate(document)
    _node("vite", "build", "--logLevel", "warn")
    (BUILT / "docs").mkdir()
    for name in SWAGGER:
        shutil.copy(MODULES / "swagger-ui-dist" / name, BUILT / "docs")
    _compress()
    STAMP.write_text(sources)


def install() -> None:
    """Install the packages that the lock names, unless they are there; raises `NoPackagesError`."""
    nodejs.install(HERE, HERE / "package-lock.json", "ci")


def described() -> bytes:
    """Return the OpenAPI document of this version, as JSON."""
    from groupchat.http.app import ENDPOINTS, SIMULATOR, document  # noqa: PLC0415 - only here is the installed package needed

    return json.dumps(document((*ENDPOINTS, *SIMULATOR))).encode()


def generate(document: bytes) -> None:
    """Generate the client from an OpenAPI document; raises `NodeError`."""
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_bytes(document)
    _node("openapi-ts", "--silent")


def serve(url: str) -> None:
    """Serve the page with hot reload; its requests go to the server at `url`."""
    install()
    generate(described())
    nodejs.run("node_modules/.bin/vite", folder=HERE, seconds=None, environment={"GROUPCHAT_URL": url})


def _digest(document: bytes) -> str:
    """Return a hash of everything that the build reads."""
    ignored = {MODULES, HERE / "build", HERE / "src" / "api"}
    digest = sha256(document)
    for path in sorted(HERE.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and not ignored & set(path.parents):
            digest.update(path.relative_to(HERE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def _node(script: str, *words: str) -> None:
    nodejs.run(f"node_modules/.bin/{script}", *words, folder=HERE, seconds=STEP_SECONDS)


def _compress() -> None:
    """Compress each file once, so that the server need not."""
    for path in [each for each in BUILT.rglob("*") if each.is_file()]:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


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
    except NodeError as error:
        print(f"console: {error}\n{WITHOUT}", file=sys.stderr)
        return WITHOUT_PACKAGES if isinstance(error, NoPackagesError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
