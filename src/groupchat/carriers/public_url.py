"""Checking the address of this server that carriers call: they are on the public Internet, and secrets need HTTPS."""

import asyncio

from groupchat.addresses import Addresses, Destination, InsideError
from groupchat.carriers.port import CarrierFinding

_LOOKUP_SECONDS = 5.0


async def check(public_url: str, addresses: Addresses) -> CarrierFinding:
    """Judge the address. What a name leads to from here may differ from what it leads to for carriers."""
    destination = Destination.of(public_url)
    if not destination.encrypted:
        return CarrierFinding(good=False, says=f"GROUPCHAT_PUBLIC_URL is {public_url}. It should begin with https://.")
    try:
        async with asyncio.timeout(_LOOKUP_SECONDS):
            await addresses.of(destination)
    except InsideError:
        says = f"From here, {public_url} does not lead to the public Internet. Make sure that it does for the carrier."
        return CarrierFinding(good=None, says=says)
    except (OSError, UnicodeError):  # a time-out is the former
        says = f"From here, the name in {public_url} has no address. Make sure that it has one for the carrier."
        return CarrierFinding(good=None, says=says)
    return CarrierFinding(good=True, says=f"{public_url} is an address on the public Internet.")
