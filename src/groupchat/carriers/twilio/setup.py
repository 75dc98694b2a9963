"""Checking an account at Twilio: its key, its default service of Conversations, and where Conversations posts what."""

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from groupchat.carriers import shapes
from groupchat.carriers.calls import Calls, CarrierAnswer
from groupchat.carriers.findings import compared, not_owned, not_shown, sends_mms
from groupchat.carriers.port import CarrierFinding

CONTENT_LINK = ("links", "content_direct_temporary")
"""The address of a file's content in the response about the file, valid for minutes and without credentials."""
_NEEDED = frozenset({"onMessageAdded", "onDeliveryUpdated"})
_A_TIME = re.compile("[1-9]")
"""What a duration (ISO 8601) has that is not zero."""


class ExpectedSetup(Struct, frozen=True):
    """What the settings say: the account, the service of Conversations, and the address of our webhook."""

    account_sid: str
    service_sid: str
    webhook_url: str


async def check(calls: Calls, messages: Calls, expected: ExpectedSetup, numbers: Sequence[str]) -> Sequence[CarrierFinding]:
    """Read the configuration of Conversations, the webhooks and business numbers, and compare them with what groupchat needs.

    Groups are created in the account's default service. The account and the service have webhooks of their own, and Twilio posts
    some events only to one of them.
    """
    answer = await calls.get("/Configuration")
    if not answer.taken:
        return [not_shown(answer, "the configuration", "GROUPCHAT_TWILIO_API_KEY and GROUPCHAT_TWILIO_API_SECRET")]
    of_account = await calls.get("/Configuration/Webhooks")
    of_service = await calls.get(f"/Services/{quote(expected.service_sid)}/Configuration/Webhooks")
    return [
        CarrierFinding(good=True, says="The API key reads the configuration of Conversations."),
        *_configured(answer.body, expected.account_sid, expected.service_sid),
        *_posted("account", of_account, expected.webhook_url, "GROUPCHAT_TWILIO_API_KEY"),
        *_posted("service", of_service, expected.webhook_url, "GROUPCHAT_TWILIO_SERVICE_SID"),
        *[await _number(messages, expected.account_sid, number) for number in numbers],
    ]


async def _number(messages: Calls, account_sid: str, number: str) -> CarrierFinding:
    """Say whether a number is the account's and can send MMS, which every message to a group is."""
    path = f"/Accounts/{quote(account_sid)}/IncomingPhoneNumbers.json"
    answer = await messages.get(path, params={"PhoneNumber": number})
    if not answer.taken:
        return not_shown(answer, f"the number {number}", "GROUPCHAT_TWILIO_ACCOUNT_SID, and the rights of GROUPCHAT_TWILIO_API_KEY")
    found = next((each for each in shapes.items(answer.body, "incoming_phone_numbers") if shapes.number(each) == number), None)
    if found is None:
        return CarrierFinding(good=False, says=not_owned(number))
    return sends_mms(number, capable=bool(shapes.at(found, "capabilities", "mms")))


def _configured(body: Any, account_sid: str, service_sid: str) -> Iterator[CarrierFinding]:
    account, service = shapes.text(body, "account_sid"), shapes.text(body, "default_chat_service_sid")
    if account != account_sid:
        yield CarrierFinding(
            good=False, says=f"The key is of the account {account}, but GROUPCHAT_TWILIO_ACCOUNT_SID is {account_sid}."
        )
    yield compared(
        f"The default service of Conversations is {service or 'unknown'}",
        good=service == service_sid,
        otherwise=f"GROUPCHAT_TWILIO_SERVICE_SID is {service_sid}, and must name it",
    )
    timers = [name for name in ("default_inactive_timer", "default_closed_timer") if _A_TIME.search(shapes.text(body, name))]
    says = f"Turn off {' and '.join(timers)}: Twilio doesn't match replies to a closed conversation."
    yield CarrierFinding(good=not timers, says=says if timers else "No timer closes conversations.")


def _posted(whose: str, answer: CarrierAnswer, webhook_url: str, setting: str) -> Iterator[CarrierFinding]:
    """Compare the webhooks of the account or the service with those that are needed."""
    if not answer.taken:
        yield not_shown(answer, f"the webhooks of the {whose}", setting)
        return
    url, method = shapes.text(answer.body, "post_webhook_url"), shapes.text(answer.body, "method") or "POST"
    missing = _NEEDED - {shapes.text(each) for each in shapes.items(answer.body, "filters")}
    yield compared(
        f"The post-event URL of the {whose} is {url or 'not set'}", good=url == webhook_url, otherwise=f"It should be {webhook_url}"
    )
    yield compared(f"The method of the {whose}'s webhook is {method}", good=method.upper() == "POST", otherwise="It should be POST")
    says = f"The {whose} doesn't post {' and '.join(sorted(missing))}. Select them under its webhooks."
    yield CarrierFinding(good=not missing, says=says if missing else f"The {whose} posts all events that are needed.")
