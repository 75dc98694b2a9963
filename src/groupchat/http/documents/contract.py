"""The texts of the OpenAPI document that all operations share."""

from groupchat import __version__
from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.web.openapi import Api
from groupchat.http.web.operation import Json

IDEMPOTENCY_KEY = "[!-~]([ -~]{0,253}[!-~])?"
IF_MATCH = r'(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)'
"""The patterns of two headers, as they are read and as they are documented."""
COOKIE, SECURE_COOKIE = "groupchat", "__Host-groupchat"
"""A session's cookie, and the same over HTTPS. Browsers accept a cookie with this prefix only from this host and for all paths."""

DESCRIPTION = """\
Group SMS/MMS conversations between a business and several people at once.

- Times are RFC 3339 in UTC, ids are opaque strings, phone numbers are E.164, and money is a decimal string with a currency.
- Every response to a write has the header `Groupchat-Position`. A `GET` with that number in `Groupchat-Min-Position` waits up to 5
  seconds until it includes the write, and then returns 503.
- You can repeat a `POST` with an `Idempotency-Key`. It is done once, and for 24 hours, repeats get the first response. Only an
  `api_key` is null in a repeat.
- Conversations and contacts have their version as `ETag`. A write to one with `If-Match` is done only if that version is still
  current. A write with `If-Match` to something without an `ETag` returns 412.
- Every problem is `application/problem+json` (RFC 9457). Its `type` is the address of a page that explains it.
- The participants of a group never change (R7). All writes below `/v1/conversations/{conversation_id}/participants` except opt-outs
  return 405 `participants-frozen`. Any other unsupported method returns 405 `method-not-allowed`. Both have the header `Allow`.
- Every response has the header `Groupchat-Correlation-Id`: yours, if you sent one.
"""

_PATH_PARAMETERS: Json = {
    "conversation_id": {"schema": {"type": "string"}, "example": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"},
    "media_id": {"schema": {"type": "string"}, "example": "med_01996f0c1f3a9c3b52f7d1e0a4b2"},
    "message_id": {"schema": {"type": "string"}, "example": "msg_01996f0c2b408f1d6e5c4b3a2910"},
    "external_id": {"schema": {"type": "string"}, "example": "crm-4711"},
    "contact_id": {"schema": {"type": "string"}, "example": "ctc_01996f0c1f3a4b5d9a8877665544"},
    "number": {
        "schema": {"type": "string"},
        "description": "A phone number in any common format, URL-encoded.",
        "example": "+14155550102",
    },
    "entry_id": {"schema": {"type": "string"}, "example": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2/2/1"},
    "review_id": {"schema": {"type": "string"}, "example": "msg_01996f0c9a7755443322110099aa"},
    "webhook_id": {"schema": {"type": "string"}, "example": "whk_01996f0c1e00aabbccddeeff0077"},
    "user_id": {"schema": {"type": "string"}, "example": "usr_01996f0c1e00aabbccddeeff0011"},
    "key_id": {"schema": {"type": "string"}, "example": "key_01996f0c1e00aabbccddeeff0022"},
    "role": {"schema": {"type": "string"}, "example": "member"},
    "level": {"schema": {"type": "string"}, "description": "The tile's level: 0 has the hashes of events.", "example": "0"},
    "tile": {
        "schema": {"type": "string"},
        "description": "The tile's number, and its width if it is partial (c2sp.org/tlog-tiles): `x001/234` or `000.p/17`.",
        "example": "000.p/17",
    },
    "file": {"schema": {"type": "string"}, "example": "index.html"},
    "slug": {"schema": {"type": "string"}, "example": "not-found"},
    "type": {"schema": {"type": "string"}, "example": "groupchat.conversation.renamed"},
}

_PARAMETERS: Json = {
    "CorrelationId": {
        "name": "Groupchat-Correlation-Id",
        "in": "header",
        "required": False,
        "description": "Your own id for the request. It appears in the response, the log, and every event that results (R31).",
        "schema": {"type": "string", "pattern": "^[!-.0-~]{1,128}$"},
        "example": "crm-sync-4711",
    },
    "LastEventId": {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "description": "The id of the last event that you received. The stream starts after it, and ignores `after`.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "example": "42",
    },
    "MinPosition": {
        "name": "Groupchat-Min-Position",
        "in": "header",
        "required": False,
        "description": "The `Groupchat-Position` of a write that the response must include.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
        "example": "42",
    },
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "A new key for each request. A repeat with the same key is not executed, and gets the same response.",
        "schema": {"type": "string", "pattern": f"^{IDEMPOTENCY_KEY}$"},
        "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
    },
    "Csrf": {
        "name": "Groupchat-CSRF",
        "in": "header",
        "required": False,
        "description": "The session's `csrf_token`. Only requests with a session's cookie need it.",
        "schema": {"type": "string"},
        "example": "2f1c7d5e0b7b4d2f8a3c9e6d1b0a4f5e7c8d9b6a3f2e1d0c5b4a7988f6e5d4c3",
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "The `ETag` that must still be current, or `*`.",
        "schema": {"type": "string", "pattern": f"^{IF_MATCH}$"},
        "example": '"7"',
    },
}

_HEADERS: Json = {
    "Position": {
        "description": "The position in the log that covers this write and all of its effects.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 42,
    },
    "CorrelationId": {
        "description": "The request's correlation id: yours, or a generated one.",
        "required": True,
        "schema": {"type": "string"},
        "example": "req_01996f0c1f3a9c3b52f7d1e0a4b2",
    },
    "ContentDisposition": {
        "description": "Names the file to save, if the response is CSV.",
        "required": False,
        "schema": {"type": "string"},
        "example": 'attachment; filename="statement-2025-01.csv"',
    },
    "Replayed": {
        "description": "`true` if this is the kept response to an earlier request with the same `Idempotency-Key`.",
        "required": False,
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "RateLimit": {
        "description": "How many requests (`r`) the key has left, and in how many seconds (`t`) it has all of them again.",
        "required": False,
        "schema": {"type": "string"},
        "example": '"key";r=499;t=1',
    },
    "RateLimitPolicy": {
        "description": "How many requests (`q`) a key has in how many seconds (`w`).",
        "required": False,
        "schema": {"type": "string"},
        "example": '"key";q=500;w=1',
    },
    "Location": {
        "description": "The path of what was created.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/v1/conversations/cnv_01996f0c1f3a9c3b52f7d1e0a4b2",
    },
    "Destination": {
        "description": "Where the browser goes next.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/#signed-in",
    },
    "SignInCookie": {
        "description": "The sign-in's cookie: `HttpOnly`, `SameSite=Lax`, over HTTPS also `Secure`. At the end, the session's too.",
        "required": True,
        "schema": {"type": "string"},
        "example": "groupchat-sign-in=...; Path=/; Max-Age=600; HttpOnly; SameSite=Lax",
    },
    "SessionCookie": {
        "description": "The session's cookie: `HttpOnly`, `SameSite=Strict`, over HTTPS also `Secure`.",
        "required": True,
        "schema": {"type": "string"},
        "example": "groupchat=gck_...; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict",
    },
    "RetryAfter": {
        "description": "Seconds to wait before you try again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "SometimesRetryAfter": {
        "description": "Seconds to wait before you try again, if waiting is sufficient.",
        "required": False,
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "ETag": {
        "description": "The version, for `If-Match`.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9]+"$'},
        "example": '"7"',
    },
    "Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {"type": "string"},
        "example": "Bearer",
    },
}

API = Api(
    info={
        "title": "groupchat",
        "version": __version__,
        "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    },
    problems=PROBLEMS,
    headers=_HEADERS,
    parameters=_PARAMETERS,
    path_parameters=_PATH_PARAMETERS,
    security={
        "apiKey": {"type": "http", "scheme": "bearer", "description": "A user's API key."},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": COOKIE,
            "description": f"A browser's session. Over HTTPS, its cookie is named `{SECURE_COOKIE}`.",
        },
    },
    tags={
        "messages": "Messages of a conversation: sending, and reading the thread.",
        "conversations": "Group conversations and the inbox.",
        "participants": "The people of a conversation, and their opt-outs.",
        "history": "Everything that happened, as events: past states, the event stream, refused requests, and proofs.",
        "contacts": "The directory, and the contacts that are not disturbed.",
        "workspace": "Business numbers, policy, roles and rates.",
        "ledger": "What messages cost, entry by entry and per month.",
        "session": "Sessions of browsers.",
        "users": "Users and their API keys.",
        "simulator": "Handsets of the simulated carrier.",
        "carriers": "Webhooks that carriers call.",
        "webhooks": "Events for other systems: which addresses receive them, and what became of each request.",
        "service": "Health, metrics and documentation. None of it needs a key.",
    },
    instance="/v1/conversations",
)
