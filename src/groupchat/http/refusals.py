"""The refusals that HTTP itself makes; those of the rules are in `aggregates/` and `commands/`."""

from groupchat.values.errors import RefusalError

MAX_BODY_BYTES = 1_048_576
BODY_SECONDS = 30.0
"""How long a request's body may take to arrive."""


class BadMessageError(RefusalError):
    """The HTTP message itself is ambiguous or incomplete."""

    slug = "bad-message"


class EncodedBodyError(RefusalError):
    """The body is compressed."""

    slug = "unsupported-encoding"

    def __init__(self) -> None:
        super().__init__("Send the body as it is, without a Content-Encoding.")


class PayloadTooLargeError(RefusalError):
    """The body is over 1 MiB."""

    slug = "payload-too-large"

    def __init__(self) -> None:
        super().__init__(f"The body is larger than {MAX_BODY_BYTES} bytes; send media by its URL.")


class RequestTimeoutError(RefusalError):
    """The body did not arrive in good time."""

    slug = "request-timeout"

    def __init__(self) -> None:
        super().__init__(f"The request's body did not arrive within {BODY_SECONDS:.0f} seconds; send it again, faster.")


class TooManyRequestsError(RefusalError):
    """The caller asks too often, or has too many streams open; `retry_after` are the seconds to wait."""

    slug = "too-many-requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = max(retry_after, 1)


class ParticipantsFrozenError(RefusalError):
    """R7: participants never change."""

    slug = "participants-frozen"

    def __init__(self) -> None:
        super().__init__("The participants of a group never change (R7); create a new group with those you want.")


class MethodNotAllowedError(RefusalError):
    """The path is there, but not for this method."""

    slug = "method-not-allowed"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} does nothing here; allowed: {allowed}.")


class StillSpreadingError(RefusalError):
    """What a write sets off elsewhere is not done yet."""

    slug = "unavailable"

    def __init__(self) -> None:
        super().__init__("The change is stored, but not all of its conversations show it yet; repeating the request is safe.")


class IdempotencyKeyInUseError(RefusalError):
    """A request with this key is still running."""

    slug = "idempotency-key-in-use"

    def __init__(self) -> None:
        super().__init__("A request of yours with this Idempotency-Key is still running; repeat this one in a moment.")


class IdempotencyKeyReusedError(RefusalError):
    """The key belongs to another request."""

    slug = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request of yours (method, path or body); take a new key.")


class ClientGoneError(Exception):
    """The client went away before its request was read; nobody waits for an answer."""
