"""A route's description of its operation, and the operation made from it and from the function's signature."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, get_args, get_origin, get_type_hints

from msgspec import Struct

from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Reading, Writing
from groupchat.http.calls.conditional import VERSIONED, versioned_id
from groupchat.http.web.operation import Body, Content, NoQuery, Operation, Response

EVERYWHERE = ("bad-message", "unauthenticated", "invalid-request", "too-many-requests", "internal-error", "unavailable")
"""The problems of every operation that needs a login."""

Handle = Callable[[Any], Awaitable[Answer[Any]]]


class Spec(Struct, frozen=True):
    """Everything that can't be read from a function's signature and docstring; `page` is the type of a list's page.

    `location` is the path of the created thing. It names fields of the response and parameters of the operation's own path:
    `/v1/contacts/{id}`. `example` is a value of the response's type, `sheet_example` the same as CSV.
    """

    method: str
    path: str
    summary: str
    tag: str
    status: int = 200
    body_examples: Mapping[str, Any] = {}
    body_may_be_missing: bool = False
    location: str | None = None
    page: Any = None
    example: Any = None
    sheet_example: str | None = None

    @property
    def writes(self) -> bool:
        """Whether the operation changes something, and responds with a position."""
        return self.method != "GET"

    @property
    def takes_key(self) -> bool:
        """Whether only an idempotency key makes a repeat harmless."""
        return self.method == "POST"


class Types(Struct, frozen=True):
    """The types in a handler's signature."""

    body: Any
    query: type[Any]
    answer: Any

    @property
    def versioned(self) -> bool:
        """Whether the response has an `ETag`."""
        return self.answer in VERSIONED


def types_of(handle: Handle, page: Any) -> Types:
    """Read a handler's signature."""
    hints = get_type_hints(handle, include_extras=True)
    taken, given = hints["call"], get_args(hints["return"])[0] if page is None else page
    return Types(
        body=get_args(taken)[0] if get_origin(taken) is Writing else None,
        query=get_args(taken)[0] if get_origin(taken) is Reading else NoQuery,
        answer=None if given is type(None) else given,
    )


def operation(spec: Spec, handle: Handle, types: Types, problems: Iterable[str], *, waits: bool) -> Operation:
    """Return the operation; `problems` are its own slugs, and `waits` says that it can wait for a position."""
    body = None
    if types.body is not None:
        body = Body(type=types.body, required=not spec.body_may_be_missing, examples=spec.body_examples)
    return Operation(
        method=spec.method,
        path=spec.path,
        name=handle.__name__,
        summary=spec.summary,
        description=(handle.__doc__ or "").strip(),
        tag=spec.tag,
        query=types.query,
        parameters=tuple(_parameters(spec)),
        body=body,
        responses=(_response(spec, types),),
        problems=(*EVERYWHERE, *problems, *_problems(spec, types, waits=waits)),
    )


def _parameters(spec: Spec) -> Iterable[str]:
    if not spec.writes:
        yield "MinPosition"
    if spec.writes:
        yield "Csrf"
    if spec.takes_key:
        yield "IdempotencyKey"
    if spec.writes and versioned_id(spec.path):
        yield "IfMatch"


def _problems(spec: Spec, types: Types, *, waits: bool) -> Iterable[str]:
    if not spec.writes:
        yield "position-ahead"
    if waits:
        yield "projection-behind"
    if types.body is not None:
        yield from ("payload-too-large", "request-timeout", "unsupported-encoding")
    if spec.writes:
        yield from ("cross-site-request", "version-conflict")
    if spec.writes and versioned_id(spec.path):
        yield "precondition-failed"
    if spec.takes_key:
        yield from ("idempotency-key-in-use", "idempotency-key-reused")


def _response(spec: Spec, types: Types) -> Response:
    headers = {"Groupchat-Position": "Position"} if spec.writes else {}
    headers |= {"Location": "Location"} if spec.location is not None else {}
    headers |= {"ETag": "ETag"} if types.versioned else {}
    headers |= {"Idempotency-Replayed": "Replayed"} if spec.takes_key else {}
    headers |= {"Content-Disposition": "ContentDisposition"} if spec.sheet_example is not None else {}
    contents: dict[str, Content] = {}
    if types.answer is not None:
        contents["application/json"] = Content(shape=types.answer, example=spec.example)
    if spec.sheet_example is not None:
        contents["text/csv"] = Content(schema={"type": "string"}, example=spec.sheet_example)
    description = spec.summary + (": done." if spec.writes else ".")
    return Response(status=spec.status, description=description, contents=contents, headers=headers)
