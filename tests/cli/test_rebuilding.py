"""`groupchat rebuild`: its output and exit codes (R33)."""

import re


def test_a_rebuild_shows_its_progress_R33(groupchat, workspace):
    rebuilt = groupchat(workspace, "rebuild")

    assert rebuilt.code == 0, rebuilt.err
    assert "3 of 3 events" in rebuilt.err
    assert groupchat(workspace, "status").out.count("3") >= 5


def test_a_rebuild_without_downtime_prints_the_comparison_R33(groupchat, workspace):
    first = groupchat(workspace, "rebuild", "inbox", "--online")
    again = groupchat(workspace, "rebuild", "inbox", "--online")

    assert (first.code, again.code) == (0, 0), first.err
    assert "3 of 3 events" in first.err
    expected = r"inbox: switched, now at position 3\. At 3 it has 0 rows \(hash \w{16}\), "
    assert re.fullmatch(expected + r"the live view was further behind and was not compared\.\n", first.out)
    assert re.fullmatch(expected + r"equal to the live view\.\n", again.out)


def test_only_the_rest_of_an_interrupted_rebuild_is_dropped_R33(groupchat, workspace):
    dropped = groupchat(workspace, "rebuild", "inbox", "pane", "--online", "--drop")
    alone = groupchat(workspace, "rebuild", "inbox", "--drop")

    assert dropped.out == "inbox: there was no unfinished rebuild.\npane: there was no unfinished rebuild.\n"
    assert alone.code == 2
    assert "--drop requires --online" in alone.err


def test_an_unknown_projection_is_named(groupchat, workspace):
    refused = groupchat(workspace, "rebuild", "outbox")

    assert (refused.code, refused.out) == (1, "")
    assert "Unknown projection 'outbox'. The projections are inbox," in refused.err
