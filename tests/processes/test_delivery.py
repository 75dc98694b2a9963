"""Handing over to a carrier: once, never after an opt-out, and never twice without asking (R12, R16, R28)."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from groupchat.aggregates import delivery
from groupchat.aggregates.roster import RequestedParticipant
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, Inbound, Receipt, RecipientResult
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.commands.carrier_inbox import Arrivals, CarrierInbox
from groupchat.commands.receipts import Reported, record_all
from groupchat.commands.streams import DELIVERY
from groupchat.processes.acting import Acting
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.later import IDLE_SECONDS, LOOK_SECONDS, Later
from groupchat.processes.process import Process, PutOffError
from groupchat.store.follower import Follower
from groupchat.store.positions import park
from groupchat.store.refusals import UnavailableError
from groupchat.values.clock import utc_now
from groupchat.values.errors import NotFoundError
from tests.processes.fake_carrier import CrashError, FakeCarrier
from tests.store.counting import until
from tests.store.following import opened, reached, running
from tests.support.builders import number
from tests.support.checks import broken
from tests.support.world import CARRIER

ONE, TWO, THREE = number(1), number(2), number(3)


@pytest.fixture
async def group(world):
    """A group of three: a contact, a name, a bare number."""
    bob = await world.contact(1, "Bob")
    return await world.group(bob, RequestedParticipant(number=TWO, name="Cid"), 3)


def a_minute_later():
    """The time when a call that began now can't arrive any more."""
    return utc_now() + timedelta(minutes=1)


async def statuses(world, message_id):
    return (await world.store.load_fresh(DELIVERY, delivery.stream(message_id))).statuses


async def delivered(world, message_id):
    """Return the types of a delivery's events."""
    return await world.types(delivery.stream(message_id))


# --- the good way


async def test_a_message_is_handed_over_with_its_id_numbers_and_body_R10_R28(world, process, carrier, group):
    message_id = await world.send(group, "Hello all")
    await process.react(await world.message(message_id))

    (outgoing,) = carrier.taken
    assert (outgoing.message_id, outgoing.from_, outgoing.to) == (message_id, world.business, (ONE, TWO, THREE))
    assert (outgoing.body, outgoing.media) == ("Hello all", ())
    assert await statuses(world, message_id) == dict.fromkeys((ONE, TWO, THREE), "sent")
    assert carrier.asked == []


async def test_messages_that_are_handed_over_together_begin_in_one_append(world, process, carrier):
    groups = [await world.group(n, n + 1) for n in (1, 3, 5)]
    messages = [await world.message(await world.send(each)) for each in groups]
    appends = []
    world.store.observe(lambda number, _: appends.append(number))
    await asyncio.gather(*(process.react(each) for each in messages))

    assert len(carrier.taken) == 3
    assert sum(appends) == 2  # all began, and all have their results
    for each in messages:
        assert (await world.types(delivery.stream(each.event.message_id)))[0] == "started"


async def test_one_message_that_cannot_begin_keeps_no_other_from_it(world, process, carrier, group):
    message = await world.message(await world.send(group))
    stranger = replace(message, stream="cnv_nowhere", event=replace(message.event, message_id="msg_lost"))
    lost, sent = await asyncio.gather(process.react(stranger), process.react(message), return_exceptions=True)

    assert isinstance(lost, NotFoundError)
    assert sent is None
    assert [each.message_id for each in carrier.taken] == [message.event.message_id]


async def test_started_is_stored_before_the_call(world, process, carrier, group):
    seen = []
    message_id = await world.send(group)

    async def look(outgoing):
        seen.extend(await delivered(world, outgoing.message_id))

    carrier.on_send = look
    await process.react(await world.message(message_id))

    assert seen == ["started"]


async def test_handled_again_it_is_not_handed_over_again(world, process, carrier, group):
    message = await world.message(await world.send(group))
    await process.react(message)
    await process.react(message)

    assert len(carrier.taken) == 1
    assert carrier.asked == []


async def test_the_carriers_results_for_all_recipients_are_one_event_R28(world, process, carrier, group):
    carrier.results[ONE] = RecipientResult(recipient=ONE, status="delivered")
    carrier.results[TWO] = RecipientResult(recipient=TWO, status="failed", code="30003")
    message_id = await world.send(group)
    await process.react(await world.message(message_id))

    assert await statuses(world, message_id) == {ONE: "delivered", TWO: "failed", THREE: "sent"}
    updated = (await world.events(delivery.stream(message_id)))[-1]
    assert [(each.recipient, each.code) for each in updated.outcomes] == [(ONE, None), (TWO, "30003"), (THREE, None)]
    assert await world.types(delivery.stream(message_id)) == ["started", "updated"]


async def test_a_message_with_two_statuses_for_each_recipient_is_four_events_R28(world, process, group):
    before = len(await world.log())
    message_id = await world.send(group)
    await process.react(await world.message(message_id))
    delivered = [Receipt(message_id=message_id, recipient=each, status="delivered") for each in (ONE, TWO, THREE)]
    await record_all(world.store, [Reported(CARRIER, delivered)])

    types = [each.type.rpartition(".")[2] for each in (await world.log())[before:]]
    assert types == ["message_sent", "started", "updated", "updated"]


async def test_an_opt_out_at_the_carrier_blocks_the_group_R14(world, process, carrier, group):
    carrier.results[TWO] = RecipientResult(recipient=TWO, status="failed", code="21610", opted_out=True)
    await process.react(await world.message(await world.send(group)))

    assert (await world.state(group)).blocked_by == (TWO,)
    assert broken(await world.log()) == []


async def test_a_message_that_another_carrier_may_have_is_not_handed_over_again_R28(world, process, carrier, group):
    message = await world.message(message_id := await world.send(group))
    await world.begin(message, "earlier")

    await process.react(message)

    assert (carrier.taken, carrier.asked) == ([], [])
    assert await statuses(world, message_id) == dict.fromkeys((ONE, TWO, THREE), "unconfirmed")


# --- opt-outs: R16


async def test_a_message_accepted_before_an_opt_out_is_never_handed_over_R16(world, process, carrier, group):
    message_id = await world.send(group)
    await world.writes(2, "STOP")
    await process.react(await world.message(message_id))

    assert carrier.taken == []
    assert await statuses(world, message_id) == dict.fromkeys((ONE, TWO, THREE), "withheld")


async def test_a_message_is_withheld_though_the_group_was_unblocked_since_R16_R17(world, process, carrier):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    before = await world.send(group)
    await world.writes(2, "STOP")
    await world.writes(2, "START")
    after = await world.send(group)
    for message_id in (before, after):
        await process.react(await world.message(message_id))

    assert [outgoing.message_id for outgoing in carrier.taken] == [after]


async def test_an_opt_out_during_the_call_comes_too_late_for_it_but_not_for_the_next_R16(world, process, carrier, group):
    first, second = await world.send(group), await world.send(group)

    async def stop(outgoing):
        carrier.on_send = None
        await world.writes(2, "STOP")

    carrier.on_send = stop
    for message_id in (first, second):
        await process.react(await world.message(message_id))

    assert [outgoing.message_id for outgoing in carrier.taken] == [first]
    assert await statuses(world, second) == dict.fromkeys((ONE, TWO, THREE), "withheld")
    assert broken(await world.log()) == []


# --- crashes


@pytest.mark.parametrize("taken", [False, True], ids=["before the carrier took it", "after the carrier took it"])
async def test_after_a_crash_around_the_call_the_carrier_is_asked_and_has_it_once(
    world, carrier, process, group, database_url, taken
):
    message = await world.message(await world.send(group))
    if taken:
        carrier.after = CrashError()
    else:
        carrier.before = CrashError()
    with pytest.raises(CrashError):
        await process.react(message)
    assert await delivered(world, message.event.message_id) == ["started"]

    carrier.before = carrier.after = None
    async with opened(database_url, clock=a_minute_later) as store:
        await DeliveryProcess(store, carrier).react(message)

    assert carrier.asked == [message.event.message_id]
    assert len(carrier.taken) == 1
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "sent")


async def test_after_a_crash_before_the_carrier_took_it_an_opt_out_withholds_it_R16(world, carrier, process, group, database_url):
    message = await world.message(await world.send(group))
    carrier.before = CrashError()
    with pytest.raises(CrashError):
        await process.react(message)
    await world.writes(1, "STOP")

    carrier.before = None
    async with opened(database_url, clock=a_minute_later) as store:
        await DeliveryProcess(store, carrier).react(message)

    assert carrier.taken == []
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "withheld")


async def test_after_a_crash_a_message_of_a_carrier_that_cannot_be_asked_is_unconfirmed_and_not_repeated(
    world, carrier, process, group, database_url
):
    message = await world.message(await world.send(group))
    carrier.after = CrashError()
    with pytest.raises(CrashError):
        await process.react(message)

    carrier.after, carrier.knows = None, CarrierUnclearError("no such thing as asking")
    async with opened(database_url, clock=a_minute_later) as store:
        for _ in range(2):
            await DeliveryProcess(store, carrier).react(message)

    assert len(carrier.taken) == 1
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "unconfirmed")


class RepeatedCarrier(FakeCarrier):
    """Can't be asked about a call, but knows a repeated one."""

    async def find(self, outgoing):
        self.asked.append(outgoing.message_id)
        return "repeat"


async def test_a_call_that_may_have_arrived_is_not_repeated_after_an_opt_out_and_is_unconfirmed_R16(world, group, database_url):
    message, carrier = await world.message(await world.send(group)), RepeatedCarrier()
    carrier.after = CrashError()
    with pytest.raises(CrashError):
        await DeliveryProcess(world.store, carrier).react(message)
    await world.writes(1, "STOP")

    carrier.after = None
    async with opened(database_url, clock=a_minute_later) as store:
        await DeliveryProcess(store, carrier).react(message)

    assert len(carrier.taken) == 1
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "unconfirmed")


# --- carriers that refuse, or leave it open


async def test_an_unclear_call_leaves_it_unconfirmed_and_is_not_repeated(world, process, carrier, group):
    message = await world.message(await world.send(group))
    carrier.after = CarrierUnclearError("timed out")
    await process.react(message)
    await process.react(message)

    assert len(carrier.taken) == 1
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "unconfirmed")


async def test_a_refused_message_has_failed_for_everybody_with_the_carriers_code(world, process, carrier, group):
    message = await world.message(await world.send(group))
    carrier.before = CarrierRefusedError("40000", "too many recipients")
    await process.react(message)
    await process.react(message)

    assert carrier.taken == []
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "failed")
    updated = (await world.events(delivery.stream(message.event.message_id)))[-1]
    assert {outcome.code for outcome in updated.outcomes} == {"40000"}


async def test_a_message_that_was_refused_for_now_is_handed_over_after_a_restart_R28(world, process, carrier, group, database_url):
    message = await world.message(await world.send(group))
    carrier.before, carrier.knows = CarrierRefusedError("429", "slow down", retry_after=1.0), CarrierUnclearError("it can't tell")
    with pytest.raises(PutOffError):
        await process.react(message)
    assert set((await statuses(world, message.event.message_id)).values()) == {"queued"}
    carrier.before = None
    async with opened(database_url, clock=a_minute_later) as store:
        await DeliveryProcess(store, carrier).react(message)

    assert (carrier.asked, len(carrier.taken)) == ([], 1)
    assert set((await statuses(world, message.event.message_id)).values()) == {"sent"}


async def test_a_call_after_a_refused_one_is_asked_about_after_a_restart_R28(world, process, carrier, group, database_url):
    message = await world.message(await world.send(group))
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=0.0)
    with pytest.raises(PutOffError):
        await process.react(message)
    carrier.before, carrier.after = None, CarrierUnclearError("cut off", retry_after=0.0)
    with pytest.raises(PutOffError):
        await process.react(message)
    async with opened(database_url, clock=a_minute_later) as store:
        await DeliveryProcess(store, carrier).react(message)

    assert (carrier.asked, len(carrier.taken)) == ([message.event.message_id], 1)
    types = await world.types(delivery.stream(message.event.message_id))
    assert types == ["started", "call_refused", "started", "updated"]


@pytest.mark.parametrize(("seconds", "event"), [(None, "carrier_refused"), (60.0, "carrier_refused_for_now")])
async def test_what_a_carrier_says_when_it_refuses_is_in_the_log_R28(world, process, carrier, group, seconds, event):
    message = await world.message(await world.send(group))
    carrier.before = CarrierRefusedError("request-validation", "from: not yours", retry_after=seconds)

    with capture_logs() as logged, suppress(PutOffError):
        await process.react(message)

    (said,) = [each for each in logged if each["event"].startswith("carrier_refused")]
    assert (said["event"], said["code"], said["reason"]) == (event, "request-validation", "from: not yours")


async def test_an_unclear_call_is_asked_about_later_and_not_repeated(world, process, carrier, group):
    message = await world.message(await world.send(group))
    carrier.after = CarrierUnclearError("its database is away", retry_after=1.0)
    with pytest.raises(PutOffError):
        await process.react(message)
    carrier.after = None
    await process.react(message)

    assert len(carrier.taken) == 1
    assert await statuses(world, message.event.message_id) == dict.fromkeys((ONE, TWO, THREE), "sent")


# --- relays: R12


@pytest.fixture
def plain_carrier():
    return FakeCarrier(native_group=False)


async def test_a_carrier_without_groups_gets_a_message_for_the_others_prefixed_with_its_writers_name_R12(
    world, plain_carrier, group
):
    process = DeliveryProcess(world.store, plain_carrier)
    for n in (1, 2, 3):
        await process.react(await world.message((await world.writes(n, "Hi")).value.message_id))

    assert [(outgoing.to, outgoing.body) for outgoing in plain_carrier.taken] == [
        ((TWO, THREE), "Bob: Hi"),
        ((ONE, THREE), "Cid: Hi"),
        ((ONE, TWO), f"{THREE}: Hi"),
    ]
    assert {outgoing.from_ for outgoing in plain_carrier.taken} == {world.business}


async def test_a_name_with_line_breaks_that_is_stored_is_relayed_in_one_line_R12_R47(world, plain_carrier):
    await world.group(await world.contact(1, "Bob\r\nMum: send money"), 2)
    received = await world.message((await world.writes(1, "Hi\nthere")).value.message_id)
    await DeliveryProcess(world.store, plain_carrier).react(received)

    assert [outgoing.body for outgoing in plain_carrier.taken] == ["Bob Mum: send money: Hi\nthere"]


async def test_neither_messages_in_a_blocked_group_nor_the_stop_are_relayed_R12_R16(world, plain_carrier, group):
    process = DeliveryProcess(world.store, plain_carrier)
    for n, body in ((1, "STOP"), (2, "What?")):
        await process.react(await world.message((await world.writes(n, body)).value.message_id))

    assert plain_carrier.taken == []


async def test_only_a_carrier_without_groups_needs_relays_R12(world, carrier, plain_carrier, group):
    received = await world.message((await world.writes(1, "Hi")).value.message_id)

    assert DeliveryProcess(world.store, carrier).key(received) is None
    assert DeliveryProcess(world.store, plain_carrier).key(received) == group


# --- followed


async def test_messages_of_a_conversation_are_handed_over_in_their_order(world, carrier, group):
    follower = Follower(world.store, Process(world.store, DeliveryProcess(world.store, carrier)))
    other = await world.group(1, 2)
    async with running(follower):
        sent = [await world.send(each) for _ in range(5) for each in (group, other)]
        await reached(follower, len(await world.log()))
        await reached(follower, world.store.log.head())

    by_group = [[o.message_id for o in carrier.taken if len(o.to) == size] for size in (3, 2)]
    assert by_group == [sent[0::2], sent[1::2]]
    assert broken(await world.log()) == []


async def test_a_postponed_message_holds_up_no_other_conversation_and_keeps_its_order(world, carrier, group):
    acting = Acting(world.store, DeliveryProcess(world.store, carrier))
    other = await world.group(1, 2)
    refusing = asyncio.Event()

    async def refuse_the_group_of_three(outgoing):
        if len(outgoing.to) == 3 and not refusing.is_set():
            raise CarrierRefusedError("429", "slow down", retry_after=0.02)

    carrier.on_send = refuse_the_group_of_three
    async with running(acting):
        first, second = [await world.send(each, body) for body in ("first", "second") for each in (group, other)][::2]
        await until(lambda: [len(outgoing.to) for outgoing in carrier.taken] == [2, 2])
        third = await world.send(group, "third")
        await reached(acting.follower, len(await world.log()))
        assert [len(outgoing.to) for outgoing in carrier.taken] == [2, 2]
        refusing.set()
        await until(lambda: len(carrier.taken) == 5)

    assert [outgoing.message_id for outgoing in carrier.taken if len(outgoing.to) == 3] == [first, second, third]
    assert broken(await world.log()) == []


async def test_a_put_off_message_is_handed_over_by_another_process_after_the_first_ended(world, carrier, group, database_url):
    process = Process(world.store, DeliveryProcess(world.store, carrier))
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=0.01)
    message_id = await world.send(group)
    while await Follower(world.store, process).step():
        pass
    assert carrier.taken == []

    carrier.before = None
    async with opened(database_url, clock=a_minute_later) as store, running(Acting(store, DeliveryProcess(store, carrier))):
        await until(lambda: len(carrier.taken) == 1)
    assert carrier.taken[0].message_id == message_id


async def test_a_put_off_message_is_withheld_when_somebody_opts_out_meanwhile_R16(world, carrier, group):
    process = Process(world.store, DeliveryProcess(world.store, carrier))
    follower = Follower(world.store, process)
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=0.0)
    message_id = await world.send(group)
    while await follower.step():
        pass
    await world.writes(2, "STOP")
    carrier.before = None
    await Later(world.store, process, follower).step()

    assert carrier.taken == []
    assert set((await statuses(world, message_id)).values()) == {"withheld"}


async def test_a_process_that_has_put_off_nothing_looks_for_nothing(world, carrier, group):
    process = Process(world.store, DeliveryProcess(world.store, carrier))
    follower, later = Follower(world.store, process), Later(world.store, process, Follower(world.store, process))
    assert await later.step() == IDLE_SECONDS

    carrier.before = CarrierRefusedError("429", "slow down", retry_after=60.0)
    await world.send(group)
    while await follower.step():
        pass
    assert process.put_off.is_set(), "it is woken"
    assert await later.step() == LOOK_SECONDS


async def test_a_put_off_message_that_cannot_be_handled_stops_delivery_until_it_is_parked(world, carrier, group):
    process = Process(world.store, DeliveryProcess(world.store, carrier))
    follower, later = Follower(world.store, process), Later(world.store, process, Follower(world.store, process))
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=0.0)
    message = await world.message(await world.send(group))
    behind = await world.send(group)
    while await follower.step():
        pass

    carrier.before = ValueError("no such answer")
    await later.step()
    assert (follower.status().stopped_at, follower.status().error) == (message.position, "ValueError: no such answer")
    assert await later.step() == LOOK_SECONDS

    park(world.store.database, follower.name)
    carrier.before = None
    await later.step()
    await later.step()
    assert [outgoing.message_id for outgoing in carrier.taken] == [behind]


async def test_an_outage_for_one_conversation_does_not_make_another_be_handed_over_twice(world, carrier, group):
    """Running reactions finish before the batch comes again."""
    follower = Follower(world.store, Process(world.store, DeliveryProcess(world.store, carrier)))
    other = await world.group(1, 2)
    sent = [await world.send(group), await world.send(other)]
    tries = []
    came_again = asyncio.Event()

    async def one_refuses_while_the_other_takes_long(outgoing):
        tries.append(outgoing.message_id)
        if tries.count(sent[0]) == 1 and outgoing.message_id == sent[0]:
            raise UnavailableError("away")
        if outgoing.message_id == sent[0]:
            came_again.set()
        else:
            with suppress(TimeoutError):  # it can't come before this call has ended
                await asyncio.wait_for(came_again.wait(), 0.3)

    carrier.on_send = one_refuses_while_the_other_takes_long
    async with running(follower):
        await reached(follower, world.store.log.head())

    assert sorted(outgoing.message_id for outgoing in carrier.taken) == sorted(sent)


# --- what a carrier refuses for now


async def test_a_carrier_is_not_asked_about_a_message_that_it_refused_for_now_R28(world, process, carrier, group):
    message_id = await world.send(group)
    carrier.before, carrier.knows = CarrierRefusedError("429", "slow down", retry_after=0.0), CarrierUnclearError("it can't tell")
    for _ in range(2):
        with pytest.raises(PutOffError):
            await process.react(await world.message(message_id))
    carrier.before = None
    await process.react(await world.message(message_id))

    assert (carrier.asked, len(carrier.taken)) == ([], 1)
    assert set((await statuses(world, message_id)).values()) == {"sent"}


async def test_a_carrier_is_asked_about_a_later_call_that_it_did_not_refuse_R28(world, process, carrier, group):
    message_id = await world.send(group)
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=0.0)
    with pytest.raises(PutOffError):
        await process.react(await world.message(message_id))
    carrier.before, carrier.after = None, CarrierUnclearError("cut off", retry_after=0.0)
    with pytest.raises(PutOffError):
        await process.react(await world.message(message_id))
    await process.react(await world.message(message_id))

    assert (carrier.asked, len(carrier.taken)) == ([message_id], 1)


# --- forwarding, where no network does it


async def inbound_of(world, carrier, group, body):
    """Let the second person write through a carrier, and return the event. The process that stored it does nothing more."""
    inbound = Inbound(from_=TWO, to=world.business, group=(ONE, THREE), body=body, media=(), carrier_message_id=f"{carrier}_1")
    await CarrierInbox(Arrivals(world.store), carrier).inbound(inbound)
    return world.store.log.stream(group)[-1]


async def test_what_a_participant_wrote_reaches_the_others_once_by_following_the_log_R12(world, group):
    simulator = Simulator(world.store.database)
    message = await inbound_of(world, simulator.name, group, "Hi")
    for _ in range(2):
        await DeliveryProcess(world.store, simulator, forwarding=simulator).react(message)

    received = [await simulator.handset(each) for each in (ONE, TWO, THREE)]
    assert [[(each.from_, each.body, each.group) for each in items] for items in received] == [
        [(TWO, "Hi", (TWO, THREE))],
        [],
        [(TWO, "Hi", (ONE, TWO))],
    ]
    assert await delivered(world, message.event.message_id) == []


async def test_only_what_came_through_the_carrier_is_forwarded_R12(world, group):
    simulator = Simulator(world.store.database)
    message = await inbound_of(world, "telnyx", group, "Hi")
    await DeliveryProcess(world.store, simulator, forwarding=simulator).react(message)
    assert await simulator.handset(ONE) == []


async def test_what_cannot_be_forwarded_now_is_forwarded_later_R12(world, group):
    simulator = Simulator(Failing(world.store.database))
    message = await inbound_of(world, simulator.name, group, "Hi")
    process = Process(world.store, DeliveryProcess(world.store, simulator, forwarding=simulator))
    with pytest.raises(OperationalError):
        await process.handle([message], message.position)
    await process.handle([message], message.position)
    assert [each.body for each in await simulator.handset(ONE)] == ["Hi"]


class Failing:
    """A database whose first transaction fails as if it was away."""

    def __init__(self, database):
        self.read, self._database, self._failed = database.read, database, False

    def write(self, **given):
        if not self._failed:
            self._failed = True
            raise OperationalError("INSERT", {}, Exception("gone"))
        return self._database.write(**given)
