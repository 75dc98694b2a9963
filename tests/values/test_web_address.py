import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupchat.values.web_address import is_server, is_web_address

GOOD = (
    "https://example.com", "http://example.com/", "HTTPS://EXAMPLE.com/A", "hTTp://example.com",
    "https://example.com:8443/a", "https://example.com:/a", "https://example.com:65535",
    "https://192.0.2.1/a", "https://[2001:db8::1]/a", "https://[::1]:8000/a", "https://[::ffff:192.0.2.1]",
    "https://user@example.com/a", "https://user:pass@example.com/a", "https://:@example.com", "https://a%40b@example.com",
    "https://example.com/a%20b/c;d=e,f", "https://example.com//a//", "https://example.com?a=b&c=?/", "https://example.com/#a?/",
    "https://xn--bcher-kva.de/", "https://localhost", "https://a_b.example.com", "https://example.com./", "https://%41.com",
)  # fmt: skip
BAD = (
    "", "example.com", "/a", "//example.com/a", "ftp://example.com", "javascript:a()", "https:example.com", "https:/example.com",
    "https://", "https:///a", "https://?a", "https://#a", "https://:80/a", "https://user@/a", "https://user@:80/",
    "https://example.com:65536/", "https://example.com:x/", "https://example.com:-1/", "https://example.com:80:80/",
    "https://[::1", "https://::1/", "https://[example.com]/", "https://[1::2::3]/", "https://[fe80::1%25eth0]/", "https://[]/",
    "https://[::1]a/", "https://a@b@example.com/", "https://example.com/a b", " https://example.com", "https://example.com\n",
    "https://exa mple.com", "https://example.com/\t", "https://example.com/\x00", "https://example.com/%", "https://example.com/%zz",
    "https://example.com/a|b", "https://example.com/<a>", 'https://example.com/"', "https://example.com/\\a", "https://example.com\\@a",
    "https://example.com/{id}", "https://example.com/a[1]", "https://example.com/a#b#c", "https://b\u00fccher.de/", "https://example.com/\u00fc",
    "https\u200b://example.com", "https://example.com/\u202e",
)  # fmt: skip


@pytest.mark.parametrize("written", GOOD)
def test_a_url_of_the_web_is_an_address(written):
    assert is_web_address(written)


@pytest.mark.parametrize("written", BAD)
def test_a_text_that_rfc_3986_does_not_allow_is_not_an_address(written):
    assert not is_web_address(written)


@pytest.mark.parametrize("written", ["localhost", "kafka-1.example.com:9092", "192.0.2.1:9092", "[::1]:9092"])
def test_a_host_with_or_without_a_port_is_a_server(written):
    assert is_server(written)


@pytest.mark.parametrize(
    "written", ["", " ", ":9092", "a b:1", "kafka:port", "kafka:99999", "http://kafka:9092", "kafka/", "u@kafka", "::1"]
)
def test_a_malformed_host_and_port_is_not_a_server(written):
    assert not is_server(written)


@given(st.text(max_size=30))
def test_any_text_is_an_address_or_not_and_never_refused(text):
    assert not is_web_address(text)
    assert is_web_address("https://" + text) in (True, False)
