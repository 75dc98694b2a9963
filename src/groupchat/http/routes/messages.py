"""Messages: sending, and the thread (R10, R15, R24, R28)."""

from typing import cast

from groupchat.commands import conversations
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import Draft
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Reading, Writing
from groupchat.http.calls.endpoint import endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import NewMessage
from groupchat.http.inputs.parameters import PageQuery
from groupchat.projections import thread
from groupchat.projections.paging import Page
from groupchat.projections.thread import Message
from groupchat.queries import conversations as queries
from groupchat.store.decision import Decision

PATH = "/v1/conversations/{conversation_id}/messages"


@endpoint(
    Spec(
        "POST",
        PATH,
        "Send a message",
        "messages",
        status=201,
        body_examples={"text": examples.NEW_MESSAGE, "picture": examples.NEW_PICTURE},
        example=examples.MESSAGE,
    ),
    first=permits.sees_conversation,
    may=permits.sends,
    refuses=("conversation-blocked", "carrier-limit"),
)
async def send_message(call: Writing[NewMessage]) -> Written[Message]:
    """Send to every participant (R10). A blocked group refuses, and says how to go on (R15)."""
    return await call.run(_send, call.path["conversation_id"], call.body.draft())


async def _send(decision: Decision, who: Caller, conversation_id: str, draft: Draft) -> Message:
    await conversations.send_message(decision, who, conversation_id, draft)
    return cast("Message", thread.fold(None, decision.emitted[-1]))


@endpoint(
    Spec("GET", PATH, "The thread", "messages", items=Message, example=examples.page(examples.MESSAGE, examples.INBOUND_MESSAGE)),
    first=permits.sees_conversation,
    waits_for=(thread.VIEW.name,),
)
async def read_thread(call: Reading[PageQuery]) -> Answer[Page]:
    """List messages, oldest to newest, each with how far it came for each recipient (R28)."""
    return Answer(await queries.messages(call.views, call.path["conversation_id"], call.query.page))
