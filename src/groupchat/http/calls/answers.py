"""The results of handlers."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Sheet(Struct, frozen=True):
    """A CSV file and its name."""

    name: str
    content: bytes


class Answer(Struct, Generic[T], frozen=True):
    """The result of a read; `sheet` is the value as CSV, if the caller asked for it."""

    value: T
    position: int | None = None
    sheet: Sheet | None = None


class Written(Answer[T], Generic[T], frozen=True, kw_only=True):
    """The result of a write, with the position that covers it."""

    position: int
