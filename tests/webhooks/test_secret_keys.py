from base64 import b64decode, b64encode

import pytest

from groupchat.webhooks.secret_keys import KeyUnreadableError, SecretKeys

FIRST, SECOND = (b64encode(bytes([n]) * 32).decode() for n in (1, 2))


def test_a_secret_is_32_bytes_and_different_for_each_name_R55():
    keys = SecretKeys.read(FIRST)
    one, other = (keys.secret(keys.newest, id_) for id_ in ("whs_1", "whs_2"))
    assert one.startswith("whsec_")
    assert len(b64decode(one.removeprefix("whsec_"))) == 32
    assert one != other
    assert one == SecretKeys.read(FIRST).secret(keys.newest, "whs_1")


def test_secrets_of_the_earlier_key_stay_valid_while_it_is_set_R55():
    before, both, after = SecretKeys.read(FIRST), SecretKeys.read(f"{SECOND} {FIRST}"), SecretKeys.read(SECOND)
    assert both.newest == after.newest != before.newest
    assert both.secret(before.newest, "whs_1") == before.secret(before.newest, "whs_1")
    assert after.secret(before.newest, "whs_1") is None


@pytest.mark.parametrize("text", ["short", b64encode(bytes(31)).decode(), "ä" * 44, " "])
def test_a_key_that_is_too_short_or_no_base64_is_reported_R55(text):
    with pytest.raises(KeyUnreadableError, match="GROUPCHAT_WEBHOOK_KEY"):
        SecretKeys.read(text)
