"""Write the methods and types of `groupchat.api` from the OpenAPI document: `python -m openapi.client`.

A test fails if they are out of date.
"""

import subprocess
import sys
from pathlib import Path

from groupchat.http.app import ENDPOINTS, SIMULATOR, document
from openapi.methods import method
from openapi.python_types import EVENT, PythonTypes

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "groupchat" / "api"
_ELSEWHERE = {"session", "service", "carriers"}
"""Tags of operations for browsers, operators and carriers."""
_BY_HAND = {"follow_events", "import_contacts"}
"""Operations whose responses come line by line."""
_HEAD = """\
\"\"\"{title}

`python -m openapi.client` makes this from the OpenAPI document; don't edit it by hand.
\"\"\"

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

"""


def files() -> dict[Path, str]:
    """Return the text of each file."""
    whole = document((*ENDPOINTS, *SIMULATOR))
    types = PythonTypes(whole["components"]["schemas"])
    methods = {
        operation["operationId"]: method(types, path, verb, operation)
        for path, operations in whole["paths"].items()
        for verb, operation in operations.items()
        if path.startswith("/v1/") and not _ELSEWHERE & set(operation["tags"])
    }
    shown_methods = [text for name, text in methods.items() if name not in _BY_HAND]
    named = sorted(types.used)
    events = types.events()
    shown = {name: text for name, text in types.classes(named).items() if name not in events}
    return {
        PACKAGE / "events.py": _module("The types of stored events.", "from groupchat.api.stored import Stored", *events.values()),
        PACKAGE / "types.py": _module(
            "The types of responses, and of parts of requests.",
            f"from groupchat.api.events import {EVENT}\nfrom groupchat.api.stored import Actor",
            *shown.values(),
        ),
        PACKAGE / "operations.py": _module(
            "The methods that both clients have, one for each operation.",
            "from urllib.parse import quote\n"
            "from groupchat.api.call import Call, ListCall, given, listing, operation\n"
            f"from groupchat.api.events import {EVENT}\n"
            f"from groupchat.api.types import {', '.join(name for name in named if name in shown)}",
            'class Operations:\n    """The operations of the API."""\n\n' + "\n\n".join(shown_methods),
        ),
    }


def _module(title: str, imports: str, *parts: str) -> str:
    """Return a module without unused imports, in the style of the project."""
    text = _HEAD.format(title=title) + imports + "\n\n\n" + "\n\n".join(parts)
    for words in (("check", "--select", "F401,I001", "--fix", "--exit-zero", "--quiet"), ("format", "--quiet")):
        ruff = [Path(sys.executable).with_name("ruff"), *words, "--stdin-filename", PACKAGE / "types.py", "-"]
        text = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True).stdout
    return text


def main() -> None:
    """Write the files."""
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
