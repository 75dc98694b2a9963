"""The next steps that a response adds to a refusal. Rules say what is wrong; only this module says what to do in this API."""

from typing import Any

from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.store.terms import PreconditionFailedError
from groupchat.values.errors import NotFoundError, RefusalError, Thing

_LISTS: dict[Thing, str] = {
    "conversation": "GET /v1/conversations lists the conversations.",
    "participant": "GET /v1/conversations/{conversation_id}/participants lists the participants.",
    "contact": "GET /v1/contacts lists the contacts.",
    "user": "GET /v1/users lists the users.",
    "key": "GET /v1/users/{user_id}/keys lists the user's keys.",
    "business number": "GET /v1/numbers lists the business numbers.",
    "media": "POST /v1/media uploads a file. One in a message is there when its state is `there`.",
    "review": "GET /v1/reviews lists the reviews.",
    "webhook": "GET /v1/webhooks lists the webhooks.",
}


def way_on(refusal: RefusalError) -> tuple[str, dict[str, Any]]:
    """Return the text to add to a refusal's detail, none for most, and the members to add to its own."""
    match refusal:
        case NotFoundError(thing=thing) if thing is not None:
            return _LISTS[thing], {}
        case ConversationBlockedError(conversation_id=conversation_id):
            url = f"/v1/conversations/{conversation_id}/successor"
            return f"POST {url} creates a group with the remaining participants (R18).", {"successor_url": url}
        case PreconditionFailedError():
            return "GET it again, and repeat the request with the new ETag.", {}
        case _:
            return "", {}
