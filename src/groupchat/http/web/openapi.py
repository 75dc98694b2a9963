"""OpenAPI 3.1, from operations: schemas are msgspec's, and problems come from the table that the responses use."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

import msgspec
from msgspec import Struct, defstruct

from groupchat.http.web.components import complete, renamed, rewritten
from groupchat.http.web.operation import Content, Json, NoQuery, Operation, Response
from groupchat.http.web.problems import ProblemKind
from groupchat.http.web.reply import encode_json

REF = "#/components/schemas/{name}"
EVENT_STREAM = "text/event-stream"
CORRELATED = {"Groupchat-Correlation-Id": "CorrelationId"}
"""The header that every response has."""
LIMITED = {"RateLimit": "RateLimit", "RateLimit-Policy": "RateLimitPolicy"}
"""Headers of the responses to callers, if there is a limit."""


class Api(Struct, frozen=True, kw_only=True):
    """Shared by all operations of an API: definitions of headers, parameters and parts of paths, by name; kinds of problems.

    `tags` has a description of each tag. `instance` is a path for the examples of problems.
    """

    info: Json
    problems: Mapping[str, ProblemKind]
    headers: Mapping[str, Json]
    parameters: Mapping[str, Json]
    path_parameters: Mapping[str, Json]
    security: Mapping[str, Json]
    tags: Mapping[str, str]
    instance: str


def document(api: Api, operations: Sequence[Operation]) -> Json:
    """Return the OpenAPI document of an API."""
    shapes = list(dict.fromkeys(shape for each in operations for shape in _shapes(each)))
    used = {slug for each in operations for slug in each.problems}
    problems = {slug: _problem_type(slug, kind) for slug, kind in api.problems.items() if slug in used}
    # In one call, so that two types with the same name get different references.
    references, schemas = msgspec.json.schema_components([*shapes, *problems.values()], ref_template=REF)
    written = _Writer(api, dict(zip(shapes, references, strict=False)))
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = written.operation(each)
    bodies = [written.schema_of(each.body.type) for each in operations if each.body is not None]
    kept = [*bodies, *references[len(shapes) :]]  # parts of problems leave out what does not apply
    whole = {
        "openapi": "3.1.0",
        "info": api.info,
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in api.security],
        "tags": [{"name": tag, "description": api.tags[tag]} for tag in dict.fromkeys(each.tag for each in operations)],
        "paths": paths,
        "components": {
            "schemas": {renamed(name): schema for name, schema in sorted(complete(schemas, kept).items())},
            "headers": dict(api.headers),
            "parameters": dict(api.parameters),
            "securitySchemes": dict(api.security),
        },
    }
    document: Json = rewritten(whole)
    return document


def _shapes(each: Operation) -> Iterable[Any]:
    if each.body is not None:
        yield each.body.type
    for response in each.responses:
        yield from (content.shape for content in response.contents.values() if content.shape is not None)


class _Writer:
    """Writes operations, using the schemas of all shapes."""

    def __init__(self, api: Api, schema_of: Mapping[Any, Json]) -> None:
        self._api = api
        self._schema_of = schema_of

    def schema_of(self, shape: Any) -> Json:
        """Return the schema of a shape."""
        return self._schema_of[shape]

    def operation(self, each: Operation) -> Json:
        shared = [{"$ref": f"#/components/parameters/{name}"} for name in ("CorrelationId", *each.parameters)]
        operation: Json = {"operationId": each.name, "summary": each.summary, "tags": [each.tag]}
        operation |= {"description": each.description} if each.description else {}
        operation |= {"security": []} if each.public else {}
        operation["parameters"] = [*self._path_parameters(each.path), *_query_parameters(each.query), *shared]
        operation["responses"] = self._responses(each)
        if each.body is not None:
            examples = {name: {"value": value} for name, value in each.body.examples.items()}
            content = {each.body.media: {"schema": self._schema_of[each.body.type], "examples": examples}}
            content |= {media: {"schema": schema} for media, schema in each.body.others.items()}
            operation["requestBody"] = {"required": each.body.required, "content": content}
        return operation

    def _path_parameters(self, path: str) -> list[Json]:
        names = [part.partition("}")[0] for part in path.split("{")[1:]]
        return [{"name": name, "in": "path", "required": True, **self._api.path_parameters[name]} for name in names]

    def _responses(self, each: Operation) -> Json:
        responses: Json = {str(response.status): self._response(response, _common(each)) for response in each.responses}
        by_status: dict[int, list[str]] = {}
        for slug in dict.fromkeys(each.problems):
            by_status.setdefault(self._api.problems[slug].status, []).append(slug)
        return responses | {
            str(status): self._problems(status, slugs, _common(each)) for status, slugs in sorted(by_status.items())
        }

    def _response(self, response: Response, common: Mapping[str, str]) -> Json:
        written: Json = {"description": response.description, "headers": _headers({**common, **response.headers})}
        if response.contents:
            written["content"] = {media: self._content(media, content) for media, content in response.contents.items()}
        return written

    def _content(self, media: str, content: Content) -> Json:
        schema = content.schema if content.shape is None else self._schema_of[content.shape]
        if media == EVENT_STREAM:
            return _frames(schema, content.example)
        return {"schema": schema} | ({} if content.example is None else {"example": content.example})

    def _problems(self, status: int, slugs: Sequence[str], common: Mapping[str, str]) -> Json:
        """Return the response of problems that share a status."""
        kinds = [self._api.problems[slug] for slug in slugs]
        headers = dict(common)
        if status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Authenticate"
        if any(kind.says_when for kind in kinds):
            headers["Retry-After"] = "RetryAfter" if all(kind.says_when for kind in kinds) else "SometimesRetryAfter"
        references = [{"$ref": REF.format(name=_problem_name(slug))} for slug in slugs]
        content = {
            "schema": references[0] if len(references) == 1 else _one_of(slugs, references),
            "examples": {slug: {"value": self._problem_example(slug)} for slug in slugs},
        }
        description = " ".join(f"`{slug}`: {kind.title}." for slug, kind in zip(slugs, kinds, strict=True))
        return {"description": description, "headers": _headers(headers), "content": {"application/problem+json": content}}

    def _problem_example(self, slug: str) -> Json:
        kind = self._api.problems[slug]
        base = {"type": f"/problems/{slug}", "title": kind.title, "status": kind.status, "detail": kind.title + "."}
        return base | {"instance": self._api.instance} | kind.example


def _common(each: Operation) -> dict[str, str]:
    """Return the headers that every response of an operation has, or can have."""
    return CORRELATED if each.public else CORRELATED | LIMITED


def _headers(names: Mapping[str, str]) -> Json:
    return {header: {"$ref": f"#/components/headers/{name}"} for header, name in names.items()}


def _query_parameters(query: type[Any]) -> list[Json]:
    if query is NoQuery:
        return []
    _, components = msgspec.json.schema_components([query], ref_template=REF)
    shape = components[query.__name__]
    required = shape.get("required", [])
    return [_query_parameter(name, schema, required=name in required) for name, schema in shape["properties"].items()]


def _query_parameter(name: str, schema: Json, *, required: bool) -> Json:
    described = dict(schema)
    parameter: Json = {"name": name, "in": "query", "required": required}
    if description := described.pop("description", None):
        parameter["description"] = description
    return parameter | {"schema": described}


def _frames(schema: Json, example: Json) -> Json:
    """Return the content of a stream, as OpenAPI describes server-sent events: one by one, with JSON text as data."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    fields: Json = {"id": {"type": "string", "pattern": "^[0-9]+$"}, "event": {"type": "string"}, "data": data}
    shown = {"id": str(example["position"]), "event": example["type"], "data": encode_json(example).decode()}
    return {"schema": {"type": "object", "required": list(fields), "properties": fields}, "example": shown}


def _problem_name(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("-")) + "Problem"


def _one_of(slugs: Sequence[str], references: Sequence[Json]) -> Json:
    """Return the schema of several kinds of problems, distinguished by their types."""
    mapping = {f"/problems/{slug}": reference["$ref"] for slug, reference in zip(slugs, references, strict=True)}
    return {"oneOf": references, "discriminator": {"propertyName": "type", "mapping": mapping}}


def _problem_type(slug: str, kind: ProblemKind) -> type[Struct]:
    fields: list[Any] = [
        ("type", Literal[f"/problems/{slug}"]),
        ("title", str),
        ("status", Literal[kind.status]),
        ("detail", str),
        ("instance", str),
        *kind.members.items(),
    ]
    shape = defstruct(_problem_name(slug), fields, kw_only=True)
    shape.__doc__ = kind.text
    return shape
