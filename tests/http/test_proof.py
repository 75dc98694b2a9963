"""Checkpoints, proofs and tiles over HTTP: R70."""

from base64 import b64decode

import pytest

from groupchat.proof.checkpoint import opened
from groupchat.proof.growing import grow
from groupchat.proof.leaf import leaf_hashes
from groupchat.proof.proving import prove
from groupchat.proof.signing import sign
from groupchat.proof.tiles import split
from groupchat.proof.tree import root_of
from groupchat.store.rows import rows_between
from tests.proof.logs import KEY


@pytest.fixture
def signed(site):
    """Let the tree follow, and sign a checkpoint of it."""
    database, head = site.store.database, site.store.log.head()
    grow(database, head)
    return str(sign(database, KEY))


async def test_the_newest_checkpoint_is_read_as_json_and_as_text_R70(site, signed):
    shown = (await site.get("/v1/audit/checkpoint")).json()
    plain = await site.get("/audit/checkpoint")
    checkpoint = opened(signed, KEY.verifier)
    assert shown == {"origin": KEY.name, "size": checkpoint.size, "root": signed.split("\n")[2], "note": signed}
    assert b64decode(shown["root"]) == checkpoint.root
    assert (plain.text, plain.headers["content-type"]) == (signed, "text/plain; charset=utf-8")


async def test_no_checkpoint_is_found_before_one_is_signed_R70(site):
    for path in ("/v1/audit/checkpoint", "/audit/checkpoint", "/v1/audit/proof?position=1"):
        response = await site.get(path)
        assert (response.status_code, response.json()["type"]) == (404, "/problems/not-found"), path


async def test_an_event_of_the_workspace_is_proved_with_the_event_itself_R70(site, signed):
    shown = (await site.get("/v1/audit/proof?position=1")).json()
    with site.store.database.read() as connection:
        expected = prove(connection, 1).text(with_leaf=True)
    assert shown == {"position": 1, "size": opened(signed, KEY.verifier).size, "proof": expected}


async def test_a_key_is_proved_without_its_hash_R70(site, signed):
    issued = site.store.log.first_position("groupchat.workspace.key_issued")
    shown = (await site.get(f"/v1/audit/proof?position={issued}")).json()
    assert "extra" not in shown["proof"]
    assert f"index {issued - 1}\n" in shown["proof"]


async def test_a_missing_event_or_one_of_another_workspace_is_not_proved_R70(site, signed):
    stranger = await site.stranger()
    answers = [await site.get("/v1/audit/proof?position=99999"), await stranger.get("/v1/audit/proof?position=1")]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_an_event_that_was_changed_is_not_proved_R70(site, signed):
    with site.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE stored_events SET originator_version = 77 WHERE id = 2")
    response = await site.get("/v1/audit/proof?position=2")
    assert (response.status_code, "does not lead to the checkpoint" in response.json()["detail"]) == (404, True)


async def test_tiles_have_the_hashes_of_events_R70(site, signed):
    checkpoint = opened(signed, KEY.verifier)
    tile = await site.get(f"/audit/tile/0/000.p/{checkpoint.size}")
    assert tile.headers["content-type"] == "application/octet-stream"
    assert "immutable" in tile.headers["cache-control"]
    with site.store.database.read() as connection:
        assert split(tile.content) == leaf_hashes(rows_between(connection, 0, checkpoint.size))
    assert root_of(split(tile.content)) == checkpoint.root


@pytest.mark.parametrize("path", ["0/000", "0/000.p/200", "0/x001/000", "1/000.p/1", "a/b", "0/000.p/1/"])
async def test_a_tile_that_does_not_exist_is_not_found_R70(site, signed, path):
    assert (await site.get(f"/audit/tile/{path}")).status_code == 404
