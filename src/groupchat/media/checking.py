"""Judging a file before it is kept: its type by its content, its size, and whether a picture is one (R46)."""

import hashlib
from typing import IO

from msgspec import Struct

from groupchat.aggregates.media import PICTURES, FileFacts
from groupchat.media import pictures
from groupchat.media.kinds import type_of
from groupchat.media.port import PIECE_BYTES


class CheckedFile(Struct, frozen=True, kw_only=True):
    """A file that may be kept: the content to keep, under the name that is its hash, and what is recorded of it."""

    file: IO[bytes]
    facts: FileFacts


def check(file: IO[bytes], *, clean: bool = False) -> CheckedFile:
    """Judge a file's content; raises `MediaTypeError`. It blocks, and runs with `pictures.in_turn`.

    With `clean`, a picture is written again, without metadata such as the place where it was taken. What people send is evidence,
    and is kept as it came.
    """
    content_type = type_of(file)
    if content_type not in PICTURES:
        return _counted(file, content_type)
    picture = pictures.look(file, content_type)
    kept = pictures.cleaned(file, content_type) if clean else file
    return _counted(kept, content_type, picture.width, picture.height)


def _counted(file: IO[bytes], content_type: str, width: int | None = None, height: int | None = None) -> CheckedFile:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(PIECE_BYTES):
        digest.update(piece)
        size += len(piece)
    facts = FileFacts(sha256=digest.hexdigest(), content_type=content_type, size=size, width=width, height=height)
    return CheckedFile(file=file, facts=facts)
