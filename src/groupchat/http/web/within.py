"""Posting to a resource from within its own process: the bytes take the same path as others' do, except for the network."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from groupchat.http.web.request import Scope
from groupchat.http.web.resource import Resource


async def post(resource: Resource, path: str, headers: Mapping[str, str], body: bytes) -> int:
    """Post a body to a path, which may have a query, and return the status of the response."""
    status = 0

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await resource(_scope(path, {"host": "localhost", "content-length": str(len(body)), **headers}), receive, send)
    return status


def _scope(path: str, headers: Mapping[str, str]) -> Scope:
    before, _, query = path.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": before,
        "raw_path": before.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
    }
