"""Examples of reviews for the OpenAPI document."""

from groupchat.http.documents.examples import BOB, CONVERSATION, INBOUND_MESSAGE, REPLIED_AT, USER_ID, Json

REVIEW: Json = {
    "id": INBOUND_MESSAGE["id"],
    "status": "open",
    "number": BOB,
    "because": "take me off",
    "opened_at": REPLIED_AT,
    "due_at": "2025-02-14T23:59:59Z",
    "settlement": None,
}
LISTED_REVIEW: Json = REVIEW | {
    "message": INBOUND_MESSAGE | {"body": "Please take me off this list."},
    "conversation": {name: value for name, value in CONVERSATION.items() if name != "unread_count"},
}
SETTLED_REVIEW: Json = REVIEW | {
    "status": "settled",
    "settlement": {"opt_out": True, "note": None, "by": {"kind": "user", "id": USER_ID}, "at": "2025-02-03T09:00:00Z"},
}
