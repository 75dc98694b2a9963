"""Do-not-disturb of a number, in its own stream (R36). Its effects on groups: tests/commands/test_do_not_disturb.py."""

from groupchat.aggregates import do_not_disturb
from groupchat.aggregates.do_not_disturb import (
    DoNotDisturbOnError,
    LeaveBehind,
    LeftBehind,
    Lift,
    Lifted,
    TurnedOff,
    TurnedOn,
    TurnOff,
    TurnOn,
    stream,
)
from groupchat.values.errors import NotFoundError
from tests.support.builders import moment, number
from tests.support.given_when_then import given

N = number(1)


def by(kind, n=1):
    """Return an event or command about contact `ctc_<n>`."""
    return kind(number=N, contact_id=f"ctc_{n}")


def of(kind, reason="A wrong number, Ann says"):
    return kind(number=N, reason=reason)


def test_dnd_applies_to_a_number_while_a_contact_with_it_has_dnd_on_R36():
    on = given(do_not_disturb).when(by(TurnOn)).then(by(TurnedOn))
    assert on.state.is_on
    off = on.when(by(TurnOff)).then(by(TurnedOff))
    assert not off.state.is_on


def test_dnd_stays_while_any_contact_with_the_number_has_it_on_R36():
    both = given(do_not_disturb, by(TurnedOn, 1), by(TurnedOn, 2))
    one = both.when(by(TurnOff, 1)).then(by(TurnedOff, 1))
    assert one.state.is_on
    assert not one.when(by(TurnOff, 2)).then(by(TurnedOff, 2)).state.is_on


def test_a_contact_that_goes_leaves_its_dnd_with_the_number_R36():
    left = given(do_not_disturb, by(TurnedOn)).when(by(LeaveBehind)).then(by(LeftBehind))
    assert left.state.is_on
    left.when(by(TurnOff)).nothing()  # it does not have the number any more


def test_dnd_left_behind_ends_when_a_contact_with_the_number_turns_it_off_R36():
    left = given(do_not_disturb, by(TurnedOn, 1), by(LeftBehind, 1), by(TurnedOn, 2))
    assert not left.when(by(TurnOff, 2)).then(by(TurnedOff, 2)).state.is_on


def test_dnd_left_behind_is_lifted_with_a_reason_R36():
    left = given(do_not_disturb, by(TurnedOn, 1), by(LeftBehind, 1))
    assert not left.when(of(Lift)).then(of(Lifted)).state.is_on


def test_a_no_is_not_lifted_while_a_contact_that_has_the_number_has_dnd_on_R36():
    given(do_not_disturb, by(TurnedOn, 1), by(LeftBehind, 1), by(TurnedOn, 2)).when(of(Lift)).refused(
        DoNotDisturbOnError, contact_ids=["ctc_2"]
    )


def test_nothing_is_lifted_without_dnd_left_behind_R36():
    given(do_not_disturb).when(of(Lift)).refused(NotFoundError)
    given(do_not_disturb, by(TurnedOn), by(TurnedOff)).when(of(Lift)).refused(NotFoundError)


def test_a_number_shows_the_contacts_through_which_dnd_applies_and_since_when_R36():
    state = given(do_not_disturb, by(TurnedOn, 2), by(TurnedOn, 1), by(LeftBehind, 2)).state
    assert state.contacts == (("ctc_2", moment(1)), ("ctc_1", moment(2)))


def test_a_contact_that_has_its_number_again_has_its_dnd_again_R36():
    state = given(do_not_disturb, by(TurnedOn), by(LeftBehind)).when(by(TurnOn)).then(by(TurnedOn)).state
    assert (set(state.held), set(state.left)) == ({"ctc_1"}, set())
    assert state.contacts == (("ctc_1", moment(1)),)


def test_each_workspace_has_its_own_dnd_of_a_number_R36():
    assert stream("wsp_1", N) != stream("wsp_2", N)
