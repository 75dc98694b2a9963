"""`groupchat carrier check` makes harmless calls, and reports what must still be set up."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import httpx
import pytest

from groupchat.addresses import Addresses
from groupchat.carriers import public_url
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
ACCOUNT, SERVICE = "AC" + "a" * 32, "IS" + "a" * 32
CONFIGURATION = {"account_sid": ACCOUNT, "default_chat_service_sid": SERVICE, "default_closed_timer": "PT0S"}
WEBHOOKS = {"post_webhook_url": OURS, "method": "POST", "filters": ["onMessageAdded", "onDeliveryUpdated"]}
Check = Callable[[Calls], Awaitable[Sequence[CarrierFinding]]]
OF_SERVICE = f"/v1/Services/{SERVICE}/Configuration/Webhooks"
NUMBER = "+14155550100"
OF_NUMBER = f"/v1/Accounts/{ACCOUNT}/IncomingPhoneNumbers.json"
OWNED = {"incoming_phone_numbers": [{"phone_number": NUMBER, "capabilities": {"sms": True, "mms": True}}]}
TWILIO = {"/v1/Configuration": CONFIGURATION, "/v1/Configuration/Webhooks": WEBHOOKS, OF_SERVICE: WEBHOOKS, OF_NUMBER: OWNED}
OF_TELNYX = {"phone_number": NUMBER, "messaging_profile_id": "a profile/", "features": {"mms": {"domestic_two_way": True}}}
PROFILE_PATH, NUMBERS_PATH = "/v1/messaging_profiles/a%20profile%2F", "/v1/phone_numbers/messaging"
TELNYX = {PROFILE_PATH: {"data": PROFILE}, NUMBERS_PATH: {"data": [OF_TELNYX]}}
CHECKS: dict[str, tuple[Check, Mapping[str, object]]] = {
    "telnyx": (lambda calls: telnyx.check(calls, "a profile/", OURS, [NUMBER]), TELNYX),
    "bandwidth": (lambda calls: bandwidth.check(calls, "9900000", OURS, [NUMBER]), {"/v1/users/9900000/media": []}),
    "twilio": (lambda calls: twilio.check(calls, calls, twilio.ExpectedSetup(ACCOUNT, SERVICE, OURS), [NUMBER]), TWILIO),
}


async def found(carrier: str, answers: Mapping[str, object] | None = None, status: int = 200) -> Sequence[CarrierFinding]:
    """Return a check's findings for responses by path; each of its calls changes nothing."""
    check, of_a_good_account = CHECKS[carrier]
    given = of_a_good_account if answers is None else answers

    def respond(request: httpx.Request) -> httpx.Response:
        assert request.method == "GET"
        path = request.url.raw_path.decode().partition("?")[0]
        return httpx.Response(status, json=given[path]) if path in given else httpx.Response(404)

    return await check(Calls("https://carrier.example/v1", transport=httpx.MockTransport(respond)))


@pytest.mark.parametrize("carrier", CHECKS)
async def test_an_account_that_is_set_up_passes_R43(carrier: str):
    findings = await found(carrier)

    assert {each.good for each in findings} == ({True, None} if carrier == "bandwidth" else {True})
    assert not any(words in each.says for each in findings if each.good for words in ("should", "must", "Allow", "Select", "Turn"))


@pytest.mark.parametrize("carrier", CHECKS)
@pytest.mark.parametrize("status", [401, 404])
async def test_an_unreadable_configuration_names_the_settings_to_check_R43(carrier: str, status: int):
    (only,) = await found(carrier, status=status)

    assert only.good is False
    assert f"Check GROUPCHAT_{carrier.upper()}_" in only.says


@pytest.mark.parametrize("carrier", CHECKS)
@pytest.mark.parametrize("status", [429, 503])
async def test_a_carrier_that_is_not_available_is_not_blamed_on_the_settings_R43(carrier: str, status: int):
    (only,) = await found(carrier, status=status)

    assert (only.good, "Try later" in only.says, "GROUPCHAT_" in only.says) == (False, True, False)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"webhook_url": ""}, f"It should be {OURS}."),
        ({"webhook_api_version": "1"}, "It should be 2."),
        ({"whitelisted_destinations": []}, "none. Allow US or CA."),
        ({"whitelisted_destinations": ["FR"]}, "FR. Allow US or CA."),
    ],
)
async def test_a_profile_at_telnyx_is_compared_with_the_requirements_R43(changes: dict[str, object], says: str):
    answers = TELNYX | {PROFILE_PATH: {"data": PROFILE | changes}}
    (wrong,) = [each.says for each in await found("telnyx", answers) if not each.good]

    assert says in wrong


@pytest.mark.parametrize(
    ("path", "changes", "says"),
    [
        (OF_SERVICE, {"post_webhook_url": None}, "URL of the service is not set"),
        (OF_SERVICE, {"filters": ["onMessageAdded"]}, "The service doesn't post onDeliveryUpdated. Select"),
        ("/v1/Configuration/Webhooks", {"method": "GET"}, "POST"),
        ("/v1/Configuration/Webhooks", {"filters": []}, "The account doesn't post onDeliveryUpdated and onMessageAdded. Select"),
        ("/v1/Configuration", {"account_sid": "AC1"}, "The key is of the account AC1"),
        ("/v1/Configuration", {"default_chat_service_sid": "IS1"}, f"is IS1. GROUPCHAT_TWILIO_SERVICE_SID is {SERVICE}"),
        ("/v1/Configuration", {"default_inactive_timer": "PT10M"}, "Turn off default_inactive_timer: "),
    ],
)
async def test_the_configuration_at_twilio_is_compared_with_the_requirements_R43(path: str, changes: dict[str, object], says: str):
    answers = TWILIO | {path: {**TWILIO[path], **changes}}
    (wrong,) = [each.says for each in await found("twilio", answers) if not each.good]

    assert says in wrong


async def test_a_service_that_the_account_at_twilio_does_not_have_is_named_R43():
    answers = {path: answer for path, answer in TWILIO.items() if path != OF_SERVICE}
    (wrong,) = [each.says for each in await found("twilio", answers) if not each.good]

    assert "Check GROUPCHAT_TWILIO_SERVICE_SID" in wrong


@pytest.mark.parametrize(
    ("carrier", "answers", "says"),
    [
        ("telnyx", {NUMBERS_PATH: {"data": []}}, "is not one of this account. Buy it"),
        (
            "telnyx",
            {NUMBERS_PATH: {"data": [OF_TELNYX | {"messaging_profile_id": None}]}},
            "is not on the messaging profile. Assign it",
        ),
        ("telnyx", {NUMBERS_PATH: {"data": [OF_TELNYX | {"features": {"mms": None}}]}}, "can't send MMS"),
        ("twilio", {OF_NUMBER: {"incoming_phone_numbers": []}}, "is not one of this account. Buy it"),
        ("twilio", {OF_NUMBER: {"incoming_phone_numbers": [{"phone_number": NUMBER}]}}, "can't send MMS"),
    ],
)
async def test_a_business_number_that_is_not_the_accounts_is_named_R43(carrier: str, answers: dict[str, object], says: str):
    (wrong,) = [each.says for each in await found(carrier, {**CHECKS[carrier][1], **answers}) if not each.good]

    assert f"The number {NUMBER} {says}" in wrong


@pytest.mark.parametrize(
    ("url", "leads_to", "good"),
    [
        ("https://chat.example.com", ["93.184.216.34"], True),
        ("https://chat.example.com", ["10.0.0.1"], None),
        ("https://chat.example.com", [], None),
        ("http://chat.example.com", ["93.184.216.34"], False),
    ],
)
async def test_the_public_address_is_one_that_carriers_reach_R45(url: str, leads_to: Sequence[str], *, good: bool | None):
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        if not leads_to:
            raise OSError
        return leads_to

    finding = await public_url.check(url, Addresses(resolve=resolve))

    assert (finding.good, url in finding.says) == (good, True)
