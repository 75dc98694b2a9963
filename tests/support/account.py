"""A process that gives an account of itself, and ends as it is told to: `python -m tests.support.account HOW`."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE)


def main(how: str) -> None:
    """Print what this process is like, with what it reads, and end."""
    account = {
        "module": __spec__.name,
        "words": sys.argv[1:],
        "folder": str(Path.cwd()),
        "environment": {name: value for name, value in os.environ.items() if name.startswith("ACCOUNT_")},
        "read": sys.stdin.read(),
        "threads": [threading.active_count(), len(list(Path("/proc/self/task").iterdir()))],
        "signals": {number: str(signal.getsignal(number)) for number in SIGNALS},
        "streams": [[each.fileno(), each.encoding, each.errors] for each in (sys.stdin, sys.stdout, sys.stderr)],
    }
    print(json.dumps(account))  # noqa: T201 - its account
    print("in short", file=sys.stderr)  # noqa: T201 - its account
    if how == "fail":
        msg = "it failed"
        raise ValueError(msg)
    if how == "kill":
        sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    sys.exit({"text": "a reason"}.get(how) or int(how))


if __name__ == "__main__":
    main(sys.argv[1])
