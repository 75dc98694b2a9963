"""The simulated carrier's handsets and switches. These routes exist only with that carrier.

What a handset writes is signed and read like a carrier's post. But it is stored in the request's own append, because the response
names the message and is stored under the request's `Idempotency-Key` (docs/adr/0026).
"""

import asyncio
from typing import cast

from msgspec import Struct

from groupchat.aggregates import number_claim
from groupchat.carriers.port import Inbound
from groupchat.carriers.simulator.adapter import HandsetMessage, Simulator
from groupchat.carriers.simulator.behaviors import Switch
from groupchat.commands import inbound
from groupchat.commands.streams import NUMBER_CLAIM
from groupchat.commands.written_numbers import read_number
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import BehaviorInput, HandsetWrites, media_of
from groupchat.http.routes.carrier_webhooks import posting
from groupchat.processes.delivery import DeliveryProcess
from groupchat.queries.rights import rights_of
from groupchat.store.decision import Decision
from groupchat.values.errors import NotFoundError
from groupchat.values.ids import new_id


class Arrived(Struct, frozen=True, kw_only=True):
    """The conversation of the message."""

    conversation_id: str
    message_id: str


class Handset(Struct, frozen=True):
    """The messages that a handset has received, oldest first."""

    items: list[HandsetMessage]


@endpoint(
    Spec(
        "POST",
        "/v1/simulator/inbound",
        "Let a handset write",
        "simulator",
        status=202,
        body_examples={"reply": examples.HANDSET_WRITES, "stop": examples.HANDSET_STOPS},
        example=examples.ARRIVED,
    ),
    may=permits.plays_handsets,
    refuses=("not-found",),
)
async def handset_writes(call: Writing[HandsetWrites]) -> Written[Arrived]:
    """Act as if a person had written: the message is recorded (R11), a keyword is applied (R14), the others receive it (R12)."""
    rights = await rights_of(call.store, call.who)
    rights.require_writer()
    rights.require_unrestricted()
    carrier, who = _simulator(call), call.who
    posted = await carrier.posted(_inbound(call.body))
    (written,) = (await carrier.read(posted)).inbound
    arrived = await call.run_as(
        inbound.by_participant(who.workspace_id, carrier.name, written, who.correlation_id), _receive, written
    )
    if (await carrier.behavior(written.from_)).behavior == "duplicate":
        await posting(call.services, carrier.name)(posted)
    return arrived


async def _receive(decision: Decision, written: Inbound) -> Arrived:
    received = await inbound.receive(decision, written)
    return Arrived(conversation_id=received.conversation_id, message_id=received.message_id)


@endpoint(
    Spec(
        "GET",
        "/v1/simulator/handsets/{number}",
        "What a handset has received",
        "simulator",
        example={"items": [examples.HANDSET_MESSAGE]},
    ),
    may=permits.sees_everything,
    waits_for=(DeliveryProcess.name,),
)
async def read_handset(call: Call) -> Answer[Handset]:
    """List messages, oldest first, each with the other participants of its thread."""
    rights = await rights_of(call.store, call.who)
    rights.require_unrestricted()
    number = read_number("number", call.path["number"])
    return Answer(Handset(await _simulator(call).handset(number, list(rights.state.numbers))))


@endpoint(
    Spec(
        "PUT",
        "/v1/simulator/behaviors/{number}",
        "Let a number misbehave",
        "simulator",
        body_examples={"fails": {"behavior": "fail", "code": "30003"}, "normal again": {"behavior": None}},
        example={"behavior": "fail", "seconds": None, "code": "30003"},
    ),
    may=permits.manages,
    refuses=("not-found",),
)
async def change_behavior(call: Writing[BehaviorInput]) -> Written[Switch]:
    """Change the behavior of a number, to see how the backend reacts; null restores the normal one."""
    (await rights_of(call.store, call.who)).require_manager()
    number, body = read_number("number", call.path["number"]), call.body
    owner = await call.store.load_fresh(NUMBER_CLAIM, number_claim.stream(number))
    if owner not in (None, call.who.workspace_id):
        msg = f"{number} does not belong to this workspace or to a person. GET /v1/numbers lists the workspace's numbers."
        raise NotFoundError(msg)
    await _simulator(call).behave(number, body.behavior, seconds=body.seconds, code=body.code)
    position = await asyncio.to_thread(call.store.log.head)
    return Written(value=await _simulator(call).behavior(number), position=position)


def _simulator(call: Call) -> Simulator:
    return cast("Simulator", call.services.simulator)  # `app.py` has these routes only with the simulator


def _inbound(body: HandsetWrites) -> Inbound:
    group = body.group
    return Inbound(
        from_=read_number("from", body.from_),
        to=read_number("to", body.to),
        group=None if group is None else tuple(read_number(f"group.{n}", each) for n, each in enumerate(group)),
        body=body.body,
        media=media_of(body.media),
        carrier_message_id=new_id("sim"),
    )
