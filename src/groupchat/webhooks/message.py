"""What a webhook receives: the event as the event stream shows it, in the form of the Standard Webhooks specification (R55)."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from groupchat.aggregates.sight import about, published
from groupchat.aggregates.webhook_events import WebhookTested
from groupchat.aggregates.webhook_state import WebhookState
from groupchat.values.event import Actor, Recorded


class WebhookMessage(Struct, frozen=True, kw_only=True):
    """A stored event; `data` has the format of its `type`, and `id` stays the same however often it is sent."""

    id: str
    type: str
    timestamp: datetime
    workspace_id: str
    stream: str
    version: int
    position: int
    actor: Actor
    correlation_id: str
    data: Annotated[Any, Meta(extra_json_schema={"type": "object"})]


def receives(webhook: WebhookState, recorded: Recorded) -> bool:
    """Return whether an event of the workspace is for a webhook. Events of keys are for none, and a test is for one only."""
    event = recorded.event
    if isinstance(event, WebhookTested):
        return event.webhook_id == webhook.id
    if webhook.types is not None and recorded.type not in webhook.types:
        return False
    what = about(recorded)
    return what is not None and what.key_of is None


def order_of(recorded: Recorded) -> str:
    """Return what an event stays in order with: its conversation if it has one, otherwise its stream."""
    if isinstance(recorded.event, WebhookTested):
        return recorded.id  # a test waits for nothing
    what = about(recorded)
    return recorded.stream if what is None or what.conversation_id is None else what.conversation_id


def encode(recorded: Recorded) -> bytes:
    """Return the body of a message."""
    message = WebhookMessage(
        id=recorded.id,
        type=recorded.type,
        timestamp=recorded.at,
        workspace_id=recorded.cause.workspace_id,
        stream=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        actor=recorded.cause.actor,
        correlation_id=recorded.cause.correlation_id,
        data=published(recorded.event),
    )
    return msgspec.json.encode(message)


def message_id(webhook: WebhookState, position: int) -> str:
    """Return the `webhook-id` of a message: the same for each attempt and each replay."""
    return f"{webhook.id}_{position}"
