"""Messages: sending, and the thread (R10, R15, R24, R28)."""

from typing import cast

from groupchat.commands import conversations, settling
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import Draft
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import MessageInput, MessageOutcome
from groupchat.http.inputs.parameters import ThreadQuery, given
from groupchat.projections import thread
from groupchat.projections.paging import Page
from groupchat.projections.thread import Message
from groupchat.queries import messages as queries
from groupchat.store.decision import Decision

PATH = "/v1/conversations/{conversation_id}/messages"
ONE = "/v1/messages/{message_id}"
OUTCOME = f"{ONE}/outcome"


@endpoint(
    Spec(
        "POST",
        PATH,
        "Send a message",
        "messages",
        status=201,
        location="/v1/messages/{id}",
        body_examples={"text": examples.NEW_MESSAGE, "picture": examples.NEW_PICTURE, "uploaded": examples.NEW_UPLOADED},
        example=examples.MESSAGE,
    ),
    first=permits.sees_conversation,
    may=permits.sends,
    refuses=("conversation-blocked", "carrier-limit", "invalid-group"),
)
async def send_message(call: Writing[MessageInput]) -> Written[Message]:
    """Send to every participant (R10). A blocked group rejects the message and says what to do instead (R15)."""
    return await call.run(_send, call.path["conversation_id"], call.body.draft())


async def _send(decision: Decision, who: Caller, conversation_id: str, draft: Draft) -> Message:
    await conversations.send_message(decision, who, conversation_id, draft)
    return cast("Message", thread.fold(None, decision.emitted[-1]))


@endpoint(
    Spec(
        "GET",
        PATH,
        "The thread",
        "messages",
        page=PageOf[Message],
        example=examples.page(examples.MESSAGE, examples.INBOUND_MESSAGE),
    ),
    first=permits.sees_conversation,
    waits_for=(thread.VIEW.name,),
)
async def read_thread(call: Reading[ThreadQuery]) -> Answer[Page]:
    """List messages, oldest first or newest first, each with how far it came for each recipient (R28).

    With `after` and `before`, only those between two messages or versions: `order=desc&before=` a message gives what precedes it.
    """
    query = call.query
    limits = {"after": given(query.after), "before": given(query.before)}
    return Answer(await queries.page(call.views, call.path["conversation_id"], query.page, **limits))


@endpoint(
    Spec("GET", ONE, "One message", "messages", example=examples.MESSAGE),
    first=permits.sees_message,
    waits_for=(thread.VIEW.name,),
)
async def read_message(call: Call) -> Answer[Message]:
    """Read a message by its id, with how far it came for each recipient (R28)."""
    return Answer(await queries.one(call.views, call.who, call.path["message_id"]))


@endpoint(
    Spec(
        "POST",
        OUTCOME,
        "Settle an unconfirmed message",
        "messages",
        status=204,
        body_examples={"arrived": {"status": "delivered", "reason": "Bob replied to it by phone"}},
    ),
    first=permits.sees_message,
    may=permits.manages,
    waits_for=(thread.VIEW.name,),
    refuses=("not-unconfirmed",),
)
async def settle(call: Writing[MessageOutcome]) -> Written[None]:
    """Record whether an unconfirmed message arrived (R28). The history keeps who recorded it, and why."""
    message = await queries.one(call.views, call.who, call.path["message_id"])
    return await call.run(settling.settle, message.id, call.body.status, call.body.reason, call.body.recipients)
