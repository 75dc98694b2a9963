"""Pauses that grow while something fails."""

from groupchat.values.waiting import Pauses


def test_pauses_double_up_to_the_longest_and_begin_again_after_a_success():
    pauses = Pauses(1.0, 5.0)
    assert [pauses.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    pauses.reset()
    assert pauses.next() == 1.0
