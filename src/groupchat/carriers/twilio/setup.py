"""Checking an account at Twilio: its key, and where Conversations posts what."""

from collections.abc import Sequence

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, reached
from groupchat.carriers.port import CarrierFinding

CONTENT_LINK = ("links", "content_direct_temporary")
"""The address of a file's content in the response about the file, valid for minutes and without credentials."""
_NEEDED = frozenset({"onMessageAdded", "onDeliveryUpdated"})


async def check(calls: Calls, webhook_url: str) -> Sequence[CarrierFinding]:
    """Read the webhooks of Conversations, and compare them with what groupchat needs."""
    answer = await calls.get("/Configuration/Webhooks")
    if not answer.taken:
        return [reached(answer, "the configuration", "GROUPCHAT_TWILIO_API_KEY and GROUPCHAT_TWILIO_API_SECRET")]
    url, method = shapes.text(answer.body, "post_webhook_url"), shapes.text(answer.body, "method") or "POST"
    missing = _NEEDED - {shapes.text(each) for each in shapes.items(answer.body, "filters")}
    return [
        CarrierFinding(good=True, says="The API key reads the configuration of Conversations."),
        CarrierFinding(good=url == webhook_url, says=f"The post-event URL is {url or 'not set'}. It should be {webhook_url}."),
        CarrierFinding(good=method.upper() == "POST", says=f"The method is {method}. It should be POST."),
        CarrierFinding(good=not missing, says=f"Events that are needed and not posted: {', '.join(sorted(missing)) or 'none'}."),
    ]
