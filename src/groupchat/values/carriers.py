"""Carriers' limits, as far as rules need them (R43): they are checked before anything is stored."""

from collections.abc import Mapping

from msgspec import Struct


class CarrierLimits(Struct, frozen=True, kw_only=True):
    """The maximum of a carrier for one message; none if it sets no limit.

    `recipients` are the participants, without the business number; `characters` are the code points of the body; `files` are the
    media, `files_to_one` those in a message to one person, if a group may get fewer, and `media_bytes` their size together.
    """

    recipients: int | None = None
    characters: int | None = None
    files: int | None = None
    files_to_one: int | None = None
    media_bytes: int | None = None

    def files_to(self, recipients: int) -> int | None:
        """Return the maximum number of files in a message to this many recipients."""
        return self.files if recipients > 1 or self.files_to_one is None else self.files_to_one


NO_LIMITS = CarrierLimits()


class KnownCarriers(Struct, frozen=True, kw_only=True):
    """The configured carriers. The `default` one carries for the business numbers that name none.

    `limits` has all of them. For those in `relaying`, the backend forwards a participant's messages to the others (R12).
    """

    default: str
    limits: Mapping[str, CarrierLimits] = {}
    relaying: frozenset[str] = frozenset()

    def named(self, carrier: str | None) -> str:
        """Return the carrier of a business number that names this one, or none."""
        return carrier or self.default

    def limits_of(self, carrier: str | None) -> CarrierLimits:
        """Return the limits of a business number that names this carrier, or none; no limits if the carrier is not configured."""
        return self.limits.get(self.named(carrier), NO_LIMITS)


NO_CARRIERS = KnownCarriers(default="")
