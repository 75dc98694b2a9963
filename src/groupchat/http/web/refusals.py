"""The refusals that the kit itself makes."""

from groupchat.values.errors import NotFoundError, RefusalError

MAX_BODY_BYTES = 1_048_576
MAX_FILE_BYTES = 64 * MAX_BODY_BYTES
BODY_SECONDS = 30.0
"""The time for a request's body to arrive."""


class BadMessageError(RefusalError):
    """The HTTP message itself is ambiguous or incomplete."""

    slug = "bad-message"


class EncodedBodyError(RefusalError):
    """The body is compressed."""

    slug = "unsupported-encoding"

    def __init__(self) -> None:
        super().__init__("Send the body uncompressed, without a Content-Encoding.")


class PayloadTooLargeError(RefusalError):
    """The body is over 1 MiB, or a file over 64 MiB."""

    slug = "payload-too-large"

    def __init__(self, most: int = MAX_BODY_BYTES) -> None:
        super().__init__(f"The body is larger than {most} bytes.")


class RequestTimeoutError(RefusalError):
    """The body did not arrive in time."""

    slug = "request-timeout"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request's body did not arrive within {seconds:g} seconds. Send it again over a faster connection.")


class TooManyRequestsError(RefusalError):
    """The caller sends too many requests, or has too much open; `retry_after` is the number of seconds to wait."""

    slug = "too-many-requests"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = max(retry_after, 1)


class MethodNotAllowedError(RefusalError):
    """The path exists, but not for this method."""

    slug = "method-not-allowed"

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(f"{method} is not available here. Allowed methods: {allowed}.")


class InternalError(RefusalError):
    """The server has failed."""

    slug = "internal-error"

    def __init__(self, correlation_id: str) -> None:
        super().__init__(f"An unexpected error. The log has its details under {correlation_id}.", correlation_id=correlation_id)


class ClientGoneError(Exception):
    """The client disconnected before its request was read, so nobody waits for a response."""


def absent(method: str, allowed: str) -> RefusalError:
    """Return the refusal of a method that a path does not have; `allowed` names the methods that it has, if any."""
    if allowed:
        return MethodNotAllowedError(method, allowed)
    return NotFoundError("There is nothing at this path. /openapi.json lists all paths.")
