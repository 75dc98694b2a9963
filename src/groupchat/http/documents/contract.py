"""The OpenAPI document's own words: what all operations share."""

from groupchat import __version__
from groupchat.http.documents.problems import PROBLEMS
from groupchat.http.web.openapi import Api
from groupchat.http.web.operation import Json

IDEMPOTENCY_KEY = "[!-~]([ -~]{0,253}[!-~])?"
IF_MATCH = r'(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)'
"""The patterns of two headers, as they are read and as they are documented."""

DESCRIPTION = """\
Group SMS/MMS conversations between a business and several people at once.

- Times are RFC 3339 in UTC, ids opaque strings, phone numbers E.164, money decimal strings with a currency.
- Every answer to a write has the header `Groupchat-Position`. A `GET` with that number in `Groupchat-Min-Position` waits until it
  shows the write, at most 5 seconds; then it is a 503.
- A `POST` with an `Idempotency-Key` may be repeated: it is done once, and a repeat gets the first answer, for 24 hours. Only an
  `api_key` is null in a repeat.
- Conversations and contacts have their version as `ETag`; a write to one with `If-Match` is done only if that version still
  holds. A write with `If-Match` to what has no `ETag` is a 412.
- Every problem is `application/problem+json` (RFC 9457); its `type` is a page here that explains it.
- The participants of a group never change (R7): any write below `/v1/conversations/{conversation_id}/participants` but opt-out is
  a 405 `participants-frozen`. Any other method that a path has not is a 405 `method-not-allowed`; both have the header `Allow`.
- Every answer has the header `Groupchat-Correlation-Id`: yours, if you sent one.
"""

_PATH_PARAMETERS: Json = {
    "conversation_id": {"schema": {"type": "string"}, "example": "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"},
    "message_id": {"schema": {"type": "string"}, "example": "msg_01996f0c2b408f1d6e5c4b3a2910"},
    "contact_id": {"schema": {"type": "string"}, "example": "ctc_01996f0c1f3a4b5d9a8877665544"},
    "number": {
        "schema": {"type": "string"},
        "description": "A phone number in any common format, URL-encoded.",
        "example": "+14155550102",
    },
    "user_id": {"schema": {"type": "string"}, "example": "usr_01996f0c1e00aabbccddeeff0011"},
    "key_id": {"schema": {"type": "string"}, "example": "key_01996f0c1e00aabbccddeeff0022"},
    "role": {"schema": {"type": "string"}, "example": "member"},
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
    "Location": {
        "description": "The path of what was created.",
        "required": True,
        "schema": {"type": "string"},
        "example": "/v1/conversations/cnv_01996f0c1f3a9c3b52f7d1e0a4b2",
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
    security={"apiKey": {"type": "http", "scheme": "bearer", "description": "A user's API key."}},
    instance="/v1/conversations",
)
