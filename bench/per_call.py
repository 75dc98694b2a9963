"""The cost of a framework per call: the same `POST`, in process and without a socket, in alternating rounds."""

import logging
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.metadata import version
from statistics import median
from time import thread_time
from typing import Annotated, Any

import msgspec
import structlog
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.routing import Route

from groupchat.http.web.application import Application
from groupchat.http.web.codec import decode_body, read_body, read_path
from groupchat.http.web.problems import Problems
from groupchat.http.web.reply import JSON, Reply, encode_json
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Resource

try:
    import litestar
except ModuleNotFoundError:
    litestar = None

CALLS = 1_000
PATH = "/v1/conversations/{conversation_id}/messages"
ASKED = "/v1/conversations/cnv_01996f0c1f3a9c3b52f7d1e0a4b2/messages"
MEDIA = [{"url": "https://media.example.com/map.png", "content_type": "image/png"}]
BODY = msgspec.json.encode({"body": "Practice moves to 6 pm, and here is the map.", "media": MEDIA})
App = Callable[[Any, Any, Any], Awaitable[None]]


class Media(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture."""

    url: str
    content_type: str


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The request body."""

    body: Annotated[str, msgspec.Meta(min_length=1, max_length=1_600)]
    media: tuple[Media, ...] = ()


class Sent(msgspec.Struct, frozen=True):
    """The response body."""

    conversation_id: str
    message: Message


class MediaModel(BaseModel):
    """The same for Pydantic."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    url: str
    content_type: str


class MessageModel(BaseModel):
    """The same for Pydantic."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    body: str = Field(min_length=1, max_length=1_600)
    media: tuple[MediaModel, ...] = ()


class SentModel(BaseModel):
    """The same for Pydantic."""

    conversation_id: str
    message: MessageModel


def ours(kind: type[FastAPI]) -> App:
    """Return the kit's route in an application of this kind."""
    app = kind(openapi_url=None, docs_url=None, redoc_url=None)
    app.router.routes.append(_route())
    return app


def _route() -> Route:
    decoder = msgspec.json.Decoder(Message)

    async def respond(incoming: Incoming) -> Reply:
        message = decode_body(decoder, incoming, await read_body(incoming))
        return Reply(201, encode_json(Sent(read_path(incoming)["conversation_id"], message)), JSON)

    problems = Problems({}, lambda _, __: None, lambda _: ("", {}))
    return Route(PATH, Resource(PATH, {"POST": respond}, problems, lambda *_: None))


def fastapi_alone() -> App:
    """Return FastAPI's application."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.post(PATH, status_code=201)
    async def send(conversation_id: str, message: MessageModel) -> SentModel:
        return SentModel(conversation_id=conversation_id, message=message)

    return app


def litestar_alone() -> App:
    """Return Litestar's application."""

    @litestar.post(PATH.replace("{conversation_id}", "{conversation_id:str}"), status_code=201)  # type: ignore[untyped-decorator]
    async def send(conversation_id: str, data: Message) -> Sent:
        return Sent(conversation_id, data)

    app: App = litestar.Litestar([send], openapi_config=None, logging_config=None)
    return app


async def timed(app: App) -> float:
    """Return the microseconds of processor time that a call takes."""
    begun = thread_time()
    for _ in range(CALLS):
        await _call(app)
    return (thread_time() - begun) / CALLS * 1e6


async def _call(app: App) -> list[MutableMapping[str, Any]]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(_scope(), receive, send)
    return sent


def _scope() -> dict[str, Any]:
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": ASKED,
        "raw_path": ASKED.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8_000),
        "state": {},
    }


async def main(rounds: int) -> None:
    """Measure, and print the medians and the rounds behind them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # every side without its log
    sides = {"ours": ours(Application), "through FastAPI's middleware": ours(FastAPI), "FastAPI": fastapi_alone()}
    if litestar is not None:
        sides["Litestar"] = litestar_alone()
    for name, app in sides.items():
        start, body = await _call(app)
        assert start["status"] == 201, (name, start, body)
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds + 1):
        for name, app in list(sides.items())[:: 1 if number % 2 else -1]:
            took = await timed(app)
            if number:  # the first round warms up
                times[name].append(took)
    named = ("fastapi", "starlette", "msgspec", "pydantic", *(("litestar",) if litestar else ()))
    print(", ".join(f"{name} {version(name)}" for name in named))
    for name, taken in times.items():
        print(f"{name:30} {median(taken):6.1f} us   ({min(taken):.1f} to {max(taken):.1f})")


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 9))
