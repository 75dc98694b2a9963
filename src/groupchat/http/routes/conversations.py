"""Conversations: creating, the inbox, renaming, continuing in a successor, read marks (R1 to R6, R13, R18, R27, R30)."""

from groupchat.commands import conversations, reading
from groupchat.commands.conversations import NewConversation as Begun
from groupchat.http.calls.answers import Answer, Created, Written
from groupchat.http.calls.endpoint import Call, Reading, Writing, endpoint
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import NewConversation, NewSuccessor, Rename
from groupchat.http.inputs.parameters import InboxQuery
from groupchat.projections import inbox, read_marks
from groupchat.projections.inbox import Conversation
from groupchat.projections.paging import Page
from groupchat.queries import conversations as queries
from groupchat.store.event_store import Outcome

ALL = "/v1/conversations"
ONE = "/v1/conversations/{conversation_id}"


@endpoint(
    Spec(
        "POST",
        ALL,
        "Create a group",
        "conversations",
        status=201,
        body_examples={"group": examples.NEW_CONVERSATION},
        example=examples.CONVERSATION,
    ),
    may=permits.creates_groups,
    refuses=("invalid-group", "group-exists", "number-access-denied", "contact-not-assigned"),
)
async def create_conversation(call: Writing[NewConversation]) -> Created[Conversation]:
    """Create a group of one business number and its participants, and send its first message if there is one (R1 to R6, R35)."""
    return await call.answer(_created, conversations.create_group, call.body.group())


@endpoint(
    Spec("GET", ALL, "The inbox", "conversations", items=Conversation, example=examples.page(examples.CONVERSATION)),
    waits_for=(inbox.VIEW.name, read_marks.VIEW.name),
)
async def read_inbox(call: Reading[InboxQuery]) -> Answer[Page]:
    """List conversations, newest activity first, with filters and search by name, participant's name and number (R27)."""
    return Answer(await queries.page(call.views, call.who, call.query.chosen, call.query.page))


@endpoint(
    Spec("GET", ONE, "One conversation", "conversations", example=examples.CONVERSATION),
    first=permits.sees_conversation,
    waits_for=(inbox.VIEW.name, read_marks.VIEW.name),
)
async def read_conversation(call: Call) -> Answer[Conversation]:
    """Read a conversation as the caller sees it."""
    return Answer(await queries.now(call.views, call.who, call.path["conversation_id"]))


@endpoint(
    Spec(
        "PATCH",
        ONE,
        "Rename a group",
        "conversations",
        body_examples={"name": {"name": "Saturday crew"}, "no name": {"name": None}},
        example=examples.CONVERSATION,
    ),
    first=permits.sees_conversation,
    may=permits.sends,
)
async def rename_conversation(call: Writing[Rename]) -> Written[Conversation]:
    """Give a group another name; null goes back to the participants' names (R13)."""
    outcome = await conversations.rename_group(call.deciding, call.who, call.path["conversation_id"], call.body.name)
    return Written(value=await queries.now(call.views, call.who, call.path["conversation_id"]), position=outcome.position)


@endpoint(
    Spec(
        "POST",
        ONE + "/successor",
        "Go on without those who opted out",
        "conversations",
        status=201,
        body_examples={"as it was": {}, "with a message": {"name": "Saturday crew 2", "message": {"body": "Going on here."}}},
        body_may_be_missing=True,
        example=examples.SUCCESSOR,
    ),
    first=permits.sees_conversation,
    may=permits.succeeds,
    refuses=("invalid-group", "group-exists"),
)
async def create_successor(call: Writing[NewSuccessor]) -> Created[Conversation]:
    """Create the group that continues this one, with everybody who is not opted out at this moment, linked both ways (R18)."""
    draft = None if call.body.message is None else call.body.message.draft()
    return await call.answer(_created, conversations.create_successor, call.path["conversation_id"], call.body.name, draft)


@endpoint(
    Spec("PUT", ONE + "/read", "Mark as read", "conversations", status=204),
    first=permits.sees_conversation,
    may=permits.writes,
)
async def mark_read(call: Call) -> Written[None]:
    """Let all that stands in the conversation now count as read by the caller (R30)."""
    outcome = await reading.mark_read(call.deciding, call.who, call.path["conversation_id"])
    return Written(value=None, position=outcome.position)


@endpoint(
    Spec("DELETE", ONE + "/read", "Mark as unread", "conversations", status=204),
    first=permits.sees_conversation,
    may=permits.writes,
)
async def mark_unread(call: Call) -> Written[None]:
    """Let the conversation count at least one unread message for the caller, until it is read again (R30)."""
    outcome = await reading.mark_unread(call.deciding, call.who, call.path["conversation_id"])
    return Written(value=None, position=outcome.position)


async def _created(outcome: Outcome[Begun]) -> Created[Conversation]:
    id_ = outcome.value.conversation_id
    return Created(value=queries.created(id_, outcome.events), position=outcome.position, location=f"{ALL}/{id_}")
