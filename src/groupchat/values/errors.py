"""The base of every refusal, and how any other error is shown in one line.

A refusal is an answer, not a failure: it has a stable `slug` (the problem type of the HTTP contract), a `detail` that says in the
rule's own words what is wrong, and `members` that a program can read. Which status a slug has, and how to go on in the API, is the
business of `http/documents/problems.py` and `ways_on.py`.
"""

from typing import Any, ClassVar, Literal


class ToldError(Exception):
    """Something can't be done, and the message tells why and what to do: the command line prints it in place of a trace."""


class RefusalError(ToldError):
    """A command that the rules, or the caller's own mistake, forbid. Nothing of it was stored."""

    slug: ClassVar[str]

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


Thing = Literal["conversation", "participant", "contact", "user", "key", "business number"]
"""What callers look for by an id or a number."""


class NotFoundError(RefusalError):
    """The thing does not exist, or not for this caller; `thing` says what was looked for, where it is one of those."""

    slug = "not-found"

    def __init__(self, detail: str, thing: Thing | None = None) -> None:
        super().__init__(detail)
        self.thing = thing


class InvalidRequestError(RefusalError):
    """The request is malformed. `errors` lists `{loc, detail}`."""

    slug = "invalid-request"

    def __init__(self, loc: str, detail: str) -> None:
        super().__init__(detail, errors=[{"loc": loc, "detail": detail}])


class NotPermittedError(RefusalError):
    """The caller's role forbids it (R23)."""

    slug = "not-permitted"


LONGEST_LINE = 500
"""The longest description of an error, in characters."""


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, its type if it says nothing.

    The lines behind it are not for logs: a database driver's have the statement and its values, which may be what people wrote.
    """
    said = str(error).strip() or type(error).__name__
    return said.splitlines()[0][:LONGEST_LINE]


def described(error: BaseException) -> str:
    """Return an error's type with the first line of what it says."""
    return f"{type(error).__name__}: {first_line(error)}"[:LONGEST_LINE]
