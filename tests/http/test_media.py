"""Files of messages over HTTP: uploading, sending, and serving to callers and carriers (R46)."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from PIL import Image

from groupchat.http.routes.media import MAX_MEDIA_BYTES
from groupchat.http.web.forms import AROUND_BYTES
from groupchat.media.port import MediaStoreError
from tests.http.site import Json, Site, assert_problem, locs, messages_of
from tests.media.files import BY_TYPE, noise, photo
from tests.support.builders import BUSINESS, number


async def upload(site: Site, content: bytes) -> Json:
    response = await site.request("POST", "/v1/media", content=content, headers={"Content-Type": "text/html"})
    assert response.status_code == 201, response.text
    assert response.headers["location"] == response.json()["url"]
    return response.json()


async def sent(site: Site, made: Json, *media_ids: str) -> Json:
    response = await site.post(messages_of(made), {"media": [{"media_id": each} for each in media_ids]})
    assert response.status_code == 201, response.text
    return response.json()


async def handsets_file(site: Site) -> str:
    """Return the path from which the first handset's carrier fetches the first file that it got."""
    (got,) = (await site.get(f"/v1/simulator/handsets/{number(1)}")).json()["items"]
    return urlsplit(got["media"][0]["url"]).path


async def test_an_uploaded_picture_is_judged_by_its_content_and_loses_its_place_R46(site):
    uploaded = await upload(site, photo(orientation=6).getvalue())

    assert (uploaded["content_type"], uploaded["width"], uploaded["height"]) == ("image/jpeg", 20, 40)
    served = await site.get(uploaded["url"])
    assert len(served.content) == uploaded["size"]
    with Image.open(BytesIO(served.content)) as image:
        assert not image.getexif()


def form(*fields: tuple[str, str, bytes], end: bytes = b"--frontier--\r\n") -> bytes:
    """Return a form with the boundary `frontier`: fields with a name, a file's name, and content."""
    head = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\nContent-Type: text/plain\r\n\r\n'
    parts = [b"--frontier\r\n" + head.format(name, file).encode() + content + b"\r\n" for name, file, content in fields]
    return b"".join(parts) + end


FORM = "multipart/form-data; boundary=frontier"


async def test_a_file_is_uploaded_by_a_form_as_browsers_and_curl_send_it_R46(site):
    content = BY_TYPE["application/pdf"] + b"\r\n--frontier-not\r\n" + bytes(range(256)) * 5_000
    response = await site.request("POST", "/v1/media", content=form(("file", "a.pdf", content)), headers={"Content-Type": FORM})

    assert response.status_code == 201, response.text
    assert (await site.get(response.json()["url"])).content == content


@pytest.mark.parametrize(
    ("content", "content_type", "place", "says"),
    [
        (form(("file", "a", b"%PDF-1.4")), "multipart/form-data", "content-type", "names no boundary"),
        (form(("file", "a", b"%PDF-1.4")), "multipart/form-data; boundary=other", "body", "not a form with the boundary"),
        (b"%PDF-1.4", FORM, "body", "not a form with the boundary"),
        (b"", FORM, "body", "has no end"),
        (form(), FORM, "body", "has no field"),
        (form(("file", "a", b"%PDF-1.4"), end=b""), FORM, "body", "has no end"),
        (form(("file", "a", b"%PDF-1.4"), ("file", "b", b"%PDF-1.4")), FORM, "body", "more than one field"),
        (form(("picture", "a", b"%PDF-1.4")), FORM, "body", "has the field 'picture'"),
        (b"--frontier\r\nX: " + b"x" * 10_000 + b"\r\n\r\n%PDF-1.4\r\n--frontier--\r\n", FORM, "body", "not a form"),
    ],
)
async def test_a_form_without_a_single_file_is_refused_with_what_to_do_R46(
    site, content: bytes, content_type: str, place: str, says: str
):
    answer = await site.request("POST", "/v1/media", content=content, headers={"Content-Type": content_type})
    (error,) = assert_problem(answer, "invalid-request", 422)["errors"]
    assert error["loc"] == place
    assert says in error["detail"]


async def test_a_form_that_goes_on_after_its_end_is_refused_when_it_is_too_long_R46(site):
    content = form(("file", "a.pdf", b"%PDF-1.4")) + bytes(MAX_MEDIA_BYTES + AROUND_BYTES)

    async def in_pieces():
        yield content

    response = await site.request("POST", "/v1/media", content=in_pieces(), headers={"Content-Type": FORM})
    assert_problem(response, "payload-too-large", 413)


async def test_a_form_with_a_file_that_is_too_large_is_refused_R46(site):
    content = form(("file", "a.pdf", b"%PDF-1.4" + bytes(MAX_MEDIA_BYTES)))
    answer = await site.request("POST", "/v1/media", content=content, headers={"Content-Type": FORM})
    assert_problem(answer, "payload-too-large", 413)


async def test_an_uploaded_file_is_sent_by_its_id_and_is_there_R46(site):
    made, uploaded = await site.group(1, 2), await upload(site, BY_TYPE["application/pdf"])
    (attachment,) = (await sent(site, made, uploaded["id"]))["media"]

    assert (attachment["media_id"], attachment["state"]) == (uploaded["id"], "there")
    assert (attachment["content_type"], attachment["size"]) == ("application/pdf", uploaded["size"])
    (message,) = (await site.get(messages_of(made))).json()["items"]
    assert message["media"] == [attachment]


async def test_a_carrier_fetches_the_file_from_a_signed_address_without_a_key_R46(site):
    made, uploaded = await site.group(1, 2), await upload(site, noise(700).getvalue())
    await sent(site, made, uploaded["id"])
    path = await handsets_file(site)

    fetched = await site.client.get(path)
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "image/jpeg")
    assert len(fetched.content) == int(fetched.headers["content-length"]) <= 600_000
    assert_problem(await site.client.get(path + "x"), "not-found", 404)
    assert_problem(await site.client.get("/media/guess"), "not-found", 404)


async def test_a_file_is_served_in_parts_and_never_guessed_by_browsers_R46(site):
    content = BY_TYPE["application/pdf"]
    url = (await upload(site, content))["url"]

    whole = await site.get(url)
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-security-policy"].startswith("default-src 'none'")
    assert whole.headers["content-disposition"] == "attachment"
    for range_, part in (("bytes=2-4", content[2:5]), ("bytes=3-", content[3:]), ("bytes=4-9999", content[4:])):
        answer = await site.request("GET", url, headers={"Range": range_})
        assert (answer.status_code, answer.content) == (206, part)
        begin = len(content) - len(part) if range_ != "bytes=2-4" else 2
        assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(part) - 1}/{len(content)}"
    for range_ in ("bytes=9999-", "bytes=5-2", "lines=1-2", "bytes=1-2,4-5", f"bytes=0-{len(content) - 1}"):
        assert (await site.request("GET", url, headers={"Range": range_})).status_code == 200
    known = await site.request("GET", url, headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")


async def test_a_thumbnail_is_small_and_a_picture_is_shown_R46(site):
    url = (await upload(site, noise(600).getvalue()))["url"]
    small, large = await site.get(f"{url}?thumbnail=true"), await site.get(url)

    assert len(small.content) < len(large.content)
    assert small.headers["content-type"] == "image/jpeg"
    assert "content-disposition" not in large.headers


async def test_a_file_of_no_listed_type_is_refused_R46(site):
    before = await site.world.log()
    refused = await site.request("POST", "/v1/media", content=b"<script>alert(1)</script>", headers={"Content-Type": "image/png"})

    assert "image/jpeg" in assert_problem(refused, "media-type", 422)["types"]
    assert await site.world.log() == before


async def test_a_file_over_the_limit_is_refused_before_it_is_read_R46(site):
    asked = {"Content-Length": str(10 * 2**30)}
    assert_problem(await site.request("POST", "/v1/media", content=b"x", headers=asked), "payload-too-large", 413)

    async def endless():
        while True:
            yield b"x" * 1_048_576

    assert_problem(await site.request("POST", "/v1/media", content=endless()), "payload-too-large", 413)
    assert MAX_MEDIA_BYTES < 64 * 1_048_576


async def test_only_a_file_that_the_caller_can_see_is_sent_R22_R46(site):
    made = await site.group(1, 2)
    stranger = await site.stranger()
    strange = (await upload(stranger, BY_TYPE["text/vcard"]))["id"]

    for media_id in (strange, "med_none"):
        refused = await site.post(messages_of(made), {"media": [{"media_id": media_id}]})
        assert locs(assert_problem(refused, "invalid-request", 422)) == ["media.0.media_id"]
    assert_problem(await site.get(f"/v1/media/{strange}"), "not-found", 404)


async def test_a_wrong_file_of_a_first_message_is_found_where_the_request_has_it_R46(site):
    people = [{"number": number(1)}, {"number": number(2)}]
    first = {"body": "Hi", "media": [{"media_id": "med_none"}]}

    refused = await site.post("/v1/conversations", {"from": BUSINESS, "participants": people, "message": first})

    assert locs(assert_problem(refused, "invalid-request", 422)) == ["message.media.0.media_id"]


@pytest.mark.parametrize(
    "media",
    [
        {},
        {"media_id": "med_1", "url": "https://x.example/a.png"},
        {"media_id": "med_1", "content_type": "image/png"},
        {"url": "https://x.example/a.png"},
    ],
)
async def test_a_file_is_named_by_its_id_or_its_address_R46(site, media: Json):
    made = await site.group(1, 2)
    assert_problem(await site.post(messages_of(made), {"media": [media]}), "invalid-request", 422)


class Broken:
    """A store whose disk is full."""

    name = "broken"

    async def put(self, *_: object) -> None:
        msg = "No space left on device."
        raise MediaStoreError(msg)


async def test_a_full_disk_refuses_the_upload_and_stores_nothing_R46(site):
    site.services.media.store = Broken()
    before = await site.world.log()
    refused = await site.request("POST", "/v1/media", content=BY_TYPE["text/vcard"])

    assert_problem(refused, "media-unavailable", 503)
    assert await site.world.log() == before
