"""Checkpoints, proofs and tiles, for managers and auditors (R23, R70)."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Call, Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.handled import Handled
from groupchat.http.calls.spec import EVERYWHERE, Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import QueryParameters
from groupchat.http.services import Services
from groupchat.http.web.codec import decode_query, read_path
from groupchat.http.web.operation import Content, NoQuery, Operation, Response
from groupchat.http.web.reply import OCTETS, TEXT, Reply
from groupchat.http.web.request import Incoming
from groupchat.proof import checkpoint as checkpoints
from groupchat.queries import proof


class CheckpointView(Struct, frozen=True, kw_only=True):
    """A checkpoint: the log's name, the number of its events, the root of their tree in Base64, and the signed note itself."""

    origin: str
    size: int
    root: str
    note: str


class ProofView(Struct, frozen=True, kw_only=True):
    """A proof that the event at a position is one of the first `size` events, in the form of c2sp.org/tlog-proof."""

    position: int
    size: int
    proof: str


class ProofQuery(QueryParameters, frozen=True, kw_only=True):
    """Which event."""

    position: Annotated[int, Meta(ge=1, le=10**18 - 1, description="The event's position in the log.", examples=[42])]


@endpoint(
    Spec("GET", "/v1/audit/checkpoint", "The newest checkpoint", "history", example=examples.CHECKPOINT),
    may=permits.audits,
    refuses=("not-found",),
)
async def read_checkpoint(call: Call) -> Answer[CheckpointView]:
    """Read the newest signed checkpoint of all stored events. Keep it, to find out later what was changed (R70).

    It returns 404 until the operator of groupchat has made a key.
    """
    note = await proof.checkpoint(call.views, call.who)
    checkpoint = checkpoints.read_checkpoint(note)
    return Answer(
        CheckpointView(origin=checkpoint.origin, size=checkpoint.size, root=b64encode(checkpoint.root).decode(), note=str(note))
    )


@endpoint(
    Spec("GET", "/v1/audit/proof", "A proof of one event", "history", example=examples.PROOF),
    may=permits.audits,
    refuses=("not-found",),
)
async def read_proof(call: Reading[ProofQuery]) -> Answer[ProofView]:
    """Read a proof that an event of the workspace is stored as it was when a checkpoint was signed, without any other event (R70).

    `position` is in the history and in the event stream. The proof has the event itself, unless that has a field which never leaves
    the system. It is 404 until a checkpoint covers the position.
    """
    note, text = await proof.proof(call.views, call.who, call.query.position)
    return Answer(ProofView(position=call.query.position, size=checkpoints.read_checkpoint(note).size, proof=text))


# --- in the formats of public tools


async def _checkpoint(services: Services, incoming: Incoming, who: Caller) -> Reply:
    note = await proof.checkpoint(services.views, who)
    return _download(incoming, str(note).encode(), TEXT, b"no-cache")


async def _tile(services: Services, incoming: Incoming, who: Caller) -> Reply:
    path = read_path(incoming)
    hashes = await proof.tile(services.views, who, path["level"], path["tile"])
    return _download(incoming, hashes, OCTETS, b"private, max-age=31536000, immutable")


def _download(incoming: Incoming, content: bytes, content_type: bytes, caching: bytes) -> Reply:
    decode_query(NoQuery, incoming.scope["query_string"])  # last: 404 and 403 precede 422
    return Reply(200, content, content_type, ((b"cache-control", caching),))


def _operation(path: str, name: str, summary: str, description: str, contents: Mapping[str, Content]) -> Operation:
    return Operation(
        method="GET",
        path=path,
        name=name,
        summary=summary,
        description=description,
        tag="history",
        responses=(Response(status=200, description=f"{summary}.", contents=contents),),
        problems=(*EVERYWHERE, *permits.audits.slugs, "not-found"),
    )


download_checkpoint = Handled(
    _operation(
        "/audit/checkpoint",
        "download_checkpoint",
        "The newest checkpoint, as text",
        "The signed note alone (c2sp.org/tlog-checkpoint), for public tools.",
        {"text/plain": Content(schema={"type": "string"}, example=examples.CHECKPOINT["note"])},
    ),
    _checkpoint,
)
download_tile = Handled(
    _operation(
        "/audit/tile/{level}/{tile}",
        "download_tile",
        "A tile of the tree",
        "Up to 256 hashes (c2sp.org/tlog-tiles). With tiles, public tools compute any proof, and follow the log from checkpoint to "
        "checkpoint. There are no entries: these are the events of all workspaces.",
        {"application/octet-stream": Content(schema={"type": "string", "format": "binary"}, example="(up to 8,192 bytes)")},
    ),
    _tile,
)
