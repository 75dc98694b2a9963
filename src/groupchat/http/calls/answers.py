"""What handlers answer with."""

from typing import Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class Answer(Struct, Generic[T], frozen=True):
    """What a read answers; `sheet` is the value as CSV, where that is asked for."""

    value: T
    position: int | None = None
    sheet: bytes | None = None


class Written(Answer[T], Generic[T], frozen=True, kw_only=True):
    """What a write answers, with the position that covers it."""

    position: int
