"""The base of every refusal.

A refusal is an answer, not a failure: it has a stable `slug` (the problem type of the HTTP contract), a `detail` that says what to
do, and `members` that a program can read. Which status a slug has is the business of `http/documents/problems.py`.
"""

from typing import Any, ClassVar


class ToldError(Exception):
    """Something can't be done, and the message tells why and what to do: the command line prints it in place of a trace."""


class RefusalError(ToldError):
    """A command that the rules, or the caller's own mistake, forbid. Nothing of it was stored."""

    slug: ClassVar[str]

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


class NotFoundError(RefusalError):
    """The thing does not exist, or not for this caller."""

    slug = "not-found"


class InvalidRequestError(RefusalError):
    """The request is malformed. `errors` lists `{loc, detail}`."""

    slug = "invalid-request"

    def __init__(self, loc: str, detail: str) -> None:
        super().__init__(detail, errors=[{"loc": loc, "detail": detail}])


class NotPermittedError(RefusalError):
    """The caller's role forbids it (R23)."""

    slug = "not-permitted"
