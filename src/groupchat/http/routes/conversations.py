"""Conversations: creating, the inbox, renaming, continuing in a successor, read marks (R1 to R6, R13, R18, R27, R30)."""

from groupchat.commands import conversations, reading
from groupchat.commands.conversations import NewConversation as Begun
from groupchat.http.calls.endpoint import Answer, Call, Created, Reading, Writing, Written, endpoint
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
    "POST",
    ALL,
    summary="Create a group",
    status=201,
    refuses=(
        "invalid-group",
        "group-exists",
        "not-permitted",
        "group-chat-not-permitted",
        "number-access-denied",
        "contact-not-assigned",
    ),
    may=permits.creates_groups,
    body_examples={"group": examples.NEW_CONVERSATION},
    example=examples.CONVERSATION,
    tag="conversations",
)
async def create_conversation(call: Writing[NewConversation]) -> Created[Conversation]:
    """Create a group of one business number and its participants, and send its first message if there is one (R1 to R6, R35)."""
    return await call.answer(_created, conversations.create_group, call.body.group())


@endpoint(
    "GET",
    ALL,
    summary="The inbox",
    waits_for=(inbox.VIEW.name, read_marks.VIEW.name),
    items=Conversation,
    example=examples.page(examples.CONVERSATION),
    tag="conversations",
)
async def read_inbox(call: Reading[InboxQuery]) -> Answer[Page]:
    """List conversations, newest activity first, with filters and search by name, participant's name and number (R27)."""
    return Answer(await queries.page(call.views, call.who, call.query.chosen, call.query.page))


@endpoint(
    "GET",
    ONE,
    summary="One conversation",
    waits_for=(inbox.VIEW.name, read_marks.VIEW.name),
    first=permits.sees_conversation,
    example=examples.CONVERSATION,
    tag="conversations",
)
async def read_conversation(call: Call) -> Answer[Conversation]:
    """Read a conversation as the caller sees it."""
    return Answer(await queries.now(call.views, call.who, call.path["conversation_id"]))


@endpoint(
    "PATCH",
    ONE,
    summary="Rename a group",
    refuses=("not-permitted", "number-access-denied"),
    first=permits.sees_conversation,
    may=permits.sends,
    body_examples={"name": {"name": "Saturday crew"}, "no name": {"name": None}},
    example=examples.CONVERSATION,
    tag="conversations",
)
async def rename_conversation(call: Writing[Rename]) -> Written[Conversation]:
    """Give a group another name; null goes back to the participants' names (R13)."""
    outcome = await conversations.rename_group(call.deciding, call.who, call.path["conversation_id"], call.body.name)
    return Written(value=await queries.now(call.views, call.who, call.path["conversation_id"]), position=outcome.position)


@endpoint(
    "POST",
    ONE + "/successor",
    summary="Go on without those who opted out",
    status=201,
    refuses=("invalid-group", "group-exists", "not-permitted", "group-chat-not-permitted", "number-access-denied"),
    first=permits.sees_conversation,
    may=permits.succeeds,
    body_may_be_missing=True,
    body_examples={"as it was": {}, "with a message": {"name": "Saturday crew 2", "message": {"body": "Going on here."}}},
    example=examples.SUCCESSOR,
    tag="conversations",
)
async def create_successor(call: Writing[NewSuccessor]) -> Created[Conversation]:
    """Create the group that continues this one, with everybody who is not opted out at this moment, linked both ways (R18)."""
    draft = None if call.body.message is None else call.body.message.draft()
    return await call.answer(_created, conversations.create_successor, call.path["conversation_id"], call.body.name, draft)


@endpoint(
    "PUT",
    ONE + "/read",
    summary="Mark as read",
    status=204,
    refuses=("not-permitted",),
    first=permits.sees_conversation,
    may=permits.writes,
    tag="conversations",
)
async def mark_read(call: Call) -> Written[None]:
    """Let all that stands in the conversation now count as read by the caller (R30)."""
    outcome = await reading.mark_read(call.deciding, call.who, call.path["conversation_id"])
    return Written(value=None, position=outcome.position)


@endpoint(
    "DELETE",
    ONE + "/read",
    summary="Mark as unread",
    status=204,
    refuses=("not-permitted",),
    first=permits.sees_conversation,
    may=permits.writes,
    tag="conversations",
)
async def mark_unread(call: Call) -> Written[None]:
    """Let the conversation count at least one unread message for the caller, until it is read again (R30)."""
    outcome = await reading.mark_unread(call.deciding, call.who, call.path["conversation_id"])
    return Written(value=None, position=outcome.position)


async def _created(outcome: Outcome[Begun]) -> Created[Conversation]:
    id_ = outcome.value.conversation_id
    return Created(value=queries.created(id_, outcome.events), position=outcome.position, location=f"{ALL}/{id_}")
