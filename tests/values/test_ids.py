import re
import time

from groupchat.values.ids import new_id


def test_an_ids_prefix_names_its_kind():
    assert re.fullmatch(r"cnv_[0-9a-f]{32}", new_id("cnv"))


def test_ids_sort_by_the_time_of_their_making(monkeypatch):
    moments = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000, 99_999_999_999_999]
    ids = []
    for moment in moments:
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: moment * 1_000_000)
        ids.append(new_id("msg"))
    assert sorted(ids) == ids


def test_ids_of_the_same_moment_differ(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000_000_000)
    assert len({new_id("msg") for _ in range(1_000)}) == 1_000
