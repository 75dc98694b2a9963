"""`groupchat whatif`: its output, and its refusals. That it only reads: tests/cli/test_moving.py."""

import json

import pytest

from groupchat.store.database import Database
from tests.moving.exports import bring
from tests.moving.test_importing import EXPORT

STRICT = "max_participants: 1\nrates: 5\n"


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("--policy", "strict.yaml"), 1, "line 1: 1 is not valid. Use a whole number from 2 to 50."),
        (("--policy", "{}", "--from", "yesterday"), 2, "--from: Give a time with its offset"),
        (("--policy", "{}", "--to", "2025-01-31T12:00:00"), 2, "--to: Give a time with its offset"),
        (("--policy", "none.yaml", "--workspace", "wsp_9"), 1, "wsp_9"),
    ],
)
def test_an_impossible_replay_is_explained(groupchat, filled, tmp_path, words, code, reason):
    (tmp_path / "strict.yaml").write_text(STRICT)
    (tmp_path / "none.yaml").write_text("{}")

    refused = groupchat(filled, "whatif", *words)

    assert (refused.code, refused.out) == (code, ""), refused.err
    assert reason in refused.err
    assert "Traceback" not in refused.err


def test_all_faults_of_a_policy_file_are_reported_and_nothing_else(groupchat, filled, tmp_path):
    (tmp_path / "strict.yaml").write_text(STRICT)

    refused = groupchat(filled, "whatif", "--policy", "strict.yaml", "--json")

    assert (refused.code, refused.out) == (1, "")
    assert [line.split(":")[0].strip() for line in refused.err.splitlines()] == ["groupchat", "line 1", "line 2"]


def test_differences_are_shown_as_lines_below_their_sum_and_as_json(groupchat, sqlite_url, tmp_path):
    database = Database(sqlite_url)
    bring(database, EXPORT)
    database.close()
    (tmp_path / "dear.yaml").write_text(
        "min_participants: 2\nrates: [{effective_from: 2020-01-01, mms_segment: 0.0000001, currency: USD}]"
    )

    shown = groupchat(sqlite_url, "whatif", "--policy", "dear.yaml")
    as_json = groupchat(
        sqlite_url, "whatif", "--policy", "dear.yaml", "--json", "--from", "2025-01-01", "--to", "2030-01-01T00:00:00Z"
    )

    assert (shown.code, as_json.code) == (0, 0), shown.err + as_json.err
    lines = shown.out.splitlines()
    assert lines[0] == "2 events would have had a different outcome."
    assert "USD\t0.0800\t0.0000004" in lines
    (line,) = (line for line in lines if line.startswith("cnv_1/2\t"))
    assert line.split("\t")[3] == "sent, 2 x, 0.0000002 USD"
    found = json.loads(as_json.out)
    assert [each["event"] for each in found["differences"]] == ["cnv_1/2", "cnv_2/2"]
    assert found["differences"][0]["would_be"]["charge"] == {"recipients": 2, "amount": "0.0000002", "currency": "USD"}
    assert found["amounts"] == [{"currency": "USD", "was": "0.0800", "would_be": "0.0000004"}]
    assert (found["count"], len(found["conversations"])) == (2, 2)
