"""The base of every refusal, and the one-line form of any other error.

A refusal is a result, not a failure. It has a stable `slug` (the problem type of the HTTP contract), a `detail` that says in the
rule's own words what is wrong, and `members` that a program can read. The status of a slug, and what to do next in the API, are in
`http/documents/problems.py` and `ways_on.py`.
"""

from typing import Any, ClassVar, Literal


class ExpectedError(Exception):
    """An expected failure. The message says why and what to do, and the command line prints it instead of a traceback."""


class RefusalError(ExpectedError):
    """A command that a rule forbids, or that the caller got wrong. Nothing of it was stored."""

    slug: ClassVar[str]

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members = members


Thing = Literal["conversation", "participant", "contact", "user", "key", "business number", "webhook", "review", "media"]
"""The kinds of things that callers look up by an id or a number."""


class NotFoundError(RefusalError):
    """The thing does not exist, or the caller can't see it; `thing` says which kind it is, if it is one of those."""

    slug = "not-found"

    def __init__(self, detail: str, thing: Thing | None = None) -> None:
        super().__init__(detail)
        self.thing = thing


FaultCode = Literal["missing", "unknown-field", "repeated", "wrong-type", "out-of-range", "bad-format", "unreadable", "not-allowed"]
"""What is wrong with a field: it is missing, unknown, there twice, of another type, too small, large or long, of another form, not
readable at all; or well formed, and no value that can be used."""


class InvalidRequestError(RefusalError):
    """The request is malformed. `errors` lists `{loc, code, detail}`."""

    slug = "invalid-request"

    def __init__(self, loc: str, detail: str, code: FaultCode = "not-allowed") -> None:
        super().__init__(detail, errors=[{"loc": loc, "code": code, "detail": detail}])


class NotPermittedError(RefusalError):
    """The caller's role forbids it (R23)."""

    slug = "not-permitted"


LONGEST_LINE = 500
"""The longest description of an error, in characters."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its type if the message is empty.

    The other lines are not for logs: a database driver's contain the statement and its values, which may be people's messages.
    """
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0][:LONGEST_LINE]


def described(error: BaseException) -> str:
    """Return an error's type with the first line of its message."""
    return f"{type(error).__name__}: {first_line(error)}"[:LONGEST_LINE]
