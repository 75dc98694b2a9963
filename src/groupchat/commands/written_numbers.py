"""Phone numbers as callers write them."""

from groupchat.values import phone
from groupchat.values.errors import InvalidRequestError


def read_number(loc: str, written: str) -> str:
    """Return a number as E.164 (R3), or raise `InvalidRequestError` naming the field."""
    try:
        return phone.to_e164(written)
    except phone.InvalidNumberError as error:
        raise InvalidRequestError(loc, f"{error}.", "bad-format") from error
