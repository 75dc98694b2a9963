"""Budgets of requests: how many are left, when they come back, and which budgets are forgotten."""

import pytest

from groupchat.http.guards import throttle
from groupchat.http.guards.throttle import Budgets


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(throttle, "monotonic", clock)
    return clock


def test_a_budget_is_used_up_and_refills_evenly(clock):
    budgets = Budgets("key", 4, 2)
    assert [budgets.take("a").remaining for _ in range(4)] == [3, 2, 1, 0]
    assert budgets.take("a").retry_after == 0.5

    clock.now += 0.4
    assert budgets.take("a").retry_after == pytest.approx(0.1)
    clock.now += 0.1
    assert budgets.take("a").retry_after is None
    assert budgets.take("a").retry_after == pytest.approx(0.5)

    clock.now += 60
    assert [budgets.take("a").remaining for _ in range(4)] == [3, 2, 1, 0]


def test_it_is_full_again_after_the_time_that_it_says(clock):
    budgets = Budgets("key", 4, 2)
    assert [budgets.take("a").resets_in for _ in range(4)] == [1, 1, 2, 2]
    clock.now += 2
    assert budgets.take("a").remaining == 3


def test_a_refused_request_takes_nothing(clock):
    budgets = Budgets("key", 1, 10)
    assert budgets.take("a").retry_after is None
    assert [budgets.take("a").retry_after for _ in range(3)] == [10, 10, 10]
    clock.now += 10
    assert budgets.take("a").retry_after is None


def test_it_is_empty_until_a_request_would_be_let_through(clock):
    budgets = Budgets("address", 2, 60)
    assert not budgets.is_empty("a")
    budgets.take("a")
    assert not budgets.is_empty("a")
    budgets.take("a")
    assert budgets.is_empty("a")
    assert not budgets.is_empty("b")
    clock.now += 30
    assert not budgets.is_empty("a")


@pytest.mark.usefixtures("clock")
def test_the_budget_that_was_not_used_for_the_longest_time_is_forgotten(monkeypatch):
    monkeypatch.setattr(throttle, "_COUNTED", 2)
    budgets = Budgets("key", 2, 60)
    for name in ("a", "b", "a", "c"):
        budgets.take(name)

    assert budgets.is_empty("a")
    budgets.take("b")
    assert not budgets.is_empty("b")  # it was forgotten, so this was its first request
