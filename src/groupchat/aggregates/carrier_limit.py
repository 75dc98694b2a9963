"""Carrier limit: what the carrier of a business number takes (R43).

A group that is larger, a body that is longer, or more files are refused before anything is stored, whatever the policy allows.
"""

from groupchat.values.carriers import CarrierLimits
from groupchat.values.errors import RefusalError


class CarrierLimitError(RefusalError):
    """R43: the carrier doesn't take the message; `carrier` names it, `limit` is the most that it takes."""

    slug = "carrier-limit"

    def __init__(self, detail: str, carrier: str, limit: int) -> None:
        super().__init__(f"{detail} Nothing was stored (R43).", carrier=carrier, limit=limit)


def require(limits: CarrierLimits, carrier: str, *, recipients: int, body: str | None, files: int) -> None:
    """Raise `CarrierLimitError` unless a carrier takes a message to so many recipients, with this body and so many files."""
    if exceeds(recipients, limits.recipients):
        detail = f"{carrier} takes at most {limits.recipients} participants; this group has {recipients}."
        raise CarrierLimitError(detail, carrier, limits.recipients or 0)
    if exceeds(len(body or ""), limits.characters):
        detail = f"{carrier} takes at most {limits.characters} characters; this body has {len(body or '')}."
        raise CarrierLimitError(detail, carrier, limits.characters or 0)
    if exceeds(files, limits.files):
        detail = f"{carrier} takes at most {limits.files} files; this message has {files}."
        raise CarrierLimitError(detail, carrier, limits.files or 0)


def exceeds(count: int, limit: int | None) -> bool:
    """Tell whether a count is more than a limit, if there is one."""
    return limit is not None and count > limit
