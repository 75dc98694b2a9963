"""OpenAPI 3.1, from the endpoints' own types: what is documented is what is parsed and answered.

Schemas are msgspec's; problems come from the table in `problems.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import defstruct

from groupchat import __version__
from groupchat.http.calls.conditional import IF_MATCH_PATTERN, versioned_id
from groupchat.http.calls.endpoint import Endpoint, NoQuery
from groupchat.http.calls.idempotency import KEY_PATTERN
from groupchat.http.documents.problems import PROBLEMS, Kind, says_when
from groupchat.http.web.reply import encode_json
from groupchat.values.patterns import published

Json = dict[str, Any]
REF = "#/components/schemas/{name}"

DESCRIPTION = """\
Group SMS/MMS conversations between a business and several people at once.

- Times are RFC 3339 in UTC, ids opaque strings, phone numbers E.164, money decimal strings with a currency.
- Every answer to a write has the header `Groupchat-Position`. A `GET` with that number in `Groupchat-Min-Position` waits until it
  shows the write, at most 5 seconds; then it is a 503.
- A `POST` with an `Idempotency-Key` may be repeated: it is done once, and a repeat gets the first answer, for 24 hours. Only an
  `api_key` is null in a repeat.
- Conversations and contacts have their version as `ETag`; a write to one with `If-Match` is done only if that version still
  holds. A write with `If-Match` to what has no `ETag` is a 412.
- Every problem is `application/problem+json` (RFC 9457); its `type` is a page here that explains it.
- The participants of a group never change (R7): any write below `/v1/conversations/{conversation_id}/participants` but opt-out is
  a 405 `participants-frozen`. Any other method that a path has not is a 405 `method-not-allowed`; both have the header `Allow`.
- Every answer has the header `Groupchat-Correlation-Id`: yours, if you sent one.
"""

_EVERYWHERE = ("bad-message", "unauthenticated", "invalid-request", "too-many-requests", "internal-error", "unavailable")


def document(endpoints: Sequence[Endpoint], public: Json, public_shapes: Sequence[type]) -> Json:
    """Return the OpenAPI document of the endpoints, and of the `public` paths, which are given ready made."""
    shapes: list[Any] = [*public_shapes, *(type_ for each in endpoints for type_ in _types(each))]
    problems = {slug: _problem_type(slug, kind) for slug, kind in PROBLEMS.items()}
    references, schemas = msgspec.json.schema_components([*shapes, *problems.values()], ref_template=REF)
    schema_of = dict(zip(shapes, references, strict=False))  # together, so that two types of one name are told apart
    paths: dict[str, Json] = {}
    for each in endpoints:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schema_of)
    whole: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "groupchat",
            "version": __version__,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}],
        "tags": [{"name": tag} for tag in (*dict.fromkeys(each.tag for each in endpoints), "service")],
        "paths": paths | public,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "headers": _HEADERS,
            "parameters": _PARAMETERS,
            "securitySchemes": {"apiKey": {"type": "http", "scheme": "bearer", "description": "A user's API key."}},
        },
    }
    made: Json = published(whole)
    return made


def schema_of(type_: Any) -> Json:
    """Return the schema, or the reference to the schema, of a type."""
    (schema,), _ = msgspec.json.schema_components([type_], ref_template=REF)
    return schema


def _types(each: Endpoint) -> Iterable[Any]:
    return (type_ for type_ in (each.body_type, each.answer_type) if type_ is not None)


def _operation(each: Endpoint, schema_of: Mapping[Any, Json]) -> Json:
    operation: Json = {
        "operationId": each.name,
        "summary": each.summary,
        "description": each.description,
        "tags": [each.tag],
        "parameters": [*_path_parameters(each), *_query_parameters(each), {"$ref": "#/components/parameters/CorrelationId"}],
        "responses": _responses(each, schema_of),
    }
    operation["parameters"] += [{"$ref": f"#/components/parameters/{name}"} for name in _conditions(each)]
    if each.body_type is not None:
        content = {"schema": schema_of[each.body_type], "examples": _named(each.body_examples)}
        operation["requestBody"] = {"required": not each.body_may_be_missing, "content": {"application/json": content}}
    return operation


def _conditions(each: Endpoint) -> Iterable[str]:
    if not each.writes:
        yield "MinPosition"
    if each.takes_key:
        yield "IdempotencyKey"
    if each.writes and versioned_id(each.path):
        yield "IfMatch"
    if each.streams:
        yield "LastEventId"


def _named(examples: Json) -> Json:
    return {name: {"value": value} for name, value in examples.items()}


# --- parameters

_PATH_PARAMETERS: dict[str, Json] = {
    "conversation_id": {"schema": {"type": "string"}, "example": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"},
    "contact_id": {"schema": {"type": "string"}, "example": "ctc_01996f0c1f3a4b5d9a8877665544"},
    "number": {
        "schema": {"type": "string"},
        "description": "A phone number in any written form, URL-encoded.",
        "example": "+14155550102",
    },
    "user_id": {"schema": {"type": "string"}, "example": "usr_01996f0c1e00aabbccddeeff0011"},
    "key_id": {"schema": {"type": "string"}, "example": "key_01996f0c1e00aabbccddeeff0022"},
    "role": {"schema": {"type": "string"}, "example": "member"},
}


def _path_parameters(each: Endpoint) -> list[Json]:
    names = [part[1:-1] for part in each.path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, **_PATH_PARAMETERS[name]} for name in names]


def _query_parameters(each: Endpoint) -> list[Json]:
    if each.query_type is NoQuery:
        return []
    _, components = msgspec.json.schema_components([each.query_type], ref_template=REF)
    shape = components[each.query_type.__name__]
    required = shape.get("required", [])
    return [_query_parameter(name, schema, required=name in required) for name, schema in shape["properties"].items()]


def _query_parameter(name: str, schema: Json, *, required: bool) -> Json:
    described = dict(schema)
    parameter: Json = {"name": name, "in": "query", "required": required}
    if description := described.pop("description", None):
        parameter["description"] = description
    return parameter | {"schema": described}


_PARAMETERS: Json = {
    "CorrelationId": {
        "name": "Groupchat-Correlation-Id",
        "in": "header",
        "required": False,
        "description": "Your own id for the request; it is in the answer, the log, and every event that it leads to (R31).",
        "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
        "example": "crm-sync-4711",
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "The id of the last event that one has: the stream begins after it, whatever `after` says.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "example": "42",
    },
    "MinPosition": {
        "name": "Groupchat-Min-Position",
        "in": "header",
        "required": False,
        "description": "The `Groupchat-Position` of a write that the answer must show.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "example": "42",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A new key for each new request, the same to repeat one: then it is done once, and answered alike.",
        "schema": {"type": "string", "pattern": f"^{KEY_PATTERN}$"},
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that must still hold, or `*`.",
        "schema": {"type": "string", "pattern": f"^{IF_MATCH_PATTERN}$"},
        "example": '"7"',
    },
}

_HEADERS: Json = {
    "Position": {
        "description": "The position in the log that covers this write and all that it set off.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 42,
    },
    "CorrelationId": {
        "description": "The request's correlation id: yours, or one that was made for it.",
        "required": True,
        "schema": {"type": "string"},
        "example": "req_01996f0c1f3a9c3b52f7d1e0a4b2",
    },
    "Location": {
        "description": "The path of what was created.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/v1/conversations/cnv_01996f0c1f3a9c3b52f7d1e0a4b2",
    },
    "RetryAfter": {
        "description": "After how many seconds to try again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "SometimesRetryAfter": {
        "description": "After how many seconds to try again, where that is all that is needed.",
        "required": False,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "ETag": {
        "description": "The version, for `If-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"7"',
    },
    "Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}
EVERY_ANSWER = {"Groupchat-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}

# --- responses


def _responses(each: Endpoint, schema_of: Mapping[Any, Json]) -> Json:
    responses: Json = {str(each.status): _success(each, schema_of)}
    by_status: dict[int, list[str]] = {}
    for slug in _slugs(each):
        by_status.setdefault(PROBLEMS[slug].status, []).append(slug)
    for status, slugs in sorted(by_status.items()):
        responses[str(status)] = problem_response(slugs)
    return responses


def _slugs(each: Endpoint) -> list[str]:
    slugs = [*_EVERYWHERE, *each.refuses]
    slugs += ["position-ahead", "projection-behind"] if each.waits_for else []
    slugs += ["payload-too-large", "request-timeout", "unsupported-encoding"] if each.body_type is not None else []
    slugs += ["version-conflict", "precondition-failed"] if each.writes else []
    slugs += ["idempotency-key-in-use", "idempotency-key-reused"] if each.takes_key else []
    slugs += ["not-found"] if each.first is not None else []
    return list(dict.fromkeys(slugs))


def _success(each: Endpoint, schema_of: Mapping[Any, Json]) -> Json:
    headers = dict(EVERY_ANSWER)
    if each.writes:
        headers["Groupchat-Position"] = {"$ref": "#/components/headers/Position"}
    if each.creates:
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    if each.shows_version:
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    response: Json = {"description": each.summary + ": done." if each.writes else each.summary + ".", "headers": headers}
    if each.streams:
        response["content"] = {"text/event-stream": _frames(schema_of[each.answer_type], each.example)}
    elif each.answer_type is not None:
        response["content"] = {"application/json": {"schema": schema_of[each.answer_type], "example": each.example}}
    if each.sheet_example is not None:
        response["content"]["text/csv"] = {"schema": {"type": "string"}, "example": each.sheet_example}
    return response


def _frames(schema: Json, example: Json) -> Json:
    """Return the content of a stream, as OpenAPI describes server-sent events: one by one, their data a text with JSON in it."""
    data = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
    fields: Json = {"id": {"type": "string", "pattern": "^[0-9]+$"}, "event": {"type": "string"}, "data": data}
    shown = {"id": str(example["position"]), "event": example["type"], "data": encode_json(example).decode()}
    return {"schema": {"type": "object", "required": list(fields), "properties": fields}, "example": shown}


def problem_response(slugs: Sequence[str]) -> Json:
    """Return the response of problems that share a status."""
    status = PROBLEMS[slugs[0]].status
    headers = dict(EVERY_ANSWER)
    if status == 401:  # noqa: PLR2004 - the status is the word
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/Authenticate"}
    if any(map(says_when, slugs)):
        name = "RetryAfter" if all(map(says_when, slugs)) else "SometimesRetryAfter"
        headers["Retry-After"] = {"$ref": f"#/components/headers/{name}"}
    references = [{"$ref": REF.format(name=_problem_name(slug))} for slug in slugs]
    content = {
        "schema": references[0] if len(references) == 1 else {"oneOf": references},
        "examples": {slug: {"value": _problem_example(slug)} for slug in slugs},
    }
    description = " ".join(f"`{slug}`: {PROBLEMS[slug].title}." for slug in slugs)
    return {"description": description, "headers": headers, "content": {"application/problem+json": content}}


def _problem_name(slug: str) -> str:
    return "".join(part.capitalize() for part in slug.split("-")) + "Problem"


def _problem_type(slug: str, kind: Kind) -> type[msgspec.Struct]:
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


def _problem_example(slug: str) -> Json:
    kind = PROBLEMS[slug]
    base = {"type": f"/problems/{slug}", "title": kind.title, "status": kind.status, "detail": kind.title + "."}
    return base | {"instance": "/v1/conversations"} | kind.example
