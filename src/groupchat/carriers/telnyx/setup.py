"""Checking an account at Telnyx: its key, its messaging profile, and where that posts."""

from collections.abc import Sequence
from urllib.parse import quote

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls
from groupchat.carriers.findings import compared, not_shown
from groupchat.carriers.port import CarrierFinding


async def check(calls: Calls, profile_id: str, webhook_url: str) -> Sequence[CarrierFinding]:
    """Read the messaging profile, and compare it with what groupchat needs."""
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
    ]
