"""The carrier is chosen by name, or given from outside."""

import httpx
import pytest

from groupchat.adapters import Adapter
from groupchat.bootstrap import assemble, working
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.demo.clock import StoryClock
from groupchat.demo.workspace import NoHandsetsError, prepare
from groupchat.processes.delivery import DeliveryProcess
from groupchat.settings import Settings, SettingsError, from_environment
from tests.carriers.telnyx.fake import PUBLIC_KEY
from tests.http.site import client_of
from tests.processes.fake_carrier import FakeCarrier
from tests.support.world import a_world


@pytest.mark.parametrize("named", [{}, {"GROUPCHAT_CARRIER": "simulator"}])
def test_the_settings_name_the_carrier(store, named):
    system = assemble(from_environment(named), store.database, store.signals, store)

    assert isinstance(system.adapters[0].carrier, Simulator)
    assert "simulator" in system.workers


TELNYX = {
    "GROUPCHAT_TELNYX_API_KEY": "KEY",
    "GROUPCHAT_TELNYX_PUBLIC_KEY": PUBLIC_KEY,
    "GROUPCHAT_TELNYX_MESSAGING_PROFILE_ID": "profile",
}
BANDWIDTH = {
    f"GROUPCHAT_BANDWIDTH_{name}": "x"
    for name in ("ACCOUNT_ID", "APPLICATION_ID", "USER", "PASSWORD", "WEBHOOK_USER", "WEBHOOK_PASSWORD")
}
TWILIO = {
    f"GROUPCHAT_TWILIO_{name}": "x"
    for name in ("ACCOUNT_SID", "API_KEY", "API_SECRET", "AUTH_TOKEN", "MESSAGING_SERVICE_SID", "SERVICE_SID")
}
PUBLIC = {"GROUPCHAT_PUBLIC_URL": "https://chat.example.com/"}


@pytest.mark.parametrize("default", ["simulator", "telnyx", "bandwidth", "twilio"])
async def test_all_configured_carriers_work_side_by_side_the_default_first_R43(store, default):
    system = assemble(
        from_environment(TELNYX | BANDWIDTH | TWILIO | PUBLIC | {"GROUPCHAT_CARRIER": default}),
        store.database,
        store.signals,
        store,
    )
    names = [each.carrier.name for each in system.adapters]

    assert names[0] == default
    assert set(names) == {"telnyx", "bandwidth", "twilio", default}
    assert set(system.services.carrier_webhooks) == {"telnyx", "bandwidth", "twilio", default}
    await system.close()


@pytest.mark.parametrize(
    ("carrier", "own", "foreign", "credentials"),
    [
        ("telnyx", "https://media.telnyx.com/a.jpg", "https://api.telnyx.com/v2/messages", False),
        (
            "bandwidth",
            "https://messaging.bandwidth.com/api/v2/users/x/media/14762070468292kw2fuqty55yp2b2/0/bw.png",
            "https://messaging.bandwidth.com/api/v2/users/y/media/1",
            True,
        ),
        (
            "twilio",
            "https://mcs.us1.twilio.com/v1/Services/IS1/Media/ME1",
            "https://api.twilio.com/2010-04-01/Accounts/y/Messages/MM1/Media/ME1",
            True,
        ),
        (
            "twilio",
            "https://api.twilio.com/2010-04-01/Accounts/x/Messages/MM1/Media/ME1",
            "https://api.twilio.com/2010-04-01/Accounts/x/Keys.json",
            True,
        ),
    ],
)
async def test_credentials_are_only_for_the_carriers_own_addresses_of_files_R46(store, carrier, own, foreign, credentials):
    system = assemble(
        from_environment(TELNYX | BANDWIDTH | TWILIO | PUBLIC | {"GROUPCHAT_CARRIER": carrier}),
        store.database,
        store.signals,
        store,
    )
    source = system.adapters[0].media

    assert source.has(httpx.URL(own))
    assert not source.has(httpx.URL(foreign))
    assert ("authorization" in source.headers) == credentials
    await system.close()


def test_an_api_key_that_no_header_can_have_is_refused_at_start_without_being_shown_R43(store):
    settings = from_environment(TELNYX | PUBLIC | {"GROUPCHAT_TELNYX_API_KEY": "KEYÖ"})

    with pytest.raises(SettingsError, match="GROUPCHAT_TELNYX_API_KEY is not an API key") as refused:
        assemble(settings, store.database, store.signals, store)
    assert "KEYÖ" not in str(refused.value)


def test_a_public_key_that_is_not_one_is_refused_at_start_R45(store):
    settings = from_environment(TELNYX | PUBLIC | {"GROUPCHAT_TELNYX_PUBLIC_KEY": "nonsense"})

    with pytest.raises(SettingsError, match="GROUPCHAT_TELNYX_PUBLIC_KEY is not a public key"):
        assemble(settings, store.database, store.signals, store)


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("GROUPCHAT_CARRIER", "telnix", "Use one of: simulator, telnyx, bandwidth, twilio."),
        ("GROUPCHAT_LOG_FORMAT", "xml", "Use one of: text, json."),
        ("GROUPCHAT_KAFKA_SASL_MECHANISM", "NTLM", "Use one of: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512."),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(name, given, allowed):
    with pytest.raises(SettingsError) as refused:
        from_environment({name: given})

    assert str(refused.value) == f"{name} is {given!r}. {allowed}"


async def test_a_carrier_can_be_given_from_outside(store):
    carrier = FakeCarrier()
    system = assemble(Settings(), store.database, store.signals, store, adapter=Adapter(carrier=carrier))
    world = await a_world(store)
    async with working(system, [DeliveryProcess.name]):
        group = await world.create(1, 2)
        message_id = await world.send(group.value.conversation_id)
        assert await system.progress.wait_for([DeliveryProcess.name], store.log.head(), 20)

    assert [outgoing.message_id for outgoing in carrier.taken] == [message_id]
    assert {carrier.name, "simulator"}.isdisjoint(system.workers)
    async with client_of(system.services) as client:
        assert not [path for path in (await client.get("/openapi.json")).json()["paths"] if "simulator" in path]


async def test_the_demo_texts_nobody_over_another_carrier(store):
    system = assemble(Settings(), store.database, store.signals, store, adapter=Adapter(carrier=FakeCarrier()))

    with pytest.raises(NoHandsetsError, match="Leave GROUPCHAT_CARRIER unset"):
        await prepare(system, StoryClock())
    assert store.log.head() == 0
