"""The application: FastAPI, with the endpoints put into it.

FastAPI routes, documents and keeps the middleware's place; its own parsing and encoding is not used (`endpoint.py`, `resource.py`).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from groupchat import __version__
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.http.calls.endpoint import Endpoint
from groupchat.http.documents import public
from groupchat.http.routes import (
    contacts,
    conversations,
    events,
    history,
    ledger,
    messages,
    participants,
    refusals,
    simulator,
    users,
    workspace,
)
from groupchat.http.services import Services
from groupchat.http.web import openapi
from groupchat.http.web.resource import Resource, Responder

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

ENDPOINTS: tuple[Endpoint, ...] = (
    messages.send_message,
    messages.read_thread,
    conversations.read_inbox,
    conversations.create_conversation,
    conversations.read_conversation,
    conversations.rename_conversation,
    participants.read_pane,
    participants.opt_out,
    conversations.create_successor,
    conversations.mark_read,
    conversations.mark_unread,
    history.read_history,
    refusals.read_refusals,
    history.read_state,
    events.follow_events,
    contacts.create_contact,
    contacts.list_contacts,
    contacts.read_contact,
    contacts.change_contact,
    contacts.delete_contact,
    workspace.add_number,
    workspace.list_numbers,
    workspace.change_number,
    workspace.read_policy,
    workspace.change_policy,
    ledger.read_ledger,
    ledger.read_statement,
    workspace.list_roles,
    workspace.define_role,
    workspace.list_rates,
    workspace.post_rate,
    users.read_me,
    users.add_user,
    users.list_users,
    users.change_user,
    users.issue_key,
    users.list_keys,
    users.revoke_key,
)
SIMULATOR: tuple[Endpoint, ...] = (simulator.handset_writes, simulator.read_handset, simulator.change_behaviour)


def create_app(services: Services, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application; the simulator's routes are there only with that carrier."""
    app = FastAPI(
        title="groupchat",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    endpoints = (*ENDPOINTS, *(SIMULATOR if isinstance(services.carrier, Simulator) else ()))
    document = openapi.document(endpoints, public.paths(), public.SHAPES)
    app.openapi = lambda: document  # type: ignore[method-assign] # FastAPI's documented way to give one's own
    app.router.routes.extend(_routes(services, endpoints, document))
    app.router.default = _Elsewhere(services, app.router.default)
    return app


def _routes(services: Services, endpoints: Iterable[Endpoint], document: dict[str, Any]) -> Iterable[Route]:
    by_path: dict[str, dict[str, Responder]] = {}
    for each in endpoints:
        by_path.setdefault(each.path, {})[each.method] = each
    for path, methods in by_path.items():
        yield _route(services, path, methods, frozen=path.startswith(participants.PANE))
    yield _route(services, participants.PANE + "/{rest:path}", {}, frozen=True)
    for path, responder in public.responders(document).items():
        yield _route(services, path, {"GET": responder})


def _route(services: Services, path: str, methods: Mapping[str, Responder], *, frozen: bool = False) -> Route:
    """Return a path's route."""
    resource = Resource(services, path, methods, frozen=frozen)
    return Route(path.replace("{number}", "{number:written}"), resource, name=path, include_in_schema=False)


class _Written(Convertor[str]):
    """A phone number in a path: it may be written with slashes, so it takes all of the path but a slash at the end."""

    regex = ".*[^/]"

    def convert(self, value: str) -> str:
        """Return it as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Return it as it is."""
        return value


register_url_convertor("written", _Written())


class _Elsewhere:
    """What is at no path."""

    def __init__(self, services: Services, others: ASGIApp) -> None:
        self._http = Resource(services, "(none)", {})
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an HTTP request with a problem; leave the rest to Starlette."""
        await (self._http if scope["type"] == "http" else self._others)(scope, receive, send)
