"""Checking an account at Telnyx: its key, its messaging profile, and where that posts."""

from collections.abc import Sequence
from urllib.parse import quote

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.findings import compared, not_owned, not_shown, sends_mms
from groupchat.carriers.port import CarrierFinding


async def check(calls: Calls, profile_id: str, webhook_url: str, numbers: Sequence[str]) -> Sequence[CarrierFinding]:
    """Read the messaging profile and the settings of business numbers, and compare them with what groupchat needs."""
    answer = await calls.get(f"/messaging_profiles/{quote(profile_id, safe='')}")
    if not answer.taken:
        return [not_shown(answer, "the messaging profile", "GROUPCHAT_TELNYX_API_KEY and GROUPCHAT_TELNYX_MESSAGING_PROFILE_ID")]
    profile = shapes.at(answer.body, "data")
    url, version = shapes.text(profile, "webhook_url"), shapes.text(profile, "webhook_api_version")
    allowed = set(shapes.items(profile, "whitelisted_destinations"))
    destinations = ", ".join(map(str, sorted(allowed, key=str))) or "none"
    return [
        CarrierFinding(good=True, says=f"The API key reads the messaging profile {shapes.text(profile, 'name') or profile_id!r}."),
        compared(f"The profile posts to {url or 'no address'}", good=url == webhook_url, otherwise=f"It should be {webhook_url}"),
        compared(f"The profile's webhook API version is {version or 'unknown'}", good=version == "2", otherwise="It should be 2"),
        compared(
            f"The profile allows the destinations {destinations}",
            good=bool(allowed & {"*", "US", "CA"}),
            otherwise="Allow US or CA",
        ),
        *[await _number(calls, profile_id, number) for number in numbers],
    ]


async def _number(calls: Calls, profile_id: str, number: str) -> CarrierFinding:
    """Say whether a number is on the profile and can send MMS, which every message to a group is."""
    answer = await calls.get("/phone_numbers/messaging", params={"filter[phone_number]": number})
    if not answer.taken:
        return not_shown(answer, f"the settings of {number}", "GROUPCHAT_TELNYX_API_KEY")
    found = next((each for each in shapes.items(answer.body, "data") if shapes.number(each) == number), None)
    if found is None:
        return CarrierFinding(good=False, says=not_owned(number))
    if shapes.text(found, "messaging_profile_id") != profile_id:
        return CarrierFinding(good=False, says=f"The number {number} is not on the messaging profile. Assign it under My Numbers.")
    return sends_mms(number, capable=bool(shapes.at(found, "features", "mms")))
