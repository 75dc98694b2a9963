"""The paths that need no key (health, documentation, problems, schemas), and their documentation."""

from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct

from groupchat.http.documents import pages
from groupchat.http.documents.console import DOCS, console, has_docs
from groupchat.http.documents.pages import SchemaList
from groupchat.http.documents.schemas import DIALECT, schemas
from groupchat.http.monitoring.health import Checkup, Health
from groupchat.http.web.operation import Content, Json, Operation, Response
from groupchat.http.web.resource import Responder

ASKED_OFTEN = ("/healthz", "/readyz", "/metrics")
"""The paths that supervisors ask every few seconds."""


class Live(Struct, frozen=True):
    """The process is alive."""

    live: bool = True


def responders(document: Callable[[], Json], checkup: Checkup, public_url: str | None) -> dict[str, Responder]:
    """Return the function that responds to a GET of each path."""
    return console() | {
        "/healthz": pages.fixed_json(Live),
        "/readyz": checkup.ready,
        "/metrics": checkup.scrape,
        "/openapi.json": pages.fixed_json(document),
        "/docs": pages.documentation(DOCS if has_docs() else None),
        "/problems": pages.problem_index,
        "/problems/{slug}": pages.problem_page,
        "/schemas": pages.event_types(schemas),
        "/schemas/{type}.json": pages.event_schemas(partial(schemas, public_url)),
    }


_READY: Json = {
    "ready": True,
    "store_reachable": True,
    "writable": True,
    "overloaded": False,
    "reason": None,
    "followers": [
        {
            "name": "inbox",
            "position": 42,
            "behind": 0,
            "oldest_seconds": 0.0,
            "seen_seconds": 4.5,
            "stopped_at": None,
            "failing": False,
            "ready": True,
        }
    ],
}
_STOPPED: Json = _READY | {
    "ready": False,
    "followers": [
        {
            "name": "inbox",
            "position": 41,
            "behind": 1,
            "oldest_seconds": 95.2,
            "seen_seconds": 4.5,
            "stopped_at": 42,
            "failing": False,
            "ready": False,
        }
    ],
}
_NOT_READY = Response(
    status=503,
    description="Not ready. The body says why.",
    contents={"application/json": Content(shape=Health, example=_STOPPED)},
    headers={"Retry-After": "RetryAfter"},
)
_DOCUMENT = Content(schema={"type": "object"}, example={"openapi": "3.1.0"})
_HTML = {"text/html": Content(schema={"type": "string"})}
_ROOT = _HTML | {"application/json": Content(schema={"type": "object"}, example={"documentation": "/docs"})}
_FILE = {
    media: Content(schema={"type": "string"})
    for media in ("text/html", "text/css", "text/javascript", "text/plain", "image/png", "image/svg+xml")
}
_METRICS = {"text/plain": Content(schema={"type": "string"}, example='groupchat_problems_total{slug="not-found"} 3.0')}
_SCHEMA = {
    "application/schema+json": Content(
        schema={"type": "object"}, example={"$schema": DIALECT, "title": "groupchat.conversation.renamed"}
    )
}
_RENAMED = "groupchat.conversation.renamed"
_SCHEMAS: Json = {"items": [{"type": _RENAMED, "url": f"/schemas/{_RENAMED}.json"}]}


def _get(
    path: str, name: str, summary: str, contents: Mapping[str, Content], *more: Response, problems: tuple[str, ...] = ()
) -> Operation:
    return Operation(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        description=_DESCRIPTIONS[name],
        tag="service",
        responses=(Response(status=200, description=f"{summary}.", contents=contents), *more),
        problems=("invalid-request", "internal-error", *problems),
        public=True,
    )


def _json(content: Content) -> Mapping[str, Content]:
    return {"application/json": content}


_DESCRIPTIONS = {
    "health": "Responds as long as the process runs. Use it to decide whether to restart the process.",
    "ready": "Responds with 200 if the process can serve requests: the database is there, and no follower is stuck or far behind.",
    "metrics": "Return the process's metrics in the text format of Prometheus.",
    "openapi": "Return the OpenAPI document of this server.",
    "console": "Show the console to browsers. Other clients get the paths of the documentation as JSON.",
    "console_file": "Return a file that the console needs.",
    "docs": "Show this document to people. They can try each operation.",
    "problems": "List all types of problems for people.",
    "problem": "Explain a type of problem to people: its `type` is the address of this page.",
    "schemas": "List all types of events, each with the path of its JSON Schema. The event stream can filter by them.",
    "schema": "Return the JSON Schema of the `data` of a type of event, or of a ledger entry.",
}

OPERATIONS: tuple[Operation, ...] = (
    _get("/healthz", "health", "Whether the process is alive", _json(Content(shape=Live, example={"live": True}))),
    _get("/readyz", "ready", "Whether the process is ready", _json(Content(shape=Health, example=_READY)), _NOT_READY),
    _get("/metrics", "metrics", "Metrics for Prometheus", _METRICS),
    _get("/openapi.json", "openapi", "This document", _json(_DOCUMENT)),
    _get("/", "console", "The console; to a client that does not ask for HTML, where things are", _ROOT),
    _get("/console/{file}", "console_file", "A file of the console", _FILE, problems=("not-found",)),
    _get("/docs", "docs", "The interactive documentation", _HTML),
    _get("/problems", "problems", "All types of problems", _HTML),
    _get("/problems/{slug}", "problem", "One type of problem", _HTML, problems=("not-found",)),
    _get("/schemas", "schemas", "All types of events and their schemas", _json(Content(shape=SchemaList, example=_SCHEMAS))),
    _get(
        "/schemas/{type}.json",
        "schema",
        "The JSON Schema of a type of event, as `ce_dataschema` names it",
        _SCHEMA,
        problems=("not-found",),
    ),
)
