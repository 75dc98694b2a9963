"""Laws that hold for every aggregate, whatever happens to it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.aggregates import consent, contact, delivery, group_conversation, phone_book, reader, workspace
from groupchat.store.mapper import EventMapper
from groupchat.values.errors import RefusalError
from groupchat.values.event import EVENT_TYPES
from tests.support.builders import anything, commands_of, events_of, recorded
from tests.support.given_when_then import fold, history

DECIDERS = (consent, contact, delivery, group_conversation, reader, workspace)
BEGINS = {
    contact: contact.Create,
    delivery: delivery.Begin,
    group_conversation: group_conversation.Create,
    workspace: workspace.Create,
}
ADDS_EACH_TIME = (
    contact.Create,
    group_conversation.Create,
    group_conversation.Send,
    workspace.Create,
    workspace.AddUser,
    workspace.IssueKey,
    workspace.AddNumber,
)
"""Commands that make something new, under an id or claim that their caller has just made."""

FOLDS = {module.__name__: (module, module.evolve) for module in (*DECIDERS, phone_book)}
FOLDS["claims of numbers"] = (workspace, workspace.evolve_claim)

every_decider = pytest.mark.parametrize("decider", DECIDERS, ids=lambda module: module.__name__.rpartition(".")[2])
every_fold = pytest.mark.parametrize("name", FOLDS)


def lives_of(decider):
    """Return lists of commands, the first of which begins where something must."""
    commands = st.lists(commands_of(decider), max_size=12)
    if decider not in BEGINS:
        return commands
    return st.tuples(anything(BEGINS[decider]), commands).map(lambda life: [life[0], *life[1]])


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
def test_a_replay_from_what_is_stored_equals_the_live_state_R32(decider, data):
    state, happened = live(decider, data.draw(lives_of(decider)))
    replayed = [stored_and_read(each) for each in happened]
    assert replayed == happened
    assert fold(decider.evolve, replayed) == state


@every_decider
@given(data=st.data())
def test_the_same_command_twice_adds_nothing(decider, data):
    state, _ = live(decider, data.draw(lives_of(decider)))
    command = data.draw(commands_of(decider).filter(lambda c: not isinstance(c, ADDS_EACH_TIME)))
    version = 100
    for event in decided(decider, command, state):
        version += 1
        state = decider.evolve(state, recorded(event, version=version))
    assert decided(decider, command, state) == []


@every_fold
@given(data=st.data())
def test_any_history_of_valid_events_folds_in_any_order_and_from_any_beginning_R34(name, data):
    module, evolve = FOLDS[name]
    fold(evolve, data.draw(st.lists(events_of(module), max_size=12)))


@every_fold
@given(data=st.data())
def test_an_event_of_another_aggregate_is_passed_over_R34(name, data):
    module, evolve = FOLDS[name]
    own = data.draw(st.lists(events_of(module), max_size=3))
    foreign = data.draw(
        st.sampled_from([each for each in FOLDS.values() if each[0] is not module]).flatmap(lambda f: events_of(f[0]))
    )
    fold(evolve, [foreign, *own, foreign])


@given(st.sampled_from(sorted(topic for topic, kind in EVENT_TYPES.items() if kind.__module__.startswith("groupchat."))), st.data())
def test_every_event_is_read_as_it_was_stored_to_the_last_code_point_R34(topic, data):
    (event,) = history([data.draw(anything(EVENT_TYPES[topic]))])
    assert stored_and_read(event) == event
