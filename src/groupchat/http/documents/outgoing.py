"""The requests that webhooks receive, as the OpenAPI document describes them (R55)."""

from groupchat.http.documents import webhook_examples
from groupchat.http.web.operation import Json

_NAME = "WebhookMessage"
_HEADERS = {
    "webhook-id": "The message's id, the same for each attempt and each replay.",
    "webhook-timestamp": "The time of this attempt, in seconds since 1970.",
    "webhook-signature": "One or more signatures, separated by spaces.",
}


def with_webhooks(document: Json, event: str) -> Json:
    """Return a document with the request to a webhook. `event` names the schema of a stored event, whose fields a message has."""
    schemas = document["components"]["schemas"]
    known = dict(sorted((schemas | {_NAME: _message(schemas[event])}).items()))
    return document | {"components": document["components"] | {"schemas": known}, "webhooks": {"event": {"post": _OPERATION}}}


def _message(event: Json) -> Json:
    fields = dict(event["properties"])
    own = {
        "id": {"type": "string", "description": "The event's stream and version."},
        "timestamp": fields.pop("at"),
        "workspace_id": {"type": "string"},
        "data": {"type": "object", "description": "It has the format of the `type`: `/schemas/{type}.json`."},
    }
    properties = fields | own
    return {
        "title": _NAME,
        "description": "An event that a webhook receives, as the Standard Webhooks specification describes it (R55).",
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


_OPERATION: Json = {
    "operationId": "receive_event",
    "summary": "Receive an event",
    "description": (
        "groupchat calls a webhook with each event of its types. Verify the signature, on the body exactly as it arrived, with a "
        "library of the Standard Webhooks specification. Every event arrives at least once."
    ),
    "tags": ["webhooks"],
    "security": [],
    "parameters": [
        {"name": name, "in": "header", "required": True, "description": description, "schema": {"type": "string"}}
        for name, description in _HEADERS.items()
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": f"#/components/schemas/{_NAME}"}, "example": webhook_examples.WEBHOOK_MESSAGE},
        },
    },
    "responses": {
        "2XX": {"description": "Any of these means that the event was received, within 15 seconds."},
        "410": {"description": "The receiver is gone. The webhook is switched off."},
        "default": {"description": "Any other status, also a redirect, is a failure, and the event is sent again later."},
    },
}
