"""The languages in which people write keywords, and in which they are answered (R38, R41)."""

from typing import Literal

Language = Literal["en", "es", "fr"]
LANGUAGES: tuple[Language, ...] = ("en", "es", "fr")
