"""The commands about carriers: checking a setup, and settling outcomes that a carrier does not know."""

import asyncio

import pytest

from groupchat.aggregates import delivery
from groupchat.carriers.port import Receipt
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.streams import DELIVERY
from groupchat.settings import CARRIERS
from tests.store.following import opened
from tests.support.builders import number
from tests.support.world import CARRIER, a_world


def test_a_carrier_that_is_not_configured_cannot_be_checked(groupchat, sqlite_url):
    refused = groupchat(sqlite_url, "carrier", "check", "telnyx")

    assert refused.code == 1
    assert "The carrier 'telnyx' is not configured" in refused.err


@pytest.mark.parametrize("name", ["simulator", "vonage"])
def test_a_carrier_that_needs_no_account_or_is_unknown_cannot_be_checked(groupchat, sqlite_url, name):
    refused = groupchat(sqlite_url, "carrier", "check", name)

    assert refused.code == 1
    assert f"There is no carrier '{name}' to check. Use one of: telnyx, bandwidth, twilio." in refused.err


def test_a_check_of_a_carrier_that_cannot_be_reached_says_so(groupchat, sqlite_url):
    needed = dict.fromkeys(CARRIERS["bandwidth"], "x") | {"public_url": "https://chat.example.com"}
    checked = groupchat(sqlite_url, "carrier", "check", "bandwidth", **needed, bandwidth_url="http://127.0.0.1:1")

    assert checked.code == 1
    assert "TODO  The carrier could not be reached" in checked.out


async def unconfirmed(url: str) -> str:
    """Store a message whose outcome the carrier does not know; return its id."""
    async with opened(url) as store:
        world = await a_world(store)
        message_id = await world.send(await world.group(1, 2))
        await world.begin(await world.message(message_id))
        numbers = (await store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses
        receipts = [Receipt(message_id=message_id, recipient=each, status="unconfirmed") for each in numbers]
        await record_all(store, [Reported(CARRIER, receipts)])
        return message_id


async def statuses(url: str, message_id: str) -> set[str]:
    async with opened(url) as store:
        return set((await store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses.values())


def test_an_outcome_that_the_carrier_does_not_know_is_settled_with_a_reason_R28(groupchat, sqlite_url):
    message_id = asyncio.run(unconfirmed(sqlite_url))
    settled = groupchat(sqlite_url, "settle", message_id, "delivered", "--reason", "Bob replied by phone")
    again = groupchat(sqlite_url, "settle", message_id, "failed", "--reason", "No")

    assert (settled.code, again.code) == (0, 1)
    assert "Only a status that is unconfirmed can be settled" in again.err
    assert asyncio.run(statuses(sqlite_url, message_id)) == {"delivered"}


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "\x1b[31m"])
def test_a_settlement_with_a_reason_that_says_nothing_changes_nothing_R28(groupchat, sqlite_url, reason):
    message_id = asyncio.run(unconfirmed(sqlite_url))
    settled = groupchat(sqlite_url, "settle", message_id, "delivered", "--reason", reason)

    assert (settled.code, "(R47)" in settled.err) == (1, True)
    assert asyncio.run(statuses(sqlite_url, message_id)) == {"unconfirmed"}


def test_a_number_that_is_not_a_recipient_cannot_be_settled_R28(groupchat, sqlite_url):
    message_id = asyncio.run(unconfirmed(sqlite_url))
    settled = groupchat(sqlite_url, "settle", message_id, "delivered", "--reason", "x", "--number", number(7))

    assert (settled.code, f"The message was not sent to {number(7)}." in settled.err) == (1, True)


@pytest.mark.parametrize("arguments", [("msg_1", "delivered"), ("msg_1", "sent", "--reason", "x")])
def test_a_settlement_needs_a_reason_and_a_known_status(groupchat, sqlite_url, arguments):
    assert groupchat(sqlite_url, "settle", *arguments).code == 2
