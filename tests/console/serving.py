"""`groupchat demo` in a process of its own."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.console.person import Demo
from tests.support.forked import Forked

START_SECONDS = 60
_PRINTED = re.compile(
    r"(?P<url>http://\S+)/#sign-in=(?P<owner>\S+).*?(?P<restricted>http://\S+/#sign-in=\S+).*?export KEY=(?P<key>\S+)", re.DOTALL
)


@contextmanager
def demo_server(folder: Path, **settings: str) -> Iterator[Demo]:
    """Serve the demo workspace of a folder."""
    environment = os.environ | {"GROUPCHAT_DATABASE_URL": f"sqlite:///{folder / 'demo.db'}"} | settings
    logged = folder / "said.txt"
    command = ("groupchat", "demo", "--port", "0")
    with logged.open("w") as output, Forked(*command, env=environment, stdout=output, stderr=output) as process:
        try:
            until = monotonic() + START_SECONDS
            while not (found := _PRINTED.search(logged.read_text())):
                assert process.poll() is None, logged.read_text()
                assert monotonic() < until, logged.read_text()
                sleep(0.05)
            yield Demo(found["url"], found["key"], found["restricted"])
        finally:
            process.terminate()
            process.wait(START_SECONDS)
