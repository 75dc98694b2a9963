"""`groupchat carrier check` makes harmless calls, and reports what must still be set up."""

from collections.abc import Awaitable, Callable, Sequence

import httpx
import pytest

from groupchat.carriers.bandwidth import setup as bandwidth
from groupchat.carriers.calls import Calls
from groupchat.carriers.port import CarrierFinding
from groupchat.carriers.telnyx import setup as telnyx
from groupchat.carriers.twilio import setup as twilio

OURS = "https://chat.example.com/v1/carriers/x/webhooks"
PROFILE = {
    "name": "Front desk",
    "webhook_url": OURS,
    "webhook_api_version": "2",
    "whitelisted_destinations": ["US", "CA"],
}
CONFIGURATION = {"post_webhook_url": OURS, "method": "POST", "filters": ["onMessageAdded", "onDeliveryUpdated"]}
Check = Callable[[Calls], Awaitable[Sequence[CarrierFinding]]]
CHECKS: dict[str, tuple[Check, object]] = {
    "telnyx": (lambda calls: telnyx.check(calls, "profile", OURS), {"data": PROFILE}),
    "bandwidth": (lambda calls: bandwidth.check(calls, "9900000", OURS), []),
    "twilio": (lambda calls: twilio.check(calls, OURS), CONFIGURATION),
}


async def found(check: Check, status: int, answer: object) -> Sequence[CarrierFinding]:
    """Return a check's findings for a response, and see that it made one call that changes nothing."""
    requests: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json=answer)

    findings = await check(Calls("https://carrier.example/v1", transport=httpx.MockTransport(respond)))
    assert [request.method for request in requests] == ["GET"]
    return findings


@pytest.mark.parametrize("carrier", CHECKS)
async def test_an_account_that_is_set_up_passes_R43(carrier: str):
    check, answer = CHECKS[carrier]

    assert all(each.good for each in await found(check, 200, answer))


@pytest.mark.parametrize("carrier", CHECKS)
@pytest.mark.parametrize("status", [401, 404, 500])
async def test_an_unreadable_configuration_names_the_settings_to_check_R43(carrier: str, status: int):
    (only,) = await found(CHECKS[carrier][0], status, None)

    assert not only.good
    assert f"Check GROUPCHAT_{carrier.upper()}_" in only.says


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"webhook_url": ""}, f"It should be {OURS}."),
        ({"webhook_api_version": "1"}, "It should be 2."),
        ({"whitelisted_destinations": []}, "none"),
        ({"whitelisted_destinations": ["FR"]}, "FR"),
    ],
)
async def test_a_profile_at_telnyx_is_compared_with_the_requirements_R43(changes: dict[str, object], says: str):
    wrong = [each.says for each in await found(CHECKS["telnyx"][0], 200, {"data": PROFILE | changes}) if not each.good]

    assert len(wrong) == 1
    assert says in wrong[0]


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"post_webhook_url": None}, "not set"), ({"method": "GET"}, "POST"), ({"filters": ["onMessageAdded"]}, "onDeliveryUpdated")],
)
async def test_the_configuration_at_twilio_is_compared_with_the_requirements_R43(changes: dict[str, object], says: str):
    wrong = [each.says for each in await found(CHECKS["twilio"][0], 200, CONFIGURATION | changes) if not each.good]

    assert len(wrong) == 1
    assert says in wrong[0]
