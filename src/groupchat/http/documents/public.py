"""The paths that need no key: health, documentation, problems, schemas; and how they are documented."""

from typing import Any

from msgspec import Struct

from groupchat.http.documents import pages
from groupchat.http.documents.schemas import DIALECT, schemas
from groupchat.http.monitoring import health
from groupchat.http.monitoring.health import Health
from groupchat.http.web.openapi import EVERY_ANSWER, problem_response, schema_of
from groupchat.http.web.reply import JSON, SCHEMA, Reply, encode_json
from groupchat.http.web.resource import Responder

Json = dict[str, Any]


class Live(Struct, frozen=True):
    """The process lives."""

    live: bool = True


SHAPES: tuple[type, ...] = (Live, Health)

_READY: Json = {
    "ready": True,
    "store_reachable": True,
    "overloaded": False,
    "followers": [{"name": "inbox", "position": 42, "behind": 0, "stopped_at": None, "failing": False, "ready": True}],
}
_STOPPED: Json = _READY | {
    "ready": False,
    "followers": [{"name": "inbox", "position": 41, "behind": 1, "stopped_at": 42, "failing": False, "ready": False}],
}


def responders(document: Json) -> dict[str, Responder]:
    """Return what answers a GET of each path."""
    return {
        "/healthz": pages.Fixed(Reply(200, encode_json(Live()), JSON)),
        "/readyz": health.Ready(),
        "/metrics": health.Scrape(),
        "/openapi.json": pages.openapi_json(document),
        "/docs": pages.documentation(),
        "/problems": pages.ProblemIndex(),
        "/problems/{slug}": pages.ProblemPage(),
        "/schemas/{type}.json": pages.Schemas(schemas()),
    }


def paths() -> Json:
    """Return the OpenAPI descriptions of these paths."""
    return {
        "/healthz": _get("health", "Whether the process lives", _json(Live, {"live": True})),
        "/readyz": _get("ready", "Whether it is ready", _json(Health, _READY), {"503": _not_ready()}),
        "/metrics": _get("metrics", "Metrics for Prometheus", _METRICS),
        "/openapi.json": _get("openapi", "This document", _json(None, {"openapi": "3.1.0"})),
        "/docs": _get("docs", "The interactive documentation", _HTML),
        "/problems": _get("problems", "All kinds of problems", _HTML),
        "/problems/{slug}": _get("problem", "One kind of problem", _HTML, {"404": problem_response(["not-found"])}, _SLUG),
        "/schemas/{type}.json": _get(
            "schema",
            "The JSON Schema of a type of event, as `ce_dataschema` names it",
            _SCHEMA,
            {"404": problem_response(["not-found"])},
            _TYPE,
        ),
    }


_METRICS: Json = {"text/plain": {"schema": {"type": "string"}, "example": 'groupchat_problems_total{slug="not-found"} 3.0'}}
_HTML: Json = {"text/html": {"schema": {"type": "string"}}}
_SLUG: Json = {"name": "slug", "in": "path", "required": True, "schema": {"type": "string"}, "example": "not-found"}
_SCHEMA: Json = {
    SCHEMA.decode(): {"schema": {"type": "object"}, "example": {"$schema": DIALECT, "title": "groupchat.conversation.renamed"}}
}
_TYPE: Json = {
    "name": "type",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "example": "groupchat.conversation.renamed",
}


def _get(name: str, summary: str, content: Json, more: Json | None = None, parameter: Json | None = None) -> Json:
    operation: Json = {
        "operationId": name,
        "summary": summary,
        "tags": ["service"],
        "security": [],
        "parameters": [{"$ref": "#/components/parameters/CorrelationId"}, *([parameter] if parameter else [])],
        "responses": {
            "200": {"description": f"{summary}.", "headers": EVERY_ANSWER, "content": content},
            "422": problem_response(["invalid-request"]),
            "500": problem_response(["internal-error"]),
            **(more or {}),
        },
    }
    return {"get": operation}


def _json(type_: type | None, example: Json) -> Json:
    schema = {"type": "object"} if type_ is None else schema_of(type_)
    return {"application/json": {"schema": schema, "example": example}}


def _not_ready() -> Json:
    headers = EVERY_ANSWER | {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return {"description": "Not ready; it says why.", "headers": headers, "content": _json(Health, _STOPPED)}
