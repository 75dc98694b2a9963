"""Explanations: why a message was sent or withheld, an entry charged or credited, a conversation blocked (R14 to R18, R24, R25)."""

from groupchat.audit.as_of import When
from groupchat.audit.explanation import Explanation
from groupchat.commands.written_numbers import read_number
from groupchat.http.calls.answers import Answer
from groupchat.http.calls.call import Call, Reading
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import explanation_examples
from groupchat.http.guards import permits
from groupchat.http.inputs.parameters import AsOfQuery
from groupchat.projections import thread
from groupchat.queries import explanations


@endpoint(
    Spec(
        "GET",
        "/v1/messages/{message_id}/explanation",
        "Why a message was sent or withheld",
        "history",
        example=explanation_examples.EXPLANATION,
    ),
    first=permits.sees_message,
    waits_for=(thread.VIEW.name,),
)
async def explain_message(call: Call) -> Answer[Explanation]:
    """Explain a message: the verdict, then its grounds, each with the event that proves it.

    The grounds are its numbers, what its author saw, consent, rate, charges, and the statuses that the carrier reported.
    """
    return Answer(await explanations.of_message(call.views, call.who, call.path["message_id"]))


@endpoint(
    Spec(
        "GET",
        "/v1/ledger/{entry_id}/explanation",
        "Why an entry was charged or credited",
        "history",
        example=explanation_examples.ENTRY_EXPLANATION,
    ),
    first=permits.sees_entry,
)
async def explain_entry(call: Call) -> Answer[Explanation]:
    """Explain an entry of the ledger: the verdict, then its message, its rate and where that comes from, and its reversal.

    An entry's id contains slashes. They may be escaped or not.
    """
    return Answer(await explanations.of_entry(call.views, call.who, call.path["entry_id"]))


@endpoint(
    Spec(
        "GET",
        "/v1/conversations/{conversation_id}/explanation",
        "Why a conversation is blocked or open",
        "history",
        example=explanation_examples.BLOCK_EXPLANATION,
    ),
    first=permits.sees_conversation,
)
async def explain_block(call: Reading[AsOfQuery]) -> Answer[Explanation]:
    """Explain why nothing can be sent in a conversation, or could, then or now: who opted out, how, and what was sent since.

    After a 409 `conversation-blocked`, this is the proof. It comes from the events and never lags.
    """
    return Answer(await _block(call, None, call.query.asked))


@endpoint(
    Spec(
        "GET",
        "/v1/conversations/{conversation_id}/participants/{number}/explanation",
        "Whether and why a participant blocks the conversation",
        "history",
        example=explanation_examples.PARTICIPANT_EXPLANATION,
    ),
    first=permits.sees_conversation,
)
async def explain_participant(call: Reading[AsOfQuery]) -> Answer[Explanation]:
    """Explain whether one participant's opt-out blocks the conversation, how they opted out and in, and what was sent since."""
    return Answer(await _block(call, read_number("number", call.path["number"]), call.query.asked))


async def _block(call: Call, number: str | None, asked: When) -> Explanation:
    return await explanations.of_block(call.views, call.who, call.path["conversation_id"], number, asked)
