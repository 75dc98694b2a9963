"""What is the same for everybody: a page per kind of problem, schemas, the interactive documentation. No key is needed."""

from collections.abc import Mapping
from html import escape

from fastapi.openapi.docs import get_swagger_ui_html

from groupchat.http.documents.problems import PROBLEMS, Kind
from groupchat.http.services import Services
from groupchat.http.web.codec import Incoming
from groupchat.http.web.reply import HTML, JSON, SCHEMA, Reply, encode_json
from groupchat.values.errors import NotFoundError

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body {{ font: 1.1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1rem }}
code {{ background: #8882; padding: .1em .3em; border-radius: .2em }}</style></head>
<body>{body}</body>
</html>
"""


class ProblemIndex:
    """All kinds of problems."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002 - the same for everybody
        """Return the page."""
        rows = "".join(
            f'<li><a href="/problems/{slug}"><code>{slug}</code></a> ({kind.status}): {escape(kind.title)}</li>'
            for slug, kind in sorted(PROBLEMS.items())
        )
        return _page("Problems", f"<h1>Problems</h1><ul>{rows}</ul>")


class ProblemPage:
    """One kind of problem."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002
        """Return the page; raises `NotFoundError` for a slug that is none."""
        slug = incoming.scope["path_params"]["slug"]
        kind = PROBLEMS.get(slug)
        if kind is None:
            msg = "There is no such kind of problem; /problems lists them."
            raise NotFoundError(msg)
        return _page(kind.title, _described(slug, kind))


def _described(slug: str, kind: Kind) -> str:
    members = "".join(f"<li><code>{name}</code></li>" for name in kind.members)
    more = f"<p>Its own members:</p><ul>{members}</ul>" if members else ""
    return (
        f"<h1>{escape(kind.title)}</h1><p><code>{slug}</code>, HTTP status {kind.status}</p><p>{escape(kind.text)}</p>{more}"
        '<p><a href="/problems">All problems</a> · <a href="/docs">API documentation</a></p>'
    )


def _page(title: str, body: str) -> Reply:
    return Reply(200, _PAGE.format(title=escape(title), body=body).encode(), HTML)


class Schemas:
    """The JSON Schema of a type of event."""

    def __init__(self, schemas: Mapping[str, object]) -> None:
        self._replies = {type_: Reply(200, encode_json(schema), SCHEMA) for type_, schema in schemas.items()}

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002
        """Return the schema; raises `NotFoundError` for a type that is none."""
        reply = self._replies.get(incoming.scope["path_params"]["type"])
        if reply is None:
            msg = "There is no such type of event; docs/events.md lists them."
            raise NotFoundError(msg)
        return reply


class Fixed:
    """An answer that is always the same."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def respond(self, services: Services, incoming: Incoming) -> Reply:  # noqa: ARG002
        """Return it."""
        return self._reply


def documentation() -> Fixed:
    """Return the interactive documentation."""
    page = get_swagger_ui_html(openapi_url="/openapi.json", title="groupchat API")
    return Fixed(Reply(200, bytes(page.body), HTML))


def openapi_json(document: object) -> Fixed:
    """Return the OpenAPI document."""
    return Fixed(Reply(200, encode_json(document), JSON))
