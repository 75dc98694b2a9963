"""`ETag` and `If-Match`: conversations and contacts have a version, and a write may require that it is still current.

The version is checked in the decision itself (`store/terms.py`), so of two writes that expect the same version, one succeeds. There
is no `If-None-Match`, because a user's `unread_count` changes without the conversation's version.
"""

import re

from groupchat.http.documents.contract import IF_MATCH
from groupchat.projections.inbox import Conversation
from groupchat.queries.contacts import ContactShown
from groupchat.store.terms import Expected, PreconditionFailedError
from groupchat.values.errors import InvalidRequestError

VERSIONED = (Conversation, ContactShown)
"""The types whose responses have their version as `ETag`."""

_IF_MATCH = re.compile(IF_MATCH.encode())
_STRONG = re.compile(rb'(?:^|, ?)"(0|[1-9][0-9]{0,17})"')
_IDS = ("conversation_id", "contact_id")


def etag(version: int) -> bytes:
    """Return the tag of a version."""
    return b'"%d"' % version


def versioned_id(path: str) -> str | None:
    """Return the path parameter that names the subject of `If-Match`; none if nothing here has a version."""
    return next((id_ for id_ in _IDS if f"{{{id_}}}" in path), None)


def read_if_match(headers: dict[bytes, bytes], stream: str | None) -> Expected | None:
    """Return the expected version of a stream, or none; raises `InvalidRequestError` for a malformed header.

    A weak tag and a tag that is not a version match nothing (RFC 9110). If nothing here has a version, no tag matches, and it
    raises `PreconditionFailedError` immediately.
    """
    written = headers.get(b"if-match")
    if written is None:
        return None
    if not _IF_MATCH.fullmatch(written):
        raise InvalidRequestError("If-Match", 'Send the ETag that you received, such as "7", or *.', "bad-format")
    versions = None if written == b"*" else frozenset(map(int, _STRONG.findall(written)))
    if stream is not None:
        return Expected(stream, versions)
    if versions is not None:
        msg = "This resource has no ETag. Repeat the request without If-Match."
        raise PreconditionFailedError(msg)
    return None
