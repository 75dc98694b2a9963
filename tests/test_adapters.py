"""The carrier is chosen by name, or given from outside."""

import pytest

from groupchat.adapters import Adapter
from groupchat.bootstrap import assemble, working
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.demo import NoHandsetsError, prepare
from groupchat.processes.delivery import DeliveryProcess
from groupchat.settings import Settings, SettingsError, from_environment
from tests.http.site import client_of
from tests.processes.fake_carrier import FakeCarrier
from tests.support.world import a_world


@pytest.mark.parametrize("named", [{}, {"GROUPCHAT_CARRIER": "simulator"}])
def test_the_settings_name_the_carrier(store, named):
    system = assemble(from_environment(named), store.database, store.signals, store)

    assert isinstance(system.adapter.carrier, Simulator)
    assert "simulator" in system.workers


@pytest.mark.parametrize(
    ("name", "given", "allowed"),
    [
        ("GROUPCHAT_CARRIER", "telnix", "Use one of: simulator."),
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
        await system.progress.wait_for([DeliveryProcess.name], store.log.head(), 20)

    assert [outgoing.message_id for outgoing in carrier.taken] == [message_id]
    assert {carrier.name, "simulator"}.isdisjoint(system.workers)
    async with client_of(system.services()) as client:
        assert not [path for path in (await client.get("/openapi.json")).json()["paths"] if "simulator" in path]


async def test_the_demo_texts_nobody_over_another_carrier(store):
    system = assemble(Settings(), store.database, store.signals, store, adapter=Adapter(carrier=FakeCarrier()))

    with pytest.raises(NoHandsetsError, match="Leave GROUPCHAT_CARRIER unset"):
        await prepare(system)
    assert store.log.head() == 0
