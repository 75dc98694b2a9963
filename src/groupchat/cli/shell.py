"""What every command shares: where words go, the settings, the event loop."""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any

import uvloop
from rich.console import Console

from groupchat import logs
from groupchat.settings import Settings, from_environment

say = Console(stderr=True, soft_wrap=True)
"""For words and progress; results go to stdout."""


def settings() -> Settings:
    """Return the settings of the environment, with the logs set up as they say; raises `SettingsError`."""
    chosen = from_environment(os.environ)
    logs.configure(chosen)
    return chosen


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine to its end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
