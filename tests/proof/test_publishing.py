import asyncio
import socket
import threading
from base64 import b64encode
from contextlib import contextmanager, suppress
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest

from groupchat.proof.checkpoint import Checkpoint
from groupchat.proof.checkpointing import NAME, Checkpoints
from groupchat.proof.publishing import PublishingError, ToWebhook, published_in, target
from groupchat.proof.tree import leaf_hash
from groupchat.s3 import BucketSettingsError
from groupchat.store.positions import statuses
from tests.proof.logs import KEY, fill_and_sign
from tests.store.counting import PATIENCE
from tests.support.s3 import BUCKET, ENVIRONMENT, s3_address

__all__ = ["s3_address"]

NOTE = Checkpoint(KEY.name, 7, leaf_hash(b"a")).signed_with(KEY)
OTHER = Checkpoint(KEY.name, 7, leaf_hash(b"b")).signed_with(KEY)


def nothing(topic, key, value):
    raise AssertionError


@contextmanager
def server(status):
    """A server that answers every POST and PUT with a status, and the bodies and headers that it got."""
    got = SimpleNamespace(bodies=[], headers=[])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            got.bodies.append(self.rfile.read(int(self.headers["content-length"])).decode())
            got.headers.append(self.headers)
            self.send_response(status)
            self.send_header("etag", '"1"')
            self.end_headers()

        do_PUT = do_POST  # noqa: N815 - the base class's name

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}/checkpoints", got
        finally:
            listening.shutdown()
            thread.join()


def test_a_folder_gets_a_file_for_each_checkpoint_that_is_never_written_again_R70(tmp_path):
    place = target(str(tmp_path), nothing)
    place.publish(NOTE)
    place.publish(NOTE)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("00000000000000000007.checkpoint", str(NOTE))]
    with pytest.raises(PublishingError, match="two histories"):
        place.publish(OTHER)


def test_a_missing_folder_is_named_R70(tmp_path):
    with pytest.raises(PublishingError, match=r"missing/0+7\.checkpoint can't be written: No such file"):
        target(str(tmp_path / "missing"), nothing).publish(NOTE)


def test_a_webhook_gets_the_checkpoint_R70():
    with server(204) as (url, got):
        target(url, nothing).publish(NOTE)
    assert got.bodies == [str(NOTE)]


def test_a_webhook_that_rejects_a_checkpoint_is_named_R70():
    with (
        server(500) as (url, _),
        pytest.raises(PublishingError, match=r"/checkpoints has not accepted the checkpoint: it responded 500\."),
    ):
        target(url, nothing).publish(NOTE)
    with pytest.raises(PublishingError, match="/checkpoints can't be reached"):
        target(url, nothing).publish(NOTE)


@contextmanager
def trickling(beginning):
    """A server whose response begins like this and then continues byte by byte, until the client closes the connection."""

    def serve():
        client, _ = listening.accept()
        with client:
            client.sendall(beginning)
            client.settimeout(0.02)
            try:
                while True:
                    client.sendall(b"x")
                    with suppress(TimeoutError):
                        if not client.recv(65_536):
                            return
            except ConnectionError:
                return

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/checkpoints"
        thread.join()


def test_a_webhook_whose_response_trickles_has_not_responded_in_time_R70():
    with (
        trickling(b"HTTP/1.1 200 OK\r\nA: ") as url,
        pytest.raises(PublishingError, match=r"/checkpoints did not respond within 0\.2 seconds\."),
    ):
        ToWebhook(url, seconds=0.2).publish(NOTE)


def test_nobody_waits_for_the_content_of_a_webhooks_response_R70():
    with trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n") as url:
        ToWebhook(url, seconds=PATIENCE).publish(NOTE)


@pytest.fixture
def bucket(s3_address, monkeypatch, tmp_path):
    """A folder of its own in a bucket of a real server."""
    for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": s3_address}).items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{tmp_path.name}/"


def test_a_bucket_gets_an_object_for_each_checkpoint_that_is_never_written_again_R70(bucket):
    place = target(bucket, nothing)
    place.publish(NOTE)
    place.publish(NOTE)
    with pytest.raises(PublishingError, match=r"/0+7\.checkpoint is another checkpoint of 7 .* two histories"):
        place.publish(OTHER)


def test_a_bucket_that_rejects_a_checkpoint_is_named_R70(bucket, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(PublishingError, match=rf"{bucket}0+7\.checkpoint can't be written: ") as refused:
        target(bucket, nothing).publish(NOTE)
    assert "wrong" not in str(refused.value)


def test_each_object_is_put_with_a_checksum_because_object_lock_demands_it_R70(monkeypatch):
    with server(200) as (url, got):
        for name, value in (ENVIRONMENT | {"AWS_ENDPOINT_URL_S3": url.removesuffix("/checkpoints")}).items():
            monkeypatch.setenv(name, value)
        target("s3://bucket/folder/", nothing).publish(NOTE)
    assert got.bodies == [str(NOTE)]
    assert got.headers[0]["x-amz-checksum-sha256"] == b64encode(sha256(str(NOTE).encode()).digest()).decode()


def test_a_missing_environment_variable_of_a_bucket_is_named_R70(monkeypatch):
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    with pytest.raises(BucketSettingsError, match="also set AWS_SECRET_ACCESS_KEY, AWS_REGION"):
        target("s3://bucket/folder", nothing)


def test_a_topic_gets_the_checkpoint_under_the_logs_name_R70():
    sent = []
    target("kafka:checkpoints", lambda *record: sent.append(record)).publish(NOTE)
    assert sent == [("checkpoints", KEY.name, str(NOTE))]


@pytest.mark.parametrize("text", ["ftp://example.com", "https:///a", "https://example.com/a b"])
def test_an_unknown_place_is_rejected_R70(text):
    with pytest.raises(PublishingError, match=r"Use https://\.\.\., s3://BUCKET/FOLDER, kafka:TOPIC, or a folder"):
        target(text, nothing)


def test_the_scheme_of_a_web_address_may_be_in_capitals_R70():
    assert isinstance(target("HTTPS://example.com/checkpoints", nothing), ToWebhook)


def test_the_newest_checkpoint_of_a_log_is_found_in_a_folder_R70(tmp_path):
    place = target(str(tmp_path), nothing)
    elsewhere = Checkpoint("example.com/other", 20, leaf_hash(b"a")).signed_with(KEY)
    for each in (Checkpoint(KEY.name, 6, leaf_hash(b"a")).signed_with(KEY), NOTE, elsewhere):
        place.publish(each)
    (tmp_path / "mine.checkpoint").write_text("")
    assert published_in([place, target("kafka:checkpoints", nothing)], KEY.name) == [NOTE]
    assert published_in([place], "example.com/third") == []
    (tmp_path / "00000000000000000029.checkpoint").write_text("half a")
    with pytest.raises(PublishingError, match=r"0029\.checkpoint can't be read: This is not a signed note"):
        published_in([place], KEY.name)


# --- the worker


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "folder"


def test_a_checkpoint_is_published_once_and_its_size_is_the_position_R70(database, folder):
    folder.mkdir()
    text = fill_and_sign(database, 20)
    worker = Checkpoints(database, KEY, [target(str(folder), nothing)], 300.0)
    worker.work()
    (path,) = folder.iterdir()
    assert path.read_text() == text
    path.unlink()
    worker.work()
    assert list(folder.iterdir()) == []
    assert statuses(database)[NAME].position == 20


async def test_the_worker_signs_nothing_after_a_restore_to_before_the_published_checkpoint_R70(database, folder):
    folder.mkdir()
    fill_and_sign(database, 20)
    place = target(str(folder), nothing)
    place.publish(Checkpoint(KEY.name, 25, leaf_hash(b"lost")).signed_with(KEY))
    await Checkpoints(database, KEY, [place], 300.0).try_once()
    assert "has 20 events, but a checkpoint of 25 is signed already" in str(statuses(database)[NAME].error)
    assert len(list(folder.iterdir())) == 1


async def test_a_failed_publication_of_a_checkpoint_is_reported_and_retried_R70(database, folder):
    fill_and_sign(database, 20)
    worker = Checkpoints(database, KEY, [target(str(folder), nothing)], 300.0)
    await worker.try_once()
    status = statuses(database)[NAME]
    assert (status.position, "can't be read" in str(status.error)) == (0, True)
    folder.mkdir()
    await worker.try_once()
    assert (statuses(database)[NAME].position, statuses(database)[NAME].error) == (20, None)


async def test_the_worker_publishes_until_it_is_stopped_R70(database):
    fill_and_sign(database, 20)
    loop, published, stop = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    place = target("kafka:checkpoints", lambda *_: loop.call_soon_threadsafe(published.set))
    running = asyncio.create_task(Checkpoints(database, KEY, [place], 300.0).run(stop))
    await asyncio.wait_for(published.wait(), PATIENCE)
    stop.set()
    await asyncio.wait_for(running, PATIENCE)
