"""Policy files: their meaning, and all faults of one at once."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from groupchat.aggregates.workspace_state import DEFAULT_RATE
from groupchat.values.policy import PRESETS
from groupchat.whatif.policy_file import LARGEST, OtherPolicy, PolicyFileError, read_policy
from tests.support.builders import a_policy, a_rate, texts


@pytest.fixture
def reading(tmp_path):
    def read(text: str | bytes) -> OtherPolicy:
        path = tmp_path / "other.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_policy(path)

    return read


def faults_of(reading, text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(PolicyFileError) as refused:
        reading(text)
    assert all(f"line {fault.line}: {fault.reason}" in str(refused.value) for fault in refused.value.faults)
    return [(fault.line, fault.reason) for fault in refused.value.faults]


def test_everything_can_be_asked_for_in_the_words_of_the_api(reading):
    other = reading("""
preset: highlevel
min_participants: 3
max_participants: 7
allowed_regions: [US, NO]
reopen_on_opt_in: yes
opt_out_effect: omit
rates:
  - {effective_from: 2025-01-01, mms_segment: 0.100000000001, currency: USD}
  - {effective_from: "2025-02-01", mms_segment: "0.025", currency: CAD}
""")

    expected = a_policy(
        preset="highlevel", min_participants=3, max_participants=7, allowed_regions=("US", "NO"), reopen_on_opt_in=True
    )
    assert other.instead_of(a_policy()) == expected
    assert other.opt_out_effect == "omit"
    assert [(line.effective_from, line.rate) for line in other.rates] == [
        (date(2025, 1, 1), a_rate("0.100000000001")),
        (date(2025, 2, 1), a_rate("0.025", "CAD")),
    ]


def test_json_will_do(reading):
    assert reading('{"max_participants": 5, "rates": []}').instead_of(a_policy()) == a_policy(max_participants=5)


def test_omitted_values_stay_or_follow_the_preset(reading):
    was = a_policy(max_participants=20, reopen_on_opt_in=True)

    assert reading("{}").instead_of(was) == was
    assert reading("min_participants: 4").instead_of(was) == a_policy(
        max_participants=20, min_participants=4, reopen_on_opt_in=True
    )
    assert reading("preset: highlevel").instead_of(was) == PRESETS["highlevel"]
    assert reading("{}").change.preset is UNSET


def test_a_rate_card_takes_the_place_of_the_whole_one_R25(reading):
    other = reading("rates: [{effective_from: 2025-01-10, mms_segment: 0.05, currency: USD}]")
    before, after = datetime(2025, 1, 9, 23, 59, tzinfo=UTC), datetime(2025, 1, 10, tzinfo=UTC)

    assert other.rate_at(before, a_rate("1")) == DEFAULT_RATE
    assert other.rate_at(after, a_rate("1")).mms_segment == Decimal("0.05")
    assert reading("{}").rate_at(after, a_rate("1")) == a_rate("1")


def test_all_faults_are_reported_at_once_with_their_lines(reading):
    text = """preset: highlvel
max_participants: 60
max_participant: 3
allowed_regions: [US, canada]
reopen_on_opt_in: perhaps
opt_out_effect: blok
opt_out_effect: omit
rates:
  - {effective_from: 2025-13-01, mms_segment: 0.02, currency: USD}
  - mms_segment: -1
  - 5
"""
    faults = faults_of(reading, text)

    assert [line for line, _ in faults] == [1, 2, 3, 4, 5, 6, 7, 9, 10, 10, 11]
    assert [reason for line, reason in faults if line in (2, 3, 7)] == [
        "60 is not valid. Use a whole number from 2 to 50.",
        "unknown key 'max_participant'; did you mean max_participants?",
        "opt_out_effect appears twice.",
    ]
    assert (10, "it also needs effective_from, currency.") in faults


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "it is empty"),
        ("\n# nothing\n", 1, "it is empty"),
        ("{}\nrates: [1", 2, "it is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "it is not YAML"),
        ("[" * 500, 1, "nested too deeply"),
        ("preset: heymarket\nrates: \x01", 2, "a character that YAML doesn't allow"),
        (b"preset: heymarket\n\xff", 2, "not UTF-8"),
        (b"#" * (LARGEST + 1), 1, "larger than"),
        ("min_participants: 9\nmax_participants: 3", 1, "min_participants (9) is above max_participants (3)"),
        ("preset: highlevel\nmin_participants: 10", 2, "min_participants (10) is above max_participants (9)"),
        ("max_participants: 2.5", 1, "Use a whole number"),
        ("allowed_regions: []", 1, "Use 1 to 50 regions"),
        ("allowed_regions: [US, UK]", 1, "'UK' is not valid. Use an ISO 3166-1 region code"),
        (
            "rates: [{effective_from: 2025-01-10, mms_segment: 0.05, currency: XYZ}]",
            1,
            "'XYZ' is not valid. Use an ISO 4217 currency code",
        ),
        ("allowed_regions: US", 1, "expected a list"),
        ("rates: {}", 1, "expected a list"),
        ("rates: &a [*a]", 1, "expected keys and values"),
        ("preset: [heymarket]", 1, "expected a single value"),
        ("? [a]\n: 1", 1, "unknown key '[...]'"),
        ("5", 1, "expected keys and values"),
    ],
)
def test_a_fault_is_explained_with_its_line(reading, text, line, words):
    ((found, reason),) = faults_of(reading, text)

    assert found == line
    assert words in reason


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(PolicyFileError, match="can't be read: No such file"):
        read_policy(tmp_path / "missing.yaml")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(
        st.one_of(texts(12), st.sampled_from(("preset: highlevel", "rates:", " - ", "min_participants: 3", "{", "&a"))), max_size=6
    )
)
def test_any_file_is_read_or_refused_with_line_numbers(reading, lines: list[str]):
    text = "\n".join(lines)
    try:
        faults = () if isinstance(reading(text), OtherPolicy) else None
    except PolicyFileError as refused:
        faults = refused.faults or None

    assert faults is not None
    assert all(1 <= fault.line <= len(text.splitlines()) + 2 for fault in faults)
