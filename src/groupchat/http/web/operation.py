"""The description of an operation, from which the document is generated."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Json = dict[str, Any]


class NoQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """No query parameters."""


class Body(Struct, frozen=True, kw_only=True):
    """A body of a request, JSON unless `media` says otherwise. `others` has complete schemas of other media types for it."""

    type: Any
    media: str = "application/json"
    required: bool = True
    examples: Mapping[str, Any] = {}
    others: Mapping[str, Json] = {}


class Content(Struct, frozen=True, kw_only=True):
    """The content of a response in one media type: a `shape`, whose schema it follows, or a complete `schema`."""

    shape: Any = None
    schema: Json = {}
    example: Any = None


class Response(Struct, frozen=True, kw_only=True):
    """A response; `contents` by media type, `headers` by name, each with the shared definition that describes it."""

    status: int
    description: str
    contents: Mapping[str, Content] = {}
    headers: Mapping[str, str] = {}


class Operation(Struct, frozen=True, kw_only=True):
    """A method and path with its full description.

    `parameters` names the shared definitions of the headers that it takes, `problems` the slugs of its refusals; `public` says that
    it needs no login.
    """

    method: str
    path: str
    name: str
    summary: str
    description: str | None = None
    tag: str
    query: type[Any] = NoQuery
    parameters: tuple[str, ...] = ()
    body: Body | None = None
    responses: tuple[Response, ...]
    problems: tuple[str, ...] = ()
    public: bool = False
