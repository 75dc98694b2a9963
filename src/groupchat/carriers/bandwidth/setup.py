"""Checking an account at Bandwidth: its login. What the application is set to can only be seen in the dashboard."""

from collections.abc import Sequence
from urllib.parse import quote

from groupchat.carriers.calls import Calls
from groupchat.carriers.findings import not_shown
from groupchat.carriers.port import CarrierFinding


async def check(calls: Calls, account_id: str, webhook_url: str, numbers: Sequence[str]) -> Sequence[CarrierFinding]:
    """List media, which texts nobody and needs the login."""
    answer = await calls.get(f"/users/{quote(account_id)}/media")
    if not answer.taken:
        names = "GROUPCHAT_BANDWIDTH_ACCOUNT_ID, GROUPCHAT_BANDWIDTH_USER and GROUPCHAT_BANDWIDTH_PASSWORD"
        return [not_shown(answer, "the account", names)]
    says = f"In the dashboard, the application must post inbound messages and status to {webhook_url}, with the webhooks' login."
    assigned = f"In the dashboard, these must be in a location of the application, and in a campaign: {', '.join(numbers)}."
    return [
        CarrierFinding(good=True, says="The login reads the account."),
        CarrierFinding(good=None, says=says),
        *([CarrierFinding(good=None, says=assigned)] if numbers else []),
    ]
