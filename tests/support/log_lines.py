"""The process's log, as JSON."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from groupchat import logs
from groupchat.settings import Settings


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Log at the lowest level; the fixture returns what was logged, and fails for a line that is not JSON."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.configure(Settings(log_level="debug", log_format="json"))
    return lambda: [json.loads(line) for line in written.getvalue().splitlines()]
