"""The official AsyncAPI parser, from npm, into `build/asyncapi`: `python -m asyncapi.parser` fetches it, tests run it."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from nodejs import run as nodejs
from nodejs.run import NoPackagesError

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / "build" / "asyncapi"
PARSE_SECONDS = 60


def install() -> None:
    """Fetch the parser, unless the one that `package.json` names is there; raises `NoPackagesError`."""
    BUILD.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", BUILD)
    nodejs.install(BUILD, HERE / "package.json", "install", "--no-package-lock")


def parse(*paths: Path) -> list[dict[str, Any]]:
    """Return the parser's verdict on each document: `diagnostics`, and each channel's messages; raises `NodeError`.

    Loading the parser takes most of the time, so give it all documents at once.
    """
    modules = {"NODE_PATH": str(BUILD / "node_modules")}
    documents = [path.resolve() for path in paths]
    said = nodejs.run(HERE / "check.cjs", *documents, folder=BUILD, seconds=PARSE_SECONDS, environment=modules)
    answers: list[dict[str, Any]] = json.loads(said)
    return answers


def main() -> int:
    """Fetch the parser."""
    try:
        install()
    except NoPackagesError as error:
        print(f"asyncapi: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
