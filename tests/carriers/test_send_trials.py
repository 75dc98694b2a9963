"""A few of the trials that `make chaos` makes by the thousands."""

import pytest

from tests.carriers.benches import BENCHES
from tests.carriers.send_trials import GROUPS, trials


@pytest.mark.parametrize("name", BENCHES)
async def test_no_text_or_file_arrives_twice_and_none_is_lost_without_a_word_R28(name, sqlite_url, tmp_path):
    found = await trials(sqlite_url, tmp_path / "files", name, GROUPS)

    assert (found.messages, found.bad) == (GROUPS, False)
    assert (found.in_parts > 0) == (name == "twilio")
    assert found.once + found.refused + found.unconfirmed >= 2 * (GROUPS + found.files)
