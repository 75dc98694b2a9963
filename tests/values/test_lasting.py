from hypothesis import given
from hypothesis import strategies as st

from groupchat.values import lasting
from groupchat.values.lasting import LastingMap

KEYS = st.integers(0, 300).map(str)
CHANGES = st.lists(st.tuples(KEYS, st.none() | st.integers(0, 3)), max_size=400)


def changed(map_, key, value):
    return map_.without(key) if value is None else map_.with_(key, value)


@given(CHANGES)
def test_a_map_has_the_same_entries_as_a_dict(changes):
    known, like = {}, LastingMap()
    for key, value in changes:
        like = changed(like, key, value)
        known = {k: v for k, v in known.items() if k != key} | ({} if value is None else {key: value})
    assert dict(like.items()) == known
    assert (len(like), set(like)) == (len(known), set(known))
    assert all(like.get(key) == value for key, value in known.items())
    assert like.get("nobody") is None
    assert "nobody" not in like


@given(CHANGES, CHANGES)
def test_a_change_does_not_affect_the_earlier_map(first, then):
    before = LastingMap()
    for key, value in first:
        before = changed(before, key, value)
    held = dict(before.items())
    after = before
    for key, value in then:
        after = changed(after, key, value)
    assert dict(before.items()) == held


@given(st.lists(KEYS, max_size=200, unique=True), st.randoms())
def test_maps_with_the_same_entries_are_equal_however_they_came_about(keys, random):
    def of(order):
        map_ = LastingMap()
        for key in order:
            map_ = map_.with_(key, int(key))
        return map_

    assert of(keys) == of(random.sample(keys, len(keys)))
    assert of(keys) != of(keys).with_("another", 1)


def test_keys_with_the_same_hash_coexist(monkeypatch):
    monkeypatch.setattr(lasting, "_hash", lambda _: 0)
    map_ = LastingMap()
    for n in range(100):
        map_ = map_.with_(str(n), n)
    assert dict(map_.without("7").items()) == {str(n): n for n in range(100) if n != 7}
