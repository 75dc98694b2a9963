"""Commands that are loaded when they are used, so that help and version load no database driver, web framework or Kafka client."""

import gc
from importlib import import_module
from types import ModuleType
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
        whole.add_typer(_loaded(f"groupchat.cli.{self._module}").app)
        return typer.main.get_group(whole).commands[str(self.name)]

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the arguments as the command itself does, and run that command."""
        return self.load().make_context(info_name, args, parent, **extra)


def _loaded(name: str) -> ModuleType:
    """Load a module. What modules define stays until the end, so to look for garbage in it would only cost a third of the time."""
    gc.disable()
    try:
        return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
