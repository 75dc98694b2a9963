"""Pages that are the same for everyone: problems, schemas, and the interactive documentation. They need no key."""

from collections.abc import Callable, Mapping
from functools import cache
from html import escape

from fastapi.openapi.docs import get_swagger_ui_html
from msgspec import Struct

from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.web.problems import ProblemKind
from groupchat.http.web.reply import HTML, JSON, SCHEMA, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Responder
from groupchat.values.errors import NotFoundError

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }}
code {{ background: #8882; padding: .1em .3em; border-radius: .2em }}</style></head>
<body>{body}</body>
</html>
"""
_NO_SCRIPTS = (
    "<h1>groupchat API</h1><p>The interactive documentation is built with the console, which has not been built here: run "
    '<code>python -m console.build</code>.</p><p>The same as OpenAPI: <a href="/openapi.json">/openapi.json</a>. '
    '<a href="/problems">All problems</a>.</p>'
)


class SchemaPlace(Struct, frozen=True):
    """A type of event, and the path of its JSON Schema."""

    type: str
    url: str


class SchemaList(Struct, frozen=True):
    """All types of events."""

    items: list[SchemaPlace]


async def problem_index(_: Incoming) -> Reply:
    """Return the page of all kinds of problems."""
    rows = "".join(
        f'<li><a href="/problems/{slug}"><code>{slug}</code></a> ({kind.status}): {escape(kind.title)}</li>'
        for slug, kind in sorted(PROBLEMS.items())
    )
    return page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


async def problem_page(incoming: Incoming) -> Reply:
    """Return the page of one kind of problem; raises `NotFoundError` for an unknown slug."""
    slug = incoming.scope["path_params"]["slug"]
    kind = PROBLEMS.get(slug)
    if kind is None:
        msg = "Unknown problem type. /problems lists all of them."
        raise NotFoundError(msg)
    return page(kind.title, _described(slug, kind))


def event_schemas(make: Callable[[], Mapping[str, object]]) -> Responder:
    """Return a function that responds with the JSON Schema of a type of event; it raises `NotFoundError` for an unknown type."""
    made = cache(lambda: {type_: Reply(200, encode_json(schema), SCHEMA) for type_, schema in make().items()})

    async def respond(incoming: Incoming) -> Reply:
        reply = made().get(incoming.scope["path_params"]["type"])
        if reply is None:
            msg = "Unknown event type. GET /schemas lists all of them."
            raise NotFoundError(msg)
        return reply

    return respond


def event_types(make: Callable[[], Mapping[str, object]]) -> Responder:
    """Return a function that responds with all types of events and the paths of their schemas."""
    return fixed_json(lambda: SchemaList([SchemaPlace(type_, f"/schemas/{type_}.json") for type_ in make()]))


def documentation(assets: str | None) -> Responder:
    """Return a function that responds with the interactive documentation, whose scripts are below `assets`.

    People paste keys there, so no other host's scripts are loaded: without `assets`, the page only says where the description is.
    """
    if assets is None:
        return fixed(page("groupchat API", _NO_SCRIPTS))
    shown = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="groupchat API",
        swagger_js_url=f"{assets}/swagger-ui-bundle.js",
        swagger_css_url=f"{assets}/swagger-ui.css",
        swagger_favicon_url=f"{assets}/favicon-32x32.png",
    )
    return fixed(Reply(200, bytes(shown.body), HTML))


def fixed_json(make: Callable[[], object]) -> Responder:
    """Return a function that always responds with the same JSON, which is made at the first request."""
    made = cache(lambda: Reply(200, encode_json(make()), JSON))

    async def respond(_: Incoming) -> Reply:
        return made()

    return respond


def fixed(reply: Reply) -> Responder:
    """Return a function that always returns the same response."""

    async def respond(_: Incoming) -> Reply:
        return reply

    return respond


def _described(slug: str, kind: ProblemKind) -> str:
    members = "".join(f"<li><code>{name}</code></li>" for name in kind.members)
    more = f"<p>Its own members:</p><ul>{members}</ul>" if members else ""
    return (
        f"<h1>{escape(kind.title)}</h1><p><code>{slug}</code>, HTTP status {kind.status}</p><p>{escape(kind.text)}</p>{more}"
        '<p><a href="/problems">All problems</a> · <a href="/docs">API documentation</a></p>'
    )


def page(title: str, body: str) -> Reply:
    """Return a page with a title and a body, which is markup."""
    return Reply(200, _PAGE.format(title=escape(title), body=body).encode(), HTML)
