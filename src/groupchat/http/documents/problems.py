"""Problems: the one table from a refusal's slug to its status, title and explanation.

`/problems/<slug>` shows a row to people, the OpenAPI document has them all, `ANSWERS` answers with them.
"""

import structlog

from groupchat.aggregates.roster import Violation
from groupchat.http.documents.ways_on import way_on
from groupchat.http.web.problems import Fault, Kind, Problems
from groupchat.store.database import is_passing
from groupchat.store.refusals import UnavailableError
from groupchat.values.errors import RefusalError

_CLOSES = {b"connection": b"close"}
"""For answers after which the rest of the body is not waited for."""

log = structlog.get_logger()

PROBLEMS: dict[str, Kind] = {
    "bad-message": Kind(
        400,
        "The HTTP message is ambiguous or incomplete",
        "The request has no Host, repeats a header that may stand only once (such as Authorization or Idempotency-Key), or is not "
        "HTTP/1.1 at all. Nothing was done; the detail says what to change.",
    ),
    "unauthenticated": Kind(
        401,
        "No valid API key",
        "The request has no API key, or one that belongs to nobody. Send the header Authorization: Bearer <api key>. "
        "A key is shown once, when its user is created; an owner can create another.",
        headers={b"www-authenticate": b"Bearer"},
    ),
    "not-the-carrier": Kind(
        401,
        "Not from the carrier",
        "The request to a carrier's webhook lacks the proof, such as a signature, that the carrier sends with what it posts (R45). "
        "Nothing was stored. If it came from the carrier, compare the webhook's address and secret there with the settings here.",
        headers={b"www-authenticate": b"Signature"},
    ),
    "not-permitted": Kind(
        403,
        "Your role does not allow this",
        "Owners and admins manage users, roles, numbers, policy and rates; an auditor writes nothing; users who are limited to "
        "assigned data don't see other users' data (R22, R23). Ask an owner or admin to do it.",
    ),
    "group-chat-not-permitted": Kind(
        403,
        "Your role may not create groups",
        "Creating a group needs the permission group_chat of your role (R20). An owner or admin can give it: PUT /v1/roles/{role}.",
    ),
    "contact-not-assigned": Kind(
        403,
        "A participant is not assigned to you",
        "You are restricted to assigned data: all participants of a group must be contacts assigned to you (R22). `indexes` says "
        "which are not, counted from 0, whether there is such a contact or not.",
        {"indexes": tuple[int, ...]},
        {"indexes": [1]},
    ),
    "number-access-denied": Kind(
        403,
        "No access to this business number",
        "You may send from the default number, from numbers assigned to you and from unassigned ones (R21). "
        "Use one that GET /v1/numbers lists, or ask an owner to assign this one to you.",
        {"number": str},
        {"number": "+14155550100"},
    ),
    "not-found": Kind(
        404,
        "Not found",
        "There is nothing at this path, or it belongs to a workspace that is not yours; both look the same on purpose. "
        "Check the id, and that the API key is of the right workspace.",
    ),
    "participants-frozen": Kind(
        405,
        "Participants never change",
        "The participants of a group conversation, their numbers and the business number are fixed when it is created (R7). "
        "To talk with others, create another group; to go on without those who opted out, create a successor (R18).",
    ),
    "method-not-allowed": Kind(
        405,
        "Method not allowed",
        "The path exists, but not for this HTTP method. The header Allow lists those that work.",
    ),
    "conversation-blocked": Kind(
        409,
        "Somebody opted out",
        "A participant wants no more messages, so nothing can be sent in this group (R15); what participants write is still "
        "recorded. The member opted_out has the numbers. POST to successor_url starts a new group with the others (R18).",
        {"opted_out": list[str], "successor_url": str},
        {"opted_out": ["+14155550102"], "successor_url": "/v1/conversations/cnv_0199/successor"},
    ),
    "opt-out-is-theirs": Kind(
        409,
        "The opt-out is the person's own",
        "Only an opt-out that a user recorded can be taken back (R39). This person opted out by a keyword or through the carrier, "
        "and only they can opt in again, with START. If it is do-not-disturb, turn it off on the contact, or lift it with "
        "DELETE /v1/do-not-disturb/{number}.",
        {"number": str},
        {"number": "+14155550102"},
    ),
    "do-not-disturb-on": Kind(
        409,
        "A contact has do-not-disturb on",
        "A number stays a no while a contact that has it has do-not-disturb on (R36). The member contact_ids lists these contacts: "
        "turn it off there with PATCH /v1/contacts/{contact_id}.",
        {"contact_ids": list[str]},
        {"contact_ids": ["ctc_01996f0c1f3a4b5d9a8877665544"]},
    ),
    "group-exists": Kind(
        409,
        "There is such a group already",
        "An unblocked group with this business number and exactly these participants exists, and carriers could not tell the two "
        "apart (R35). Write in the one that conversation_id names; it is null if that one is not for you to see (R22).",
        {"conversation_id": str | None},
        {"conversation_id": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"},
    ),
    "number-taken": Kind(
        409,
        "The business number is taken",
        "This number belongs to a workspace already, and can belong to only one (R4). If it is your own workspace's, "
        "GET /v1/numbers lists it; otherwise give another number.",
    ),
    "user-exists": Kind(
        409,
        "There is such a user already",
        "A user of your workspace has this e-mail address, or another spelling of the same mailbox; user_id names them. "
        "Change that user, or give another address.",
        {"user_id": str},
        {"user_id": "usr_01996f0c1e00aabbccddeeff0011"},
    ),
    "version-conflict": Kind(
        409,
        "Too many changes at once",
        "Others kept changing the same thing while the command was decided, several times in a row. Nothing was stored; try again.",
    ),
    "idempotency-key-in-use": Kind(
        409,
        "The first request with this key is still running",
        "A request of yours with the same Idempotency-Key has come in and is not answered yet. Repeat this one after the time in "
        "Retry-After: if the first was done, you get its answer; if it was refused, this one is decided.",
        passes=True,
    ),
    "position-ahead": Kind(
        409,
        "The position is beyond the log's end",
        "The request names a position (Groupchat-Min-Position, Last-Event-ID or after) that the log does not have. This happens "
        "when the database was restored from a backup, or when the position is another server's. The member head is the last "
        "position of the log: read again whatever you keep a copy of, and continue from there.",
        {"head": int},
        {"head": 1041},
    ),
    "precondition-failed": Kind(
        412,
        "It has changed since",
        "The If-Match of the request names a version that the conversation or contact does not have (any more), or is sent to what "
        "has no ETag. Nothing was stored. GET it, see what has changed, and repeat the request with the ETag of that answer.",
    ),
    "idempotency-key-reused": Kind(
        422,
        "The key belongs to another request",
        "You have used this Idempotency-Key within the last 24 hours for a request with another method, path or body, which was "
        "done. Nothing was stored now. Take a new key for each new request, and the same only to repeat one byte by byte.",
    ),
    "invalid-group": Kind(
        422,
        "The group breaks a rule",
        "The group can't be created as asked for (R1 to R6). The member violations lists everything that is wrong at once, each "
        "with its rule, a code, and the participant that it is about. Nothing was stored.",
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
    "invalid-request": Kind(
        422,
        "The request is malformed",
        "The request is not of the form that the API describes: unreadable JSON, an unknown or missing field, a wrong type, a text "
        "that is too long. The member errors says where (loc) and what (detail). Nothing was stored.",
        {"errors": list[Fault]},
        {"errors": [{"loc": "participants.0.number", "detail": "Expected `str`, got `int`."}]},
    ),
    "request-timeout": Kind(
        408,
        "The body did not arrive",
        "The request's body did not arrive within 30 seconds. Nothing was stored; send the request again, over a new connection.",
        headers=_CLOSES,
    ),
    "too-many-requests": Kind(
        429,
        "Too many requests",
        "The API key asks more often than it may, has as many event streams open as it may, or too many logins from the client's "
        "address have failed. Nothing was done; try again after the seconds in Retry-After.",
    ),
    "payload-too-large": Kind(
        413,
        "The body is too large",
        "A request's body may have 1 MiB (1,048,576 bytes). Media are sent by their URL, not inside the body.",
        headers=_CLOSES,
    ),
    "unsupported-encoding": Kind(
        415,
        "The body is compressed",
        "Request bodies are taken uncompressed only. Send the body as it is, without the header Content-Encoding.",
        headers={b"accept-encoding": b"identity"},
    ),
    "internal-error": Kind(
        500,
        "Something went wrong here",
        "The server has an error of its own. It is in the server's log under correlation_id; tell its operator. If the request "
        "was a write, look whether it was done before you repeat it.",
        {"correlation_id": str},
        {"correlation_id": "req_01996f0c1f3a9c3b52f7d1e0a4b2"},
    ),
    "projection-behind": Kind(
        503,
        "The view is behind",
        "The view does not yet show the position in Groupchat-Min-Position, and did not within 5 seconds. Nothing is lost: ask "
        "again after the time in Retry-After, or without the header.",
    ),
    "unavailable": Kind(
        503,
        "Not available at the moment",
        "The database can't be reached, or what the write sets off elsewhere is not done yet. Repeat the request after the time in "
        "Retry-After; repeating a change is safe.",
    ),
}


def passing(error: Exception, operation: str) -> RefusalError | None:
    """Return the refusal for a failure of the database that passes by itself, none for any other failure."""
    if is_passing(error):
        log.warning("database_unavailable", operation=operation, error=type(error).__name__)
        return UnavailableError("The database can't be reached at the moment. Try again.")
    return None


ANSWERS = Problems(PROBLEMS, passing, way_on)
"""How refusals and failures are answered."""
