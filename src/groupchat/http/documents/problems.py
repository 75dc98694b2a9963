"""Problems: the one table that maps a refusal's slug to its status, title and explanation.

`/problems/<slug>` shows a row to people, the OpenAPI document has all of them, and `ANSWERS` responds with them.
"""

import structlog

from groupchat.aggregates.roster import Violation
from groupchat.http.documents.ways_on import way_on
from groupchat.http.web.problems import Fault, ProblemKind, Problems
from groupchat.store.database import is_passing
from groupchat.store.refusals import UnavailableError
from groupchat.values.errors import RefusalError

_CLOSES = {b"connection": b"close"}
"""For responses after which the server does not wait for the rest of the body."""

log = structlog.get_logger()

PROBLEMS: dict[str, ProblemKind] = {
    "bad-message": ProblemKind(
        400,
        "Ambiguous or incomplete HTTP message",
        "The request has no Host header, repeats a header that may appear only once (such as Authorization or "
        "Idempotency-Key), or is not HTTP/1.1. Nothing was done. The detail says what to change.",
    ),
    "unauthenticated": ProblemKind(
        401,
        "No valid API key",
        "The request has no API key, or one that belongs to nobody. Send the header Authorization: Bearer <api key>. A key is "
        "shown only once, when its user is created. An owner can create another one.",
        headers={b"www-authenticate": b"Bearer"},
    ),
    "sign-in-refused": ProblemKind(
        403,
        "Not signed in",
        "The sign-in through the identity provider did not succeed: it was begun in another browser or too long ago, the provider "
        "did not sign the person in, or nobody here has the person's e-mail address. Begin the sign-in again.",
    ),
    "not-the-carrier": ProblemKind(
        401,
        "Not from the carrier",
        "The request to a carrier's webhook lacks the proof, such as a signature, that the carrier sends with its requests "
        "(R45). Nothing was stored. If the carrier did send it, compare the webhook's URL and secret at the carrier with the "
        "settings here.",
        headers={b"www-authenticate": b"Signature"},
    ),
    "cross-site-request": ProblemKind(
        403,
        "Not from this site",
        "The request has a session's cookie, but may come from another site's page. Nothing was done. Send the session's "
        "csrf_token, which GET /v1/session returns, in the header Groupchat-CSRF. Programs send an API key instead.",
    ),
    "not-permitted": ProblemKind(
        403,
        "Your role does not allow this",
        "Owners and admins manage users, roles, numbers, policy and rates. Auditors can't write. Users who are restricted to "
        "assigned data don't see other users' data (R22, R23). Ask an owner or admin to do this.",
    ),
    "group-chat-not-permitted": ProblemKind(
        403,
        "Your role may not create groups",
        "To create a group, your role needs the permission group_chat (R20). An owner or admin can grant it: PUT /v1/roles/{role}.",
    ),
    "contact-not-assigned": ProblemKind(
        403,
        "A participant is not assigned to you",
        "You are restricted to assigned data, so all participants of a group must be contacts assigned to you (R22). `indexes` "
        "lists the participants that are not, counted from 0, whether or not such a contact exists.",
        {"indexes": tuple[int, ...]},
        {"indexes": [1]},
    ),
    "number-access-denied": ProblemKind(
        403,
        "No access to this business number",
        "You may send from the default number, from numbers assigned to you, and from unassigned numbers (R21). Use a number "
        "that GET /v1/numbers lists, or ask an owner to assign this one to you.",
        {"number": str},
        {"number": "+14155550100"},
    ),
    "webhooks-not-configured": ProblemKind(
        409,
        "Webhooks are not configured",
        "The server has no key to make the secrets of webhooks with, so it can't sign what it sends (R55). Its operator sets "
        "GROUPCHAT_WEBHOOK_KEY. The event stream, GET /v1/events, works without it.",
    ),
    "webhook-off": ProblemKind(
        409,
        "The webhook is switched off",
        "Nothing is sent to a webhook that is off (R55). off_reason says why it is. PATCH /v1/webhooks/{webhook_id} with active "
        "true switches it on, and it continues where it was.",
    ),
    "too-many-webhooks": ProblemKind(
        409,
        "Too many webhooks",
        "A workspace has at most 100 webhooks (R55). Remove one first: DELETE /v1/webhooks/{webhook_id}.",
    ),
    "not-found": ProblemKind(
        404,
        "Not found",
        "There is nothing at this path, or it belongs to a workspace that is not yours. Both look the same on purpose. Check "
        "the id, and check that your API key belongs to the right workspace.",
    ),
    "participants-frozen": ProblemKind(
        405,
        "Participants never change",
        "The participants of a group conversation, their numbers and the business number are fixed when the group is created "
        "(R7). To include other people, create another group. To continue without people who opted out, create a successor "
        "(R18).",
    ),
    "method-not-allowed": ProblemKind(
        405,
        "Method not allowed",
        "The path exists, but not for this HTTP method. The Allow header lists the methods that work.",
    ),
    "conversation-blocked": ProblemKind(
        409,
        "Someone opted out",
        "A participant wants no more messages, so nothing can be sent in this group (R15). Messages from participants are "
        "still recorded. opted_out has the numbers. POST to successor_url to create a group with the remaining participants "
        "(R18).",
        {"opted_out": list[str], "successor_url": str},
        {"opted_out": ["+14155550102"], "successor_url": "/v1/conversations/cnv_0199/successor"},
    ),
    "opt-out-is-theirs": ProblemKind(
        409,
        "The opt-out is the person's own",
        "You can only take back an opt-out that a user recorded (R39). This person opted out with a keyword or through the "
        "carrier, and only they can opt in again, by texting START. If the reason is do-not-disturb, turn it off on the "
        "contact, or lift it with DELETE /v1/do-not-disturb/{number}.",
        {"number": str},
        {"number": "+14155550102"},
    ),
    "review-settled": ProblemKind(
        409,
        "The review is settled",
        "A user has already judged the text, or its time ran out (R40). opt_out has the result. A review is settled once. To "
        "end an opt-out that was a mistake, use DELETE /v1/conversations/{id}/participants/{number}/opt-out (R39).",
        {"opt_out": bool},
        {"opt_out": True},
    ),
    "do-not-disturb-on": ProblemKind(
        409,
        "A contact has do-not-disturb on",
        "Do-not-disturb stays with a number while any contact that has the number has it on (R36). contact_ids lists these "
        "contacts. Turn it off there with PATCH /v1/contacts/{contact_id}.",
        {"contact_ids": list[str]},
        {"contact_ids": ["ctc_01996f0c1f3a4b5d9a8877665544"]},
    ),
    "not-unconfirmed": ProblemKind(
        409,
        "The status is known",
        "Only a recipient's status that is unconfirmed can be settled by a person (R28). The status of these numbers is known; "
        "without any, no recipient of the message is unconfirmed.",
        {"numbers": list[str]},
        {"numbers": ["+14155550101"]},
    ),
    "carrier-limit": ProblemKind(
        422,
        "The carrier doesn't take this message",
        "The business number's carrier takes fewer participants, a shorter body, or fewer files (R43). The members name the "
        "carrier and the limit. Nothing was stored. Shorten the message, or send it in several.",
        {"carrier": str, "limit": int},
        {"carrier": "telnyx", "limit": 8},
    ),
    "media-type": ProblemKind(
        422,
        "This file can't be sent",
        "The file's content has none of the types that messages can have, or it is a picture that can't be decoded. types lists "
        "the accepted types. Its name and Content-Type don't count (R46). Convert the file, or send a link to it.",
        {"types": list[str]},
        {"types": ["image/jpeg", "image/png"]},
    ),
    "media-unavailable": ProblemKind(
        503,
        "Files are not available at the moment",
        "The store of pictures and files can't be reached, is full, or has lost a file (R46). The server's log says why. Messages "
        "without files are not affected. Repeat the request after the time in Retry-After.",
    ),
    "group-exists": ProblemKind(
        409,
        "This group already exists",
        "An unblocked group with this business number and exactly these participants exists, and carriers couldn't tell the "
        "two apart (R35). Use the conversation in conversation_id. It is null if you can't see that conversation (R22). "
        "For a successor, it is the conversation itself, which is not blocked (R18).",
        {"conversation_id": str | None},
        {"conversation_id": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"},
    ),
    "number-given-up": ProblemKind(
        409,
        "The business number was given up",
        "The workspace has given this business number up (R56). Its conversations stay readable, and what people write is "
        "recorded, but nothing is sent. To send from it again, an owner or admin can add it with POST /v1/numbers.",
        {"number": str},
        {"number": "+14155550100"},
    ),
    "number-taken": ProblemKind(
        409,
        "The business number is taken",
        "This number already belongs to a workspace, and can belong to only one (R4). If it is your own workspace, GET "
        "/v1/numbers lists the number. Otherwise, use another number.",
    ),
    "last-key": ProblemKind(
        409,
        "The owners' last key",
        "No owner would have a working API key left, so nobody could manage the workspace (R23). Issue a key to an owner first. "
        "The operator can always issue one: groupchat key WORKSPACE EMAIL.",
    ),
    "too-many-keys": ProblemKind(
        409,
        "Too many keys",
        "A user can have 20 keys that work. Revoke one that you no longer need: DELETE /v1/users/{user_id}/keys/{key_id}.",
    ),
    "user-exists": ProblemKind(
        409,
        "This user already exists",
        "A user of your workspace has this e-mail address, another spelling of the same mailbox, or this external id. user_id "
        "is their id. Change that user, or use another address or id.",
        {"user_id": str},
        {"user_id": "usr_01996f0c1e00aabbccddeeff0011"},
    ),
    "external-id-taken": ProblemKind(
        409,
        "Another contact has this external id",
        "An external id belongs to one contact of the workspace (R54). contact_id is that contact, or null if you "
        "can't see it. Change that contact, or use another external id.",
        {"contact_id": str | None},
        {"contact_id": "ctc_01996f0c1f3a4b5d9a8877665544"},
    ),
    "user-deactivated": ProblemKind(
        409,
        "This user is deactivated",
        "A deactivated user can't get a key. An owner or admin can reactivate them: PATCH /v1/users/{user_id} with active true.",
    ),
    "version-conflict": ProblemKind(
        409,
        "Too many changes at once",
        "Other requests kept changing the same thing while the command was being decided, and it could not be decided in good time "
        "while they waited. Nothing was stored. Try again.",
    ),
    "idempotency-key-in-use": ProblemKind(
        409,
        "The first request with this key is still running",
        "You have sent a request with the same Idempotency-Key that has no response yet. Repeat this one after the time in "
        "Retry-After. If the first request succeeded, you get its response. If it was rejected, this one is decided.",
        passes=True,
    ),
    "position-ahead": ProblemKind(
        409,
        "The position is beyond the end of the log",
        "The request names a position (Groupchat-Min-Position, Last-Event-ID or after) that the log does not have. Either the "
        "database was restored from a backup, or the position comes from another server. head is the last position of the log. "
        "Read again everything that you keep a copy of, and continue from there.",
        {"head": int},
        {"head": 1041},
    ),
    "precondition-failed": ProblemKind(
        412,
        "It has changed since",
        "The request's If-Match names a version that the conversation or contact does not have, or was sent to something "
        "without an ETag. Nothing was stored. GET it, look at what has changed, and repeat the request with the new ETag.",
    ),
    "idempotency-key-reused": ProblemKind(
        422,
        "The key belongs to another request",
        "Within the last 24 hours, you have used this Idempotency-Key for a successful request with another method, path or "
        "body. Nothing was stored now. Use a new key for each new request, and the same key only to repeat a request byte for "
        "byte.",
    ),
    "invalid-group": ProblemKind(
        422,
        "The group breaks a rule",
        "The group can't be created, or its size doesn't allow a message (R1 to R6, R43). violations lists everything that is "
        "wrong, each with its rule, a code, and the participant concerned. Nothing was stored.",
        {"violations": list[Violation]},
        {
            "violations": [
                {
                    "rule": "R5",
                    "code": "opted-out",
                    "detail": "+14155550102 has opted out from +14155550100.",
                    "number": "+14155550102",
                    "index": 1,
                },
            ]
        },
    ),
    "invalid-request": ProblemKind(
        422,
        "The request is malformed",
        "The request does not have the format that the API describes: unreadable JSON, an unknown or missing field, a wrong "
        "type, or a text that is too long. errors says where (loc), with a code for programs (code) and a text for people (detail)."
        " Nothing was stored.",
        {"errors": list[Fault]},
        {"errors": [{"loc": "participants.0.number", "code": "wrong-type", "detail": "This takes text."}]},
    ),
    "request-timeout": ProblemKind(
        408,
        "The body did not arrive",
        "The request's body did not arrive within 30 seconds. Nothing was stored. Send the request again over a new connection.",
        headers=_CLOSES,
    ),
    "too-many-requests": ProblemKind(
        429,
        "Too many requests",
        "The API key or its workspace has made too many requests, its user or workspace has too many event streams open, or too "
        "many logins from the client's address have failed. Nothing was done. Try again after the seconds in Retry-After.",
    ),
    "payload-too-large": ProblemKind(
        413,
        "The body is too large",
        "A request's body can have up to 1 MiB (1,048,576 bytes), a CSV file up to 64 MiB, and a file for a message up to 25 MiB.",
        headers=_CLOSES,
    ),
    "unsupported-encoding": ProblemKind(
        415,
        "The body is compressed",
        "The server accepts only uncompressed request bodies. Send the body without compression and without the "
        "Content-Encoding header.",
        headers={b"accept-encoding": b"identity"},
    ),
    "internal-error": ProblemKind(
        500,
        "Internal error",
        "The server has failed. Its log has the details under correlation_id. Give that id to the operator. If the request was "
        "a write, check whether it was done before you repeat it.",
        {"correlation_id": str},
        {"correlation_id": "req_01996f0c1f3a9c3b52f7d1e0a4b2"},
    ),
    "projection-behind": ProblemKind(
        503,
        "The view is behind",
        "The view does not show the position in Groupchat-Min-Position yet, and did not reach it within 5 seconds. Nothing is "
        "lost. Repeat the request after the time in Retry-After, or without the header.",
    ),
    "unavailable": ProblemKind(
        503,
        "Not available at the moment",
        "The database can't be reached, or the effects of the write are not complete yet, and the change may have been stored. "
        "Repeat the request after the time in Retry-After: a PUT, PATCH or DELETE freely, a POST only with the same "
        "Idempotency-Key.",
    ),
}


def passing(error: Exception, operation: str) -> RefusalError | None:
    """Return the refusal for a database failure that passes, none for any other failure."""
    if is_passing(error):
        log.warning("database_unavailable", operation=operation, error=type(error).__name__)
        return UnavailableError("The database can't be reached at the moment. Try again.")
    return None


ANSWERS = Problems(PROBLEMS, passing, way_on)
"""The responses to refusals and failures."""
