"""What carriers take, as far as rules ask for it (R43): known before anything is stored."""

from collections.abc import Mapping

from msgspec import Struct


class CarrierLimits(Struct, frozen=True, kw_only=True):
    """The most that a carrier takes in one message; none where it sets no limit.

    `recipients` are the participants, the business number not counted; `characters` are the code points of the body; `files` the
    media.
    """

    recipients: int | None = None
    characters: int | None = None
    files: int | None = None


NO_LIMITS = CarrierLimits()


class KnownCarriers(Struct, frozen=True, kw_only=True):
    """The carriers that are configured: the `default` one carries for the business numbers that name none.

    `limits` has all of them; those in `relaying` pass on to the others what one participant writes only if the backend does (R12).
    """

    default: str
    limits: Mapping[str, CarrierLimits] = {}
    relaying: frozenset[str] = frozenset()

    def named(self, carrier: str | None) -> str:
        """Return the carrier of a business number that names this one, or none."""
        return carrier or self.default

    def limits_of(self, carrier: str | None) -> CarrierLimits:
        """Return the limits of a business number that names this carrier, or none; no limits if it is not configured."""
        return self.limits.get(self.named(carrier), NO_LIMITS)


NO_CARRIERS = KnownCarriers(default="")
