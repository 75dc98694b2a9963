import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from groupchat.values import email
from groupchat.values.email import mailbox

SAME = [
    ("Ann@Example.com", "ann@example.com"),
    ("ann@bücher.de", "ann@BÜCHER.de"),
    ("ann@bücher.de", "ANN@xn--bcher-kva.de"),
    ("ann@b\u0075\u0308cher.de", "ann@bücher.de"),
]
OTHERS = [
    ("straße@example.com", "strasse@example.com"),
    ("\u212aim@example.com", "kim@example.com"),
    ("o\ufb03ce@example.com", "office@example.com"),
    ("\u017ftrasse@example.com", "strasse@example.com"),
    ("\u0130pek@example.com", "ipek@example.com"),
    ("JOS\u00c9@example.com", "jose@example.com"),
    ("ann@straße.de", "ann@strasse.de"),
    ("ann@example.com", "ann@example.org"),
    ("a.nn@example.com", "ann@example.com"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_addresses_of_one_mailbox_are_the_same(one, other):
    assert mailbox(one) == mailbox(other)


@pytest.mark.parametrize(("one", "other"), OTHERS)
def test_addresses_that_only_look_alike_are_different_mailboxes(one, other):
    assert mailbox(one) != mailbox(other)


@for_any(st.text(max_size=20), st.text(max_size=20))
def test_any_address_can_be_compared_and_is_its_own(local, domain):
    once = mailbox(f"{local}@{domain}")
    assert mailbox(once) == once


@pytest.mark.parametrize("written", ["ann@example.com", "o'brien@[127.0.0.1]", "straße@bücher.de", "a+b@c"])
def test_a_text_with_the_form_of_an_address_is_one(written):
    assert email.is_address(written)


@pytest.mark.parametrize("written", ["", "ann", "@", "ann@", "@example.com", "a@b@c", "a b@c", "a@b\n", "a@b\x00", "a\u2028@b"])
def test_a_text_without_an_at_sign_is_not_an_address(written):
    assert not email.is_address(written)
