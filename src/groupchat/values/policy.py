"""A workspace's policy: the rules in which the two model products differ, and the choices of an operator."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from groupchat.values.patterns import whole

Preset = Literal["heymarket", "highlevel"]
MIN_PARTICIPANTS_EVER = 2
MAX_PARTICIPANTS_EVER = 50
"""No carrier supports a larger group. The limit keeps commands from growing without end."""

GroupSize = Annotated[int, Meta(ge=MIN_PARTICIPANTS_EVER, le=MAX_PARTICIPANTS_EVER)]
Region = Annotated[str, whole("[A-Z]{2}", description="ISO 3166-1 alpha-2, such as US", examples=["US"])]


class Policy(Struct, frozen=True, kw_only=True, gc=False):
    """R1 sizes, R4 regions, R17 reopening. The defaults are Heymarket's."""

    preset: Preset = "heymarket"
    min_participants: int = 2
    max_participants: int = 10
    allowed_regions: tuple[str, ...] = ("US", "CA")
    reopen_on_opt_in: bool = False


PRESETS: dict[Preset, Policy] = {
    "heymarket": Policy(),
    "highlevel": Policy(preset="highlevel", max_participants=9),
}
