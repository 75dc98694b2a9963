"""Participants: the pane, and opting out by a user's hand (R7, R9, R14, R19, R29). Nothing else is ever written here."""

from groupchat.commands import consents
from groupchat.http.calls.endpoint import Answer, Call, Reading, Written, endpoint
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import PaneQuery, given
from groupchat.projections.inbox import Conversation
from groupchat.projections.pane import VIEW, Pane
from groupchat.queries import conversations
from groupchat.store.event_store import Outcome

PANE = "/v1/conversations/{conversation_id}/participants"
OPT_OUT = PANE + "/{number}/opt-out"


@endpoint(
    "GET",
    PANE,
    summary="The participants pane",
    waits_for=(VIEW.name,),
    first=permits.sees_conversation,
    example=examples.PANE,
    tag="participants",
)
async def read_pane(call: Reading[PaneQuery]) -> Answer[Pane]:
    """Show who takes part, tagged where the contact has changed since (R9), and apart who has opted out (R19)."""
    return Answer(await conversations.pane(call.views, call.path["conversation_id"], given(call.query.q)))


@endpoint(
    "POST",
    OPT_OUT,
    summary="Opt a participant out",
    refuses=("not-permitted", "number-access-denied"),
    first=permits.sees_conversation,
    may=permits.sends,
    example=examples.BLOCKED_CONVERSATION,
    tag="participants",
)
async def opt_out(call: Call) -> Written[Conversation]:
    """Record a participant's no to a user: every conversation of the business number with them is blocked at once (R14, R15)."""
    id_ = call.path["conversation_id"]

    async def opted_out(outcome: Outcome[None]) -> Written[Conversation]:
        shown = await conversations.now(call.views, call.who, id_, outcome.events)
        return Written(value=shown, position=outcome.position)

    return await call.answer(opted_out, consents.opt_out_by_hand, id_, call.path["number"])
