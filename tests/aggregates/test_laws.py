"""Laws that hold for every aggregate under any history."""

from types import SimpleNamespace
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.aggregates import (
    business_numbers,
    consent,
    contact,
    delivery,
    delivery_state,
    do_not_disturb,
    group_conversation,
    group_replying,
    group_state,
    media,
    number_claim,
    phone_book,
    rate_card,
    reader,
    refusal,
    review,
    workspace,
    workspace_state,
)
from groupchat.store.mapper import EventMapper
from groupchat.values.errors import RefusalError
from groupchat.values.event import EVENT_TYPES
from tests.support.builders import DELIVERY_DECIDER, GROUP_DECIDER, anything, commands_of, events_of, recorded
from tests.support.given_when_then import fold, history


def decide_on_workspace(command, state):
    """Decide on a workspace, whose numbers have a file of their own."""
    decider = business_numbers if isinstance(command, get_args(business_numbers.Command)) else workspace
    return decider.decide(command, state)


WORKSPACE = SimpleNamespace(
    Command=workspace.Command | business_numbers.Command, decide=decide_on_workspace, evolve=workspace_state.evolve
)
DECIDERS = {
    "consent": consent,
    "contact": contact,
    "delivery": DELIVERY_DECIDER,
    "do not disturb": do_not_disturb,
    "group conversation": GROUP_DECIDER,
    "media": media,
    "phone book": phone_book,
    "reader": reader,
    "refusal": refusal,
    "review": review,
    "workspace": WORKSPACE,
}
BEGINS = {
    "contact": contact.CreateContact,
    "delivery": delivery.Begin,
    "group conversation": group_conversation.CreateGroup,
    "workspace": workspace.CreateWorkspace,
}
"""Commands before which no other does anything."""

ADDS_EACH_TIME = (
    contact.CreateContact,
    group_conversation.CreateGroup,
    group_conversation.Send,
    group_replying.AutoReply,
    workspace.CreateWorkspace,
    workspace.IssueKey,
    rate_card.PostRate,
    business_numbers.AddNumber,
    refusal.RecordAtOnce,
)
"""Commands that make something new, under an id or claim that their caller has just made."""

FOLDS = {
    "consent": ("groupchat.consent.", consent.evolve),
    "contact": ("groupchat.contact.", contact.evolve),
    "phone book": ("groupchat.contact.", phone_book.evolve),
    "delivery": ("groupchat.delivery.", delivery_state.evolve),
    "do not disturb": ("groupchat.do_not_disturb.", do_not_disturb.evolve),
    "group conversation": ("groupchat.conversation.", group_state.evolve),
    "media": ("groupchat.media.", media.evolve),
    "uploads": ("groupchat.workspace.", media.evolve),
    "reader": ("groupchat.reader.", reader.evolve),
    "refusal": ("groupchat.refusal.", refusal.evolve),
    "review": ("groupchat.review.", review.evolve),
    "workspace": ("groupchat.workspace.", workspace_state.evolve),
    "claims of numbers": ("groupchat.workspace.", number_claim.evolve),
}
"""Every fold, with the beginning of its events' wire names."""

OURS = sorted(topic for topic, kind in EVENT_TYPES.items() if kind.__module__.startswith("groupchat."))
every_decider = pytest.mark.parametrize("name", DECIDERS)
every_fold = pytest.mark.parametrize("name", FOLDS)


def lives_of(name):
    """Return lists of commands, the first of which begins where something must."""
    commands = st.lists(commands_of(DECIDERS[name]), max_size=12)
    if name not in BEGINS:
        return commands
    return st.tuples(anything(BEGINS[name]), commands).map(lambda life: [life[0], *life[1]])


def decided(decider, command, state):
    """Return the events of a command, none if it is refused; any other error is one."""
    try:
        return decider.decide(command, state)
    except RefusalError:
        return []


def live(decider, commands):
    """Return the state and the history that commands lead to, and check on the way that nothing changes a state in place."""
    state, happened = None, []
    for command in commands:
        before = msgspec.json.encode(state)
        for event in decided(decider, command, state):
            assert msgspec.json.encode(state) == before
            happened.append(recorded(event, version=len(happened) + 1))
            after = decider.evolve(state, happened[-1])
            assert msgspec.json.encode(state) == before
            state, before = after, msgspec.json.encode(after)
    return state, happened


def stored_and_read(each):
    mapper = EventMapper()
    return mapper.restore(mapper.store(each.event, each.stream, each.version, each.at, each.cause), each.position)


@every_decider
@given(data=st.data())
def test_a_replay_of_the_stored_events_equals_the_live_state_R32(name, data):
    decider = DECIDERS[name]
    state, happened = live(decider, data.draw(lives_of(name)))
    replayed = [stored_and_read(each) for each in happened]
    assert replayed == happened
    assert fold(decider.evolve, replayed) == state


@every_decider
@given(data=st.data())
def test_the_same_command_twice_adds_nothing(name, data):
    decider = DECIDERS[name]
    state, _ = live(decider, data.draw(lives_of(name)))
    command = data.draw(commands_of(decider).filter(lambda c: not isinstance(c, ADDS_EACH_TIME)))
    version = 100
    for event in decided(decider, command, state):
        version += 1
        state = decider.evolve(state, recorded(event, version=version))
    assert decided(decider, command, state) == []


@every_fold
@given(data=st.data())
def test_any_history_of_valid_events_folds_in_any_order_and_from_any_beginning_R34(name, data):
    topics, evolve = FOLDS[name]
    fold(evolve, data.draw(st.lists(events_of(topics), max_size=12)))


@every_fold
@given(data=st.data())
def test_an_event_of_another_aggregate_is_ignored_R34(name, data):
    topics, evolve = FOLDS[name]
    own = data.draw(st.lists(events_of(topics), max_size=3))
    others = sorted({other for other, _ in FOLDS.values()} - {topics})
    foreign = data.draw(st.sampled_from(others).flatmap(events_of))
    fold(evolve, [foreign, *own, foreign])


def test_every_event_belongs_to_a_fold_here():
    topics = tuple(topics for topics, _ in FOLDS.values())
    assert [topic for topic in OURS if not topic.startswith(topics)] == []


@given(st.sampled_from(OURS), st.data())
def test_every_event_is_read_as_it_was_stored_to_the_last_code_point_R34(topic, data):
    (event,) = history([data.draw(anything(EVENT_TYPES[topic]))])
    assert stored_and_read(event) == event
