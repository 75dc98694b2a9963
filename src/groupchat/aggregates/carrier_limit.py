"""Carrier limit: the maximum that the carrier of a business number accepts (R43).

A larger group, a longer body, or more files are refused before anything is stored, whatever the policy allows.
"""

from collections.abc import Sequence

from groupchat.aggregates.group_events import Media
from groupchat.aggregates.media import PICTURES, is_ours, sent_bytes
from groupchat.values.carriers import CarrierLimits
from groupchat.values.errors import RefusalError


class CarrierLimitError(RefusalError):
    """R43: the carrier doesn't accept the message; `carrier` names it, and `limit` is its maximum."""

    slug = "carrier-limit"

    def __init__(self, detail: str, carrier: str, limit: int) -> None:
        super().__init__(f"{detail} Nothing was stored (R43).", carrier=carrier, limit=limit)


def require(limits: CarrierLimits, carrier: str, *, recipients: int, body: str | None, media: Sequence[Media]) -> None:
    """Raise `CarrierLimitError` unless a carrier accepts a message to this many recipients, with this body and these files."""
    if exceeds(recipients, limits.recipients):
        detail = f"{carrier} allows up to {limits.recipients} participants, but this group has {recipients}."
        raise CarrierLimitError(detail, carrier, limits.recipients or 0)
    if exceeds(len(body or ""), limits.characters):
        detail = f"{carrier} allows up to {limits.characters} characters, but this body has {len(body or '')}."
        raise CarrierLimitError(detail, carrier, limits.characters or 0)
    if exceeds(len(media), limits.files):
        detail = f"{carrier} allows up to {limits.files} files, but this message has {len(media)}."
        raise CarrierLimitError(detail, carrier, limits.files or 0)
    if limits.takes_apart(recipients):
        _require_apart(limits, carrier, media)
    elif exceeds(size := sent_bytes(media), limits.media_bytes):
        detail = f"{carrier} allows files of up to {limits.media_bytes} bytes together, but these have {size}."
        raise CarrierLimitError(detail, carrier, limits.media_bytes or 0)


def _require_apart(limits: CarrierLimits, carrier: str, media: Sequence[Media]) -> None:
    """Raise `CarrierLimitError` for a file that can't be a message of its own. Pictures get a type that the carrier takes."""
    for each in media:
        if not is_ours(each):
            detail = (
                f"To a group, {carrier} takes only files that were uploaded, not the address {each.url}. Upload the file first."
            )
            raise CarrierLimitError(detail, carrier, 0)
        if each.content_type not in PICTURES | limits.types_apart:
            detail = f"{carrier} does not send files of the type {each.content_type} to a group."
            raise CarrierLimitError(detail, carrier, 0)
        if exceeds(size := sent_bytes([each]), limits.media_bytes):
            detail = f"{carrier} allows files of up to {limits.media_bytes} bytes, but one has {size}."
            raise CarrierLimitError(detail, carrier, limits.media_bytes or 0)


def exceeds(count: int, limit: int | None) -> bool:
    """Return whether a count exceeds a limit, if there is one."""
    return limit is not None and count > limit
