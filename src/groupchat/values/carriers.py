"""Carriers' limits, as far as rules need them (R43): they are checked before anything is stored."""

from collections.abc import Mapping

from msgspec import Struct


class CarrierLimits(Struct, frozen=True, kw_only=True):
    """The maximum of a carrier for one message; none if it sets no limit.

    `recipients` are the participants, without the business number; `characters` are the code points of the body; `files` are the
    media, and `media_bytes` their size together.

    With `files_apart`, each file of a message to a group is a message of its own, which the adapter uploads to the carrier. So it
    has to be kept with us, with one of `types_apart` or as a picture, and `media_bytes` is the size of one.
    """

    recipients: int | None = None
    characters: int | None = None
    files: int | None = None
    media_bytes: int | None = None
    files_apart: bool = False
    types_apart: frozenset[str] = frozenset()

    def takes_apart(self, recipients: int) -> bool:
        """Return whether the files of a message to this many recipients are messages of their own."""
        return self.files_apart and recipients > 1

    def parts_of(self, *, has_body: bool, files: int, recipients: int) -> int:
        """Return the number of parts in which the carrier takes a message: the text, if there is one, and each file."""
        return max(has_body + files, 1) if self.takes_apart(recipients) else 1


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
