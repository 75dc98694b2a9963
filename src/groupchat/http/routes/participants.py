"""Participants: the pane, and opting out by a user's hand (R7, R9, R14, R19, R29). Nothing else is ever written here."""

from groupchat.commands import consents
from groupchat.http.calls.endpoint import Answer, Call, Reading, Written, endpoint
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import PaneQuery, given
from groupchat.http.views import conversation_now, existing, view, visible
from groupchat.projections import pane
from groupchat.projections.inbox import Conversation
from groupchat.projections.pane import Pane
from groupchat.store.event_store import Outcome

PANE = "/v1/conversations/{conversation_id}/participants"
OPT_OUT = PANE + "/{number}/opt-out"


@endpoint(
    "GET",
    PANE,
    summary="The participants pane",
    waits_for=(pane.VIEW.name,),
    first=visible,
    example=examples.PANE,
    tag="participants",
)
async def read_pane(call: Reading[PaneQuery]) -> Answer[Pane]:
    """Show who takes part, tagged where the contact has changed since (R9), and apart who has opted out (R19)."""
    await visible(call)
    id_ = call.path["conversation_id"]
    row = await view(call.store, pane.held, id_)
    tail = await call.store.read_stream(id_, after_version=row.group.version if row else 0)
    return Answer(pane.shown(existing(pane.current(row, tail)), given(call.query.q)))


@endpoint(
    "POST",
    OPT_OUT,
    summary="Opt a participant out",
    refuses=("not-permitted", "number-access-denied"),
    first=visible,
    may=permits.sends,
    example=examples.BLOCKED_CONVERSATION,
    tag="participants",
)
async def opt_out(call: Call) -> Written[Conversation]:
    """Record a participant's no to a user: every conversation of the business number with them is blocked at once (R14, R15)."""

    async def opted_out(outcome: Outcome[None]) -> Written[Conversation]:
        return Written(value=await conversation_now(call, outcome.events), position=outcome.position)

    return await call.answer(opted_out, consents.opt_out_by_hand, call.path["conversation_id"], call.path["number"])
