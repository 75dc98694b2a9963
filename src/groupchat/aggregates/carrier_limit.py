"""Carrier limit: the maximum that the carrier of a business number accepts (R43).

A larger group, a longer body, or more files are refused before anything is stored, whatever the policy allows.
"""

from groupchat.values.carriers import CarrierLimits
from groupchat.values.errors import RefusalError


class CarrierLimitError(RefusalError):
    """R43: the carrier doesn't accept the message; `carrier` names it, and `limit` is its maximum."""

    slug = "carrier-limit"

    def __init__(self, detail: str, carrier: str, limit: int) -> None:
        super().__init__(f"{detail} Nothing was stored (R43).", carrier=carrier, limit=limit)


def require(limits: CarrierLimits, carrier: str, *, recipients: int, body: str | None, files: int, media_bytes: int) -> None:
    """Raise `CarrierLimitError` unless a carrier accepts a message to this many recipients, with this body and these files."""
    if exceeds(recipients, limits.recipients):
        detail = f"{carrier} allows up to {limits.recipients} participants, but this group has {recipients}."
        raise CarrierLimitError(detail, carrier, limits.recipients or 0)
    if exceeds(len(body or ""), limits.characters):
        detail = f"{carrier} allows up to {limits.characters} characters, but this body has {len(body or '')}."
        raise CarrierLimitError(detail, carrier, limits.characters or 0)
    most = limits.files_to(recipients)
    if exceeds(files, most):
        detail = f"{carrier} allows up to {most} files for {recipients} recipients, but this message has {files}."
        raise CarrierLimitError(detail, carrier, most or 0)
    if exceeds(media_bytes, limits.media_bytes):
        detail = f"{carrier} allows files of up to {limits.media_bytes} bytes together, but these have {media_bytes}."
        raise CarrierLimitError(detail, carrier, limits.media_bytes or 0)


def exceeds(count: int, limit: int | None) -> bool:
    """Return whether a count exceeds a limit, if there is one."""
    return limit is not None and count > limit
