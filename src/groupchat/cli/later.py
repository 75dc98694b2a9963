"""Commands that are loaded when they are used, so that help and version load no database driver, web framework or Kafka client.

A command's module is loaded for its help, too. What only running the command needs, it imports where it runs, in `loading`.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

import typer
from typer.core import TyperCommand

MARKUP: Literal["markdown"] = "markdown"
"""The format of help texts."""


class LazyCommand(TyperCommand):
    """A placeholder with the name and summary of a command in a module of this package, which it loads when it is used."""

    def __init__(self, name: str, module: str, summary: str) -> None:
        super().__init__(name, help=summary, rich_markup_mode=MARKUP)
        self._module = module

    def load(self) -> Any:
        """Return the command itself."""
        whole = typer.Typer(rich_markup_mode=MARKUP)
        with loading():
            module = import_module(f"groupchat.cli.{self._module}")
        whole.add_typer(module.app)
        return typer.main.get_group(whole).commands[str(self.name)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments as the command itself does, and run that command."""
        return self.load().make_context(info_name, args, parent, **extra)


@contextmanager
def loading() -> Iterator[None]:
    """Load modules. What they define stays until the end, so to look for garbage in it would only cost a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
