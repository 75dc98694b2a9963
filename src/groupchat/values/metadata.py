"""Metadata: data that another system keeps with a contact or conversation, as texts by key (R54)."""

from collections.abc import Mapping

from groupchat.values.errors import InvalidRequestError

MAX_KEYS = 50

Metadata = dict[str, str]
MetadataChange = Mapping[str, str | None]
"""New values by key; `None` removes a key."""


def changed(before: Metadata, change: MetadataChange) -> Metadata:
    """Return the metadata after a change; raises `InvalidRequestError` for more than `MAX_KEYS` keys."""
    after = {key: value for key, value in {**before, **change}.items() if value is not None}
    if len(after) > MAX_KEYS:
        raise InvalidRequestError("metadata", f"There can be {MAX_KEYS} keys (R54).", "out-of-range")
    return after
