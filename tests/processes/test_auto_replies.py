"""Handing over automatic replies: through the same steps as any message, once, within five minutes, and to one person (R41)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.aggregates import delivery
from groupchat.aggregates.group_events import AutoReplied, MessageSent
from groupchat.carriers.port import CarrierRefusedError, CarrierUnclearError, RecipientResult
from groupchat.commands import reviews
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import DeliveryProcess
from groupchat.processes.process import PutOffError
from groupchat.store.database import Database
from groupchat.values.clock import utc_now
from groupchat.values.errors import RefusalError
from groupchat.values.event import Recorded
from tests.processes.fake_carrier import CrashError, FakeCarrier
from tests.projections.histories import forget_everything
from tests.store.following import opened
from tests.support.builders import number
from tests.support.checks import broken
from tests.support.world import World, a_world

ONE, TWO = number(1), number(2)


async def the_reply(world: World) -> Recorded:
    """Return the only automatic reply."""
    (reply,) = [each for each in await world.log() if isinstance(each.event, AutoReplied)]
    return reply


async def statuses(world: World, reply: Recorded) -> dict[str, str]:
    state = await world.store.load_fresh(DELIVERY, delivery.stream(reply.event.message_id))
    assert state is not None
    return state.statuses


def after(**given: float) -> Callable[[], datetime]:
    """Return a clock that stands still, so long after now."""
    later = utc_now() + timedelta(**given)
    return lambda: later


async def test_a_confirmation_goes_to_the_one_who_opted_out_and_to_nobody_else_R41(world, process, carrier):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    await process.react(reply)
    await process.react(reply)

    (outgoing,) = carrier.taken
    assert (outgoing.from_, outgoing.to, outgoing.body) == (world.business, (ONE,), reply.event.body)
    assert await statuses(world, reply) == {ONE: "sent"}
    assert broken(await world.log()) == []


async def test_a_confirmation_does_not_wait_for_earlier_messages_of_its_conversation_R41(world, process):
    group = await world.group(1, 2)
    sent = await world.message(await world.send(group))
    await world.writes(1, "STOP")

    assert process.key(await the_reply(world)) != process.key(sent)


async def test_a_confirmation_that_waited_five_minutes_is_withheld_and_credited_R41(world, carrier, database_url):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    async with opened(database_url, clock=after(minutes=5)) as store:
        await DeliveryProcess(store, carrier).react(reply)

    assert carrier.taken == []
    assert await statuses(world, reply) == {ONE: "withheld"}
    (withheld,) = await world.events(delivery.stream(reply.event.message_id))
    assert withheld.rate == reply.event.rate


async def test_a_confirmation_that_the_carrier_refuses_for_now_is_not_tried_after_five_minutes_R41(
    world, process, carrier, database_url
):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    carrier.before = CarrierRefusedError("429", "slow down", retry_after=240.0)
    with pytest.raises(PutOffError):
        await process.react(reply)
    carrier.before = None
    async with opened(database_url, clock=after(minutes=6)) as store:
        await DeliveryProcess(store, carrier).react(reply)

    assert (carrier.calls, carrier.taken) == (1, [])
    assert await statuses(world, reply) == {ONE: "withheld"}


async def test_a_confirmation_that_failed_is_never_tried_again_R41(world, process, carrier):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    carrier.results[ONE] = RecipientResult(recipient=ONE, status="failed", code="21610", opted_out=True)
    await process.react(reply)
    await process.react(reply)

    assert len(carrier.taken) == 1
    assert await statuses(world, reply) == {ONE: "failed"}
    assert await the_reply(world) == reply, "the carrier's word is no new opt-out to confirm"


@pytest.mark.parametrize(("minutes", "taken", "status"), [(2, True, "sent"), (2, False, "sent"), (6, True, "sent")])
async def test_after_a_crash_around_the_call_the_confirmation_goes_once_R41(
    world, process, carrier, database_url, minutes, taken, status
):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    carrier.after, carrier.before = (CrashError(), None) if taken else (None, CrashError())
    with pytest.raises(CrashError):
        await process.react(reply)
    carrier.after = carrier.before = None
    async with opened(database_url, clock=after(minutes=minutes)) as store:
        await DeliveryProcess(store, carrier).react(reply)

    assert len(carrier.taken) == 1
    assert await statuses(world, reply) == {ONE: status}


async def test_after_a_crash_before_the_call_a_confirmation_is_withheld_once_its_time_is_over_R41(
    world, process, carrier, database_url
):
    await world.group(1, 2)
    await world.writes(1, "STOP")
    reply = await the_reply(world)
    carrier.before = CrashError()
    with pytest.raises(CrashError):
        await process.react(reply)
    carrier.before = None
    async with opened(database_url, clock=after(minutes=6)) as store:
        await DeliveryProcess(store, carrier).react(reply)

    assert carrier.taken == []
    assert await statuses(world, reply) == {ONE: "withheld"}


async def test_a_confirmation_is_withheld_from_somebody_who_is_in_again_and_help_from_somebody_who_is_out_R41(
    world, process, carrier
):
    await world.group(1, 2)
    for n, body in ((1, "STOP"), (1, "START"), (2, "HELP"), (2, "STOP")):
        await world.writes(n, body)
    for reply in [each for each in await world.log() if isinstance(each.event, AutoReplied)]:
        await process.react(reply)

    assert [(outgoing.to, outgoing.body.endswith("opt in again.")) for outgoing in carrier.taken] == [((TWO,), True)]


# --- any interleaving

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("writes"), st.integers(1, 3), st.sampled_from(("STOP", "STOP", "START", "HELP", "Hi", "Take me off"))),
        st.tuples(st.just("judge"), st.booleans(), st.none()),
        st.tuples(st.just("send"), st.none(), st.none()),
        st.tuples(st.just("react"), st.integers(0, 9), st.sampled_from(("fine", "dies before", "dies after", "later", "unclear"))),
        st.tuples(st.just("wait"), st.sampled_from((1, 40, 61, 250, 3_700)), st.none()),
    ),
    min_size=4,
    max_size=24,
)


class Course:
    """A world with two groups, its clock, and a carrier that gets into trouble; `took` is when which message went to whom."""

    def __init__(self, world: World, clock: list[datetime]) -> None:
        self.world, self.clock, self.carrier = world, clock, FakeCarrier()
        self.took: list[tuple[datetime, str, tuple[str, ...]]] = []
        self.groups: list[str] = []
        self.carrier.on_send = self._note

    async def _note(self, outgoing) -> None:
        if self.carrier.before is None:
            self.took.append((self.clock[0], outgoing.message_id, outgoing.to))

    async def run(self, steps) -> None:
        self.groups = [await self.world.group(1, 2), await self.world.group(1, 3)]
        for what, first, second in steps:
            match what:
                case "writes":
                    await self.world.writes(first, second)
                case "judge":
                    await self._judge(is_opt_out=first)
                case "send":
                    with suppress(RefusalError):
                        await self.world.send(self.groups[0])
                case "react":
                    await self._react(first, second)
                case "wait":
                    self.clock[0] += timedelta(seconds=first)
        for _ in range(3):  # every message gets to its end
            self.clock[0] += timedelta(seconds=61)
            for n in range(len(await self._messages())):
                await self._react(n, "fine")

    async def _judge(self, *, is_opt_out: bool) -> None:
        opened = [each.event.message_id for each in await self.world.log() if each.type == "groupchat.review.opened"]
        with suppress(RefusalError):
            await self.world.run(reviews.settle_review, opened[-1] if opened else "msg_x", is_opt_out=is_opt_out, note=None)

    async def _messages(self) -> list[Recorded]:
        return [each for each in await self.world.log() if isinstance(each.event, MessageSent | AutoReplied)]

    async def _react(self, n: int, trouble: str) -> None:
        """Let a process that has just started handle one of the messages."""
        messages = await self._messages()
        self.carrier.before = {
            "dies before": CrashError(),
            "later": CarrierRefusedError("429", "slow down", retry_after=30.0),
        }.get(trouble)
        self.carrier.after = {"dies after": CrashError(), "unclear": CarrierUnclearError("cut off", retry_after=5.0)}.get(trouble)
        if messages:
            with suppress(CrashError, PutOffError):
                await DeliveryProcess(self.world.store, self.carrier).react(messages[n % len(messages)])


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_happens_each_opt_out_has_at_most_one_confirmation_in_time_and_nothing_else_goes_R41(sqlite_url, steps):
    database = Database(sqlite_url)
    forget_everything(database)
    database.close()
    clock = [utc_now()]
    async with opened(sqlite_url, clock=lambda: clock[0]) as store:
        course = Course(await a_world(store), clock)
        await course.run(steps)
        log = await course.world.log()

    assert broken(log) == []
    ids = [message_id for _, message_id, _ in course.took]
    assert len(ids) == len(set(ids)), "no message goes twice"
    replies = {each.event.message_id: each.event for each in log if isinstance(each.event, AutoReplied)}
    for at, message_id, to in course.took:
        if (reply := replies.get(message_id)) is not None:
            assert (to, at < reply.send_by) == ((reply.number,), True)
