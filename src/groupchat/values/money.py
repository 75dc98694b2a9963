"""Money: exact decimals with a currency, never floats, never rounded (R25)."""

from decimal import Context, Decimal, Inexact
from typing import Annotated

from msgspec import Struct

from groupchat.values.patterns import whole

Currency = Annotated[str, whole("[A-Z]{3}", description="ISO 4217")]

Price = Annotated[str, whole(r"[0-9]{1,9}(\.[0-9]{1,12})?", description="An exact decimal, as `0.0200`.", examples=["0.0200"])]
"""An amount of money as callers write it."""
DECIMAL = r"-?[0-9]+(\.[0-9]+)?"
"""The format of every amount that is shown: all its digits, no exponent."""
Amount = Annotated[str, whole(DECIMAL, description="An exact decimal, as `0.0200`.")]

_EXACT = Context(prec=60, traps=[Inexact])


class Rate(Struct, frozen=True, kw_only=True, gc=False):
    """The price of one MMS segment."""

    mms_segment: Decimal
    currency: Currency

    def shown(self) -> dict[str, str]:
        """Return it as it is shown, with the price without an exponent."""
        return {"mms_segment": f"{self.mms_segment:f}", "currency": self.currency}


def amount_of(segments: int, rate: Rate) -> Decimal:
    """Return the cost of `segments` (negative for a credit) at `rate`, exactly; raises `decimal.Inexact` rather than round."""
    return exact_product(segments, rate.mms_segment)


def exact_product(count: int, amount: Decimal) -> Decimal:
    """Multiply an amount; raises `decimal.Inexact` rather than round."""
    return _EXACT.multiply(Decimal(count), amount)


def exact_sum(one: Decimal, other: Decimal) -> Decimal:
    """Add two amounts; raises `decimal.Inexact` rather than round."""
    return _EXACT.add(one, other)
