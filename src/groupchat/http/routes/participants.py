"""Participants: the pane, and opt-outs that users record (R7, R9, R14, R19, R29, R39). There are no other writes."""

from groupchat.commands import consents
from groupchat.commands.caller import Caller
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import Reasoned
from groupchat.http.inputs.parameters import PaneQuery, given
from groupchat.http.refusals import ParticipantsFrozenError
from groupchat.http.web.refusals import absent
from groupchat.projections.inbox import Conversation
from groupchat.projections.pane import VIEW, Pane
from groupchat.queries import conversations
from groupchat.queries.views import Views
from groupchat.store.decision import Decision
from groupchat.values.errors import RefusalError

PANE = "/v1/conversations/{conversation_id}/participants"
OPT_OUT = PANE + "/{number}/opt-out"
BELOW = PANE + "/{rest:path}"
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def frozen(method: str, allowed: str) -> RefusalError:
    """Return the refusal of a method that the pane, or a path below it, does not have: writes are rejected according to R7."""
    return ParticipantsFrozenError() if method in _WRITES else absent(method, allowed)


@endpoint(
    Spec("GET", PANE, "The participants pane", "participants", example=examples.PANE),
    first=permits.sees_conversation,
    waits_for=(VIEW.name,),
)
async def read_pane(call: Reading[PaneQuery]) -> Answer[Pane]:
    """Show the participants, tagged if their contact has changed since (R9), and separately those who have opted out (R19)."""
    return Answer(await conversations.pane(call.views, call.path["conversation_id"], given(call.query.q)))


@endpoint(
    Spec("POST", OPT_OUT, "Opt a participant out", "participants", example=examples.BLOCKED_CONVERSATION),
    first=permits.sees_conversation,
    may=permits.records_opt_outs,
)
async def opt_out(call: Call) -> Written[Conversation]:
    """Record that a participant told a user to stop. Every conversation of the business number with them is blocked (R14, R15)."""
    id_, number = call.path["conversation_id"], call.path["number"]
    if call.keeps_answer:
        return await call.run(_opt_out, call.views, id_, number)
    opted_out = await call.run(consents.opt_out_by_hand, id_, number)  # stored first: it does not wait for what is shown
    return Written(value=await conversations.now(call.views, call.who, id_), position=opted_out.position)


@endpoint(
    Spec(
        "DELETE",
        OPT_OUT,
        "Take back a mistaken opt-out",
        "participants",
        body_examples={"reason": examples.REASON},
        example=examples.CONVERSATION,
    ),
    first=permits.sees_conversation,
    may=permits.manages,
    refuses=("opt-out-is-theirs",),
)
async def take_back(call: Writing[Reasoned]) -> Written[Conversation]:
    """End an opt-out that a user recorded by mistake, and the blocks that only it caused (R39). The reason is stored."""
    id_, number = call.path["conversation_id"], call.path["number"]
    taken_back = await call.run(consents.take_back_opt_out, id_, number, call.body.reason)
    return Written(value=await conversations.now(call.views, call.who, id_), position=taken_back.position)


async def _opt_out(decision: Decision, who: Caller, views: Views, conversation_id: str, number: str) -> Conversation:
    await consents.opt_out_by_hand(decision, who, conversation_id, number)
    return await conversations.now(views, who, conversation_id, decision.emitted)
