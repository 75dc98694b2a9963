"""The refusals of this API; those of the rules are in `aggregates/` and `commands/`, the kit's in `web/`."""

from groupchat.values.errors import RefusalError


class ParticipantsFrozenError(RefusalError):
    """R7: participants never change."""

    slug = "participants-frozen"

    def __init__(self) -> None:
        super().__init__("The participants of a group never change (R7). Create a new group with the people that you want.")


class StillSpreadingError(RefusalError):
    """A write is stored, but not all of its effects are visible yet."""

    slug = "unavailable"

    def __init__(self) -> None:
        super().__init__("The change is stored, and its conversations will show it soon. You don't need to repeat the request.")


class MediaUnavailableError(RefusalError):
    """R46: the media store can't be used at the moment."""

    slug = "media-unavailable"

    def __init__(self) -> None:
        super().__init__("The store of pictures and files can't be used at the moment. Nothing was stored. Try again later.")


class IdempotencyKeyInUseError(RefusalError):
    """A request with this key is still running."""

    slug = "idempotency-key-in-use"

    def __init__(self) -> None:
        super().__init__("A request of yours with this Idempotency-Key is still running. Repeat this one in a moment.")


class IdempotencyKeyReusedError(RefusalError):
    """The key belongs to another request."""

    slug = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request of yours (method, path or body). Use a new key.")
