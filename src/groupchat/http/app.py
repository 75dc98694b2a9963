"""The application with all endpoints: the table of contents of the API."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import cache, partial
from typing import Protocol

from fastapi import FastAPI
from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route

from groupchat import __version__
from groupchat.http.documents import event_types, outgoing, public
from groupchat.http.documents.contract import API
from groupchat.http.documents.problems import ANSWERS
from groupchat.http.routes import (
    auto_replies,
    carrier_webhooks,
    carriers,
    contact_export,
    contact_sheets,
    contacts,
    conversations,
    do_not_disturb,
    events,
    explanations,
    history,
    ledger,
    media,
    messages,
    participants,
    proof,
    refusals,
    reviews,
    session,
    sign_in,
    simulator,
    users,
    webhooks,
    workspace,
)
from groupchat.http.routes.history import StoredEvent
from groupchat.http.services import Services
from groupchat.http.web import openapi
from groupchat.http.web.application import Application, Elsewhere
from groupchat.http.web.operation import Json, Operation
from groupchat.http.web.refusals import absent
from groupchat.http.web.reply import Reply
from groupchat.http.web.request import Incoming
from groupchat.http.web.resource import Absent, Resource, Responder
from groupchat.values.patterns import published

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Served(Protocol):
    """An operation that responds to requests."""

    @property
    def operation(self) -> Operation:
        """The OpenAPI document."""

    async def respond(self, services: Services, incoming: Incoming) -> Reply:
        """Return the response, or raise the refusal."""


ENDPOINTS: tuple[Served, ...] = (
    messages.send_message,
    messages.read_thread,
    messages.read_message,
    messages.settle,
    media.upload_media,
    media.read_media,
    conversations.read_inbox,
    conversations.create_conversation,
    conversations.read_conversation,
    conversations.change_conversation,
    participants.read_pane,
    participants.opt_out,
    participants.take_back,
    conversations.create_successor,
    conversations.mark_read,
    conversations.mark_unread,
    history.read_history,
    refusals.read_refusals,
    reviews.list_reviews,
    reviews.settle_review,
    history.read_state,
    explanations.explain_message,
    explanations.explain_block,
    explanations.explain_participant,
    explanations.explain_entry,
    proof.read_checkpoint,
    proof.read_proof,
    proof.download_checkpoint,
    proof.download_tile,
    events.follow_events,
    contacts.create_contact,
    contacts.list_contacts,
    contacts.put_contact,
    contact_sheets.import_contacts,
    contact_export.export_contacts,
    contacts.read_contact,
    contacts.change_contact,
    contacts.delete_contact,
    contacts.merge_contacts,
    do_not_disturb.list_do_not_disturb,
    do_not_disturb.lift_do_not_disturb,
    workspace.read_workspace,
    workspace.add_number,
    workspace.list_numbers,
    workspace.read_number,
    workspace.change_number,
    workspace.give_up_number,
    carriers.list_carriers,
    workspace.read_policy,
    workspace.change_policy,
    auto_replies.read_auto_replies,
    auto_replies.change_auto_replies,
    ledger.read_ledger,
    ledger.read_statement,
    workspace.list_roles,
    workspace.define_role,
    workspace.list_rates,
    workspace.post_rate,
    sign_in.read_sign_in,
    sign_in.go_to_provider,
    sign_in.return_from_provider,
    session.begin_session,
    session.read_session,
    session.end_session,
    users.read_me,
    users.add_user,
    users.list_users,
    users.put_user,
    users.read_user,
    users.change_user,
    users.issue_key,
    users.list_keys,
    users.revoke_key,
    webhooks.add_webhook,
    webhooks.list_webhooks,
    webhooks.read_webhook,
    webhooks.change_webhook,
    webhooks.remove_webhook,
    webhooks.test_webhook,
    webhooks.issue_webhook_secret,
    webhooks.replay_webhook,
    webhooks.list_webhook_attempts,
)
SIMULATOR: tuple[Served, ...] = (simulator.handset_writes, simulator.read_handset, simulator.change_behavior)


def create_app(services: Services, lifespan: Lifespan | None = None) -> FastAPI:
    """Return the application. It has the simulator's routes only with that carrier."""
    app = Application(
        title="groupchat",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry={
            "logs": False,  # they would quote exceptions, and so people's messages
            "exclude": lambda scope: scope.get("path") in public.ASKED_OFTEN,
        },
    )
    served = (*ENDPOINTS, *(SIMULATOR if services.simulator is not None else ()))
    described = cache(partial(document, served, carrier_webhooks.operations(services)))
    app.openapi = described  # type: ignore[method-assign] # FastAPI's documented way to replace the document
    app.router.routes.extend(_routes(services, served, described))
    app.router.default = Elsewhere(_resource(services, "(none)", {}), app.router.default)
    return app


def document(served: Iterable[Served], more: Iterable[Operation] = ()) -> Json:
    """Return the OpenAPI document of these operations, and of those that need no login."""
    whole = openapi.document(API, (*(each.operation for each in served), *more, *public.OPERATIONS))
    event = StoredEvent.__name__
    complete: Json = published(event_types.typed(outgoing.with_webhooks(whole, event), event))
    return complete


def _routes(services: Services, served: Iterable[Served], described: Callable[[], Json]) -> Iterable[Route]:
    # Routes are tried in this order, and carriers post in bursts.
    by_path = {path: {"POST": responder} for path, responder in carrier_webhooks.responders(services).items()}
    for each in served:
        by_path.setdefault(each.operation.path, {})[each.operation.method] = partial(each.respond, services)
    by_path[media.FOR_CARRIERS + "{token}"] = {"GET": partial(media.serve_carrier, services)}
    by_path[participants.BELOW] = {}
    by_path |= {
        path: {"GET": responder} for path, responder in public.responders(described, services.checkup, services.public_url).items()
    }
    for path, methods in by_path.items():
        is_frozen = path.startswith(participants.PANE)
        resource = _resource(services, path, methods, participants.frozen if is_frozen else absent)
        yield Route(_converted(path), resource, name=path, include_in_schema=False)


def _converted(path: str) -> str:
    """Return a path with the convertor of those parameters that may have slashes."""
    for name in ("number", "tile", "file", "entry_id"):
        path = path.replace(f"{{{name}}}", f"{{{name}:written}}")
    return path


def _resource(services: Services, path: str, methods: Mapping[str, Responder], absent: Absent = absent) -> Resource:
    return Resource(path, methods, ANSWERS, services.metrics.answered, absent, asked_often=path in public.ASKED_OFTEN)


class _Written(Convertor[str]):
    """A parameter that may contain slashes, such as a number or a tile. It takes the rest of the path, except a final slash."""

    regex = ".*[^/]"

    def convert(self, value: str) -> str:
        """Return it unchanged."""
        return value

    def to_string(self, value: str) -> str:
        """Return it unchanged."""
        return value


register_url_convertor("written", _Written())
