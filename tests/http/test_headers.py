"""The HTTP message itself: headers that are repeated or missing, bodies that are compressed, paths with a slash at the end."""

import gzip
import json

import httpx
import pytest

from tests.http.site import assert_problem

ONCE = {
    "Authorization": ("Bearer gck_a_b", "Bearer gck_c_d"),
    "Content-Type": ("application/json", "text/plain"),
    "Cookie": ("a=b", "c=d"),
    "Groupchat-CSRF": ("one", "two"),
    "Groupchat-Correlation-Id": ("one", "two"),
    "Groupchat-Min-Position": ("0", "1"),
    "Host": ("test", "elsewhere"),
    "Idempotency-Key": ("one", "two"),
    "Last-Event-ID": ("1", "2"),
    "Sec-Fetch-Site": ("cross-site", "same-origin"),
}


@pytest.fixture
def database_url(sqlite_url):
    """One database is enough: nothing of this depends on which it is."""
    return sqlite_url


def lines(site, *more):
    """Return header lines that may repeat a name."""
    return httpx.Headers([("Authorization", f"Bearer {site.key}"), *more])


@pytest.mark.parametrize("name", ONCE)
async def test_a_header_that_may_appear_only_once_is_refused_when_it_is_repeated(site, name):
    headers = [(name, value) for value in ONCE[name]]
    answer = await site.client.post("/v1/contacts", json={}, headers=httpx.Headers([*lines(site).multi_items(), *headers]))
    assert name.lower() in assert_problem(answer, "bad-message", 400)["detail"].lower()
    assert answer.headers["Groupchat-Correlation-Id"]


@pytest.mark.parametrize(("tags", "status"), [(("9", "1"), 200), (("1", "9"), 200), (("8", "9"), 412)])
async def test_several_lines_of_if_match_are_one_list(site, tags, status):
    group = await site.group()
    headers = lines(site, *(("If-Match", f'"{tag}"') for tag in tags))
    answer = await site.client.patch(f"/v1/conversations/{group['id']}", json={"name": "Crew"}, headers=headers)
    assert answer.status_code == status, answer.text


async def test_several_lines_of_accept_are_one_list(site):
    headers = httpx.Headers([("Accept", "text/html"), ("Accept", "application/json")])
    assert (await site.client.get("/", headers=headers)).headers["Content-Type"].startswith("text/html")


async def test_headers_that_are_not_read_may_be_repeated(site):
    headers = lines(site, ("X-Forwarded-For", "10.0.0.1"), ("X-Forwarded-For", "10.0.0.2"))
    assert (await site.client.get("/v1/policy", headers=headers)).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
async def test_a_compressed_body_is_refused_and_never_read_as_plain(site, encoding):
    body = json.dumps({"name": "Ann", "number": "+14155550111"}).encode()
    sent = gzip.compress(body) if encoding == "gzip" else body
    headers = lines(site, ("Content-Encoding", encoding), ("Content-Type", "application/json"))
    answer = await site.client.post("/v1/contacts", content=sent, headers=headers)
    assert_problem(answer, "unsupported-encoding", 415)
    assert answer.headers["Accept-Encoding"] == "identity"


async def test_a_body_with_the_identity_encoding_is_taken(site):
    headers = lines(site, ("Content-Encoding", "identity"))
    answer = await site.client.post("/v1/contacts", json={"name": "Ann", "number": "+14155550111"}, headers=headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "path", ["/v1/numbers/", "/v1/numbers/+14155550100/", "/v1/simulator/handsets/+14155550101/", "/v1/contacts/", "/healthz/"]
)
async def test_a_path_with_a_slash_at_the_end_is_not_found(site, path):
    assert_problem(await site.get(path), "not-found", 404)
