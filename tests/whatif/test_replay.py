"""What if: under its own policy, history does not differ; under another one, exactly where the rules say so."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groupchat.aggregates.delivery_events import Withheld
from groupchat.aggregates.group_events import AutoReplied, Created, MessageSent
from groupchat.aggregates.policy import ChangePolicy
from groupchat.aggregates.workspace_state import PostedRate
from groupchat.store.database import Database
from groupchat.values.event import Recorded
from groupchat.whatif.policy_file import OtherPolicy
from tests.moving.exports import kept
from tests.projections.histories import forget_everything
from tests.store.following import opened
from tests.support.builders import BUSINESS, a_rate, canadian_number, number
from tests.support.world import World, a_world
from tests.whatif.plays import LONG_AGO, Play, replayed, steps, with_rate

random_histories = settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
NOW = datetime(2025, 1, 31, tzinfo=UTC)


def policy(**change: object) -> OtherPolicy:
    return OtherPolicy(change=ChangePolicy(**change))


def rates(price: str, currency: str = "USD") -> tuple[PostedRate, ...]:
    return (PostedRate(LONG_AGO, a_rate(price, currency), NOW),)


OMITS = OtherPolicy(opt_out_effect="omit")


@asynccontextmanager
async def an_empty_world(url: str):
    """A world of its own for each random history."""
    database = Database(url)
    forget_everything(database)
    database.close()
    async with opened(url) as store:
        yield await a_world(store)


def summaries(differences) -> list[tuple[str, str, str]]:
    """Return of each difference which event, and how it came out and would have."""
    return [(each.event, each.was.outcome, each.would_be.outcome) for each in differences]


def sums(summary) -> dict[str, tuple[Decimal, Decimal]]:
    return {each.currency: (each.was, each.would_be) for each in summary.amounts}


def segments(log: Sequence[Recorded]) -> int:
    """Return how many segments are billed in all: R24 and R16, by counting."""
    sent = sum(len(each.event.recipients) for each in log if isinstance(each.event, MessageSent))
    sent += sum(isinstance(each.event, AutoReplied) for each in log)
    back = sum(len(each.event.recipients) for each in log if isinstance(each.event, Withheld) and each.event.rate is not None)
    return sent - back


# --- laws, for any history


@random_histories
@given(play=steps(), reopens=st.booleans())
async def test_nothing_differs_under_the_very_policy_and_rates_that_were_in_effect(sqlite_url, play, reopens):
    async with an_empty_world(sqlite_url) as world:
        await world.policy(reopen_on_opt_in=reopens, max_participants=5)
        await with_rate(world, "0.0300")
        log = await Play(world).run(play)
        same = policy(min_participants=2, max_participants=5, allowed_regions=("US", "CA"), reopen_on_opt_in=reopens)

        for other in (OtherPolicy(), OtherPolicy(change=same.change, rates=rates("0.03"))):
            differences, summary = replayed(world, other)
            assert differences == []
            assert (summary.count, summary.conversations) == (0, ())
            assert sums(summary) in ({}, {"USD": (Decimal("0.03") * segments(log),) * 2})
            assert summary.groups.was == summary.groups.would_be == sum(isinstance(each.event, Created) for each in log)
            assert summary.messages.was == summary.messages.would_be == sum(isinstance(each.event, MessageSent) for each in log)


@random_histories
@given(play=steps(), most=st.integers(2, 5))
async def test_under_a_lower_limit_exactly_the_groups_above_it_are_refused_R1(sqlite_url, play, most: int):
    async with an_empty_world(sqlite_url) as world:
        log = await Play(world).run(play)
        refused: set[str] = set()
        for each in log:
            if isinstance(each.event, Created) and (len(each.event.roster) > most or each.event.predecessor_id in refused):
                refused.add(each.stream)

        differences, summary = replayed(world, policy(max_participants=most))

        assert {each.conversation_id for each in differences if each.kind == "group"} == refused
        unsent = {each.id for each in log if isinstance(each.event, MessageSent | AutoReplied) and each.stream in refused}
        assert {each.event for each in differences if each.kind == "message"} == unsent
        assert {each.conversation_id for each in differences} == refused
        left = segments([each for each in log if conversation_of(each) not in refused])
        assert sums(summary) in ({}, {"USD": (Decimal("0.02") * segments(log), Decimal("0.02") * left)})


@random_histories
@given(play=steps(), price=st.decimals(0, 10, places=6))
async def test_amounts_are_segments_times_the_rate_to_the_last_digit_R25(sqlite_url, play, price: Decimal):
    async with an_empty_world(sqlite_url) as world:
        log = await Play(world).run(play)

        differences, summary = replayed(world, OtherPolicy(rates=rates(f"{price:f}", "CAD")))

        billed = {each.id for each in log if isinstance(each.event, MessageSent | AutoReplied)}
        back = {each.id for each in log if isinstance(each.event, Withheld) and each.event.rate is not None}
        assert {each.event for each in differences} == billed | back
        assert sums(summary) == (
            {"CAD": (Decimal(0), price * segments(log)), "USD": (Decimal("0.02") * segments(log), Decimal(0))} if billed else {}
        )


@random_histories
@given(play=steps(), reopens=st.booleans())
async def test_if_opt_outs_only_omit_nothing_is_blocked_and_no_message_is_lost_R15(sqlite_url, play, reopens):
    async with an_empty_world(sqlite_url) as world:
        await world.policy(reopen_on_opt_in=reopens)
        await Play(world).run(play)

        differences, summary = replayed(world, OMITS)

        assert {each.would_be.outcome for each in differences if each.kind == "blocking"} <= {"open"}
        refused = {each.conversation_id for each in differences if each.kind == "group"}
        assert {each.conversation_id for each in differences if each.would_be.outcome in ("refused", "not_sent")} <= refused
        for was, would_be in sums(summary).values():
            assert would_be >= was or refused


def conversation_of(recorded: Recorded) -> str:
    return recorded.event.conversation_id if isinstance(recorded.event, Withheld) else recorded.stream


# --- each rule by itself, on both databases


async def test_regions_of_the_other_policy_judge_each_number_R4(world: World):
    abroad = await world.group(1, canadian_number(2))
    await world.group(1, 3)

    differences, summary = replayed(world, policy(allowed_regions=("US",)))

    assert summaries(differences) == [(f"{abroad}/1", "created", "refused")]
    assert differences[0].why == f"{canadian_number(2)} is of region CA; the policy allows US."
    assert (summary.groups.was, summary.groups.would_be) == (2, 1)


async def test_a_block_that_was_not_lifted_would_be_lifted_by_the_last_opt_in_R17(world: World):
    group = await world.group(1, 2)
    await world.writes(1, "STOP", to=BUSINESS)
    await world.writes(2, "STOP")
    await world.writes(1, "START")
    await world.writes(2, "START")

    differences, _ = replayed(world, policy(reopen_on_opt_in=True))

    opted_in = [each.id for each in await world.log() if each.type.endswith("conversation.participant_opted_in")]
    assert summaries(differences) == [(opted_in[-1], "blocked", "open")]
    assert differences[0].conversation_id == group


async def test_a_block_that_was_lifted_with_the_opt_in_is_not_a_difference_R17(world: World):
    await world.policy(reopen_on_opt_in=True)
    await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "START")

    assert (await world.types((await world.log())[-1].stream))[-1] == "unblocked"
    assert replayed(world, OtherPolicy())[0] == []


async def test_messages_after_a_reopening_would_be_refused_without_it_R15_R17(world: World):
    await world.policy(reopen_on_opt_in=True)
    group = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "START")
    sent = await world.message(await world.send(group))

    differences, summary = replayed(world, policy(reopen_on_opt_in=False))

    unblocked = next(each.id for each in await world.log() if each.type.endswith(".unblocked"))
    assert summaries(differences) == [(unblocked, "open", "blocked"), (sent.id, "sent", "refused")]
    assert f"{number(1)} opted out" in differences[1].why
    assert (summary.messages.was, summary.messages.would_be) == (1, 0)
    assert sums(summary) == {"USD": (Decimal("0.0600"), Decimal("0.0200"))}  # with the confirmation of the opt-out
    assert [each.conversation_id for each in summary.conversations] == [group]


async def test_a_message_that_was_withheld_would_go_to_the_others_where_opt_outs_only_omit_R16(world: World):
    group = await world.group(1, 2, 3)
    message = await world.message(await world.send(group))
    await world.writes(1, "STOP")
    await world.begin(message)

    differences, summary = replayed(world, OMITS)

    opted_out = next(each.id for each in await world.log() if each.type.endswith("conversation.participant_opted_out"))
    withheld = f"delivery-{message.event.message_id}/1"
    assert summaries(differences) == [(opted_out, "blocked", "open"), (withheld, "withheld", "handed_over")]
    assert [each.charge.amount for each in (differences[1].was, differences[1].would_be)] == [
        Decimal("-0.0600"),
        Decimal("-0.0200"),
    ]
    assert sums(summary) == {"USD": (Decimal("0.0200"), Decimal("0.0600"))}  # with the confirmation of the opt-out
    assert differences[1].conversation_id == group


async def test_a_new_group_with_the_same_set_would_be_refused_where_the_old_one_is_not_blocked_R35(world: World):
    old = await world.group(1, 2)
    await world.writes(1, "STOP")
    await world.writes(1, "START")
    new = await world.group(1, 2)
    await world.send(new)

    differences, _ = replayed(world, OMITS)

    assert summaries(differences)[1:] == [(f"{new}/1", "created", "refused"), (f"{new}/2", "sent", "refused")]
    assert f"use {old} instead" in differences[1].why


async def test_only_a_successors_size_is_judged_and_a_refused_groups_successor_is_refused_R18(world: World):
    old = await world.group(1, canadian_number(2), 3)
    await world.writes(1, "STOP")
    new = await world.succeed(old)

    assert summaries(replayed(world, policy(min_participants=3))[0]) == [(f"{new}/1", "created", "refused")]
    assert summaries(replayed(world, policy(allowed_regions=("US",)))[0])[:1] == [(f"{old}/1", "created", "refused")]
    assert (f"{new}/1", "created", "refused") in summaries(replayed(world, policy(max_participants=2))[0])


async def test_only_the_requested_changes_are_reported(world: World):
    first = await world.group(1, 2, 3)
    second = await world.group(1, 2, 4)
    at = {each.stream: each.at for each in await world.log()}
    lower = policy(max_participants=2)

    assert [each.conversation_id for each in replayed(world, lower, start=at[second])[0]] == [second]
    assert [each.conversation_id for each in replayed(world, lower, end=at[second])[0]] == [first]
    assert replayed(world, lower, start=at[second] + timedelta(seconds=1))[1].groups.was == 0
    assert len(replayed(world, lower, workspace_id=world.who.workspace_id)[0]) == 2
    assert replayed(world, lower, workspace_id="wsp_other")[1].groups.was == 0


async def test_a_replay_changes_nothing(world: World):
    await world.group(1, 2, 3)
    before = kept(world.store.database)

    replayed(world, policy(max_participants=2))

    assert kept(world.store.database) == before
