"""The other side of the HTTP measure: a bare FastAPI that echoes the body, on the same server with the same settings.

Listens on a free port and says which on stderr, as `groupchat serve` does.
"""

import asyncio
import socket
import sys
from functools import cache
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response

app = FastAPI()


@app.post("/v1/conversations/{conversation_id}/messages", status_code=201)
async def echo(conversation_id: str, message: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001 - the same path
    """Return the body."""
    return message


@app.post("/raw/{conversation_id}", status_code=201)
async def raw(conversation_id: str, request: Request) -> Response:  # noqa: ARG001 - the same path
    """Return the bytes of the body, without FastAPI's parsing and encoding."""
    return Response(await request.body(), status_code=201, media_type="application/json")


@app.get("/json/{length}")
async def bare(length: int) -> Response:
    """Return so many bytes that are there already."""
    return Response(_text(length), media_type="application/json")


@cache
def _text(length: int) -> bytes:
    return b'"%b"' % (b"x" * (length - 2))


def main() -> None:
    """Serve until a signal."""
    sock = socket.create_server(("127.0.0.1", 0), backlog=2048)
    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, server_header=False)
    sys.stderr.write(f"echo listens on http://127.0.0.1:{sock.getsockname()[1]}\n")
    sys.stderr.flush()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve([sock]))


if __name__ == "__main__":
    main()
