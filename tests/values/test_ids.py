import re
import subprocess
import sys
import time

from groupchat.values.ids import new_id

_FORKING = """
import os
from groupchat.values.ids import new_id
new_id("msg")  # from here on, random digits are there for further ids
if child := os.fork():
    os.waitpid(child, 0)
print(new_id("msg"), flush=True)
"""


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


def test_a_forked_process_makes_other_ids():
    both = subprocess.run([sys.executable, "-c", _FORKING], check=True, capture_output=True, text=True).stdout.split()
    assert len(both) == 2
    assert both[0][-20:] != both[1][-20:]
