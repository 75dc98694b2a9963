"""Conversations: creating, the inbox, renaming, continuing in a successor, read marks (R1 to R6, R13, R18, R27, R30)."""

from groupchat.commands import conversations, read_marks
from groupchat.commands.caller import Caller
from groupchat.commands.conversations import NewGroup
from groupchat.http.calls.answers import Answer, Written
from groupchat.http.calls.call import Call, Reading, Writing
from groupchat.http.calls.endpoint import Shows, endpoint
from groupchat.http.calls.lists import PageOf
from groupchat.http.calls.spec import Spec
from groupchat.http.documents import examples
from groupchat.http.guards import permits
from groupchat.http.inputs.bodies import ConversationChange, ConversationInput, ReadUpTo, SuccessorInput
from groupchat.http.inputs.parameters import InboxQuery
from groupchat.projections import inbox, message_search, thread
from groupchat.projections.inbox import Conversation, Found
from groupchat.projections.inbox_list import InboxPage
from groupchat.projections.read_marks import VIEW as READ_MARKS
from groupchat.queries import conversations as queries
from groupchat.store.decision import Decision

ALL = "/v1/conversations"
ONE = "/v1/conversations/{conversation_id}"


class InboxPageShown(PageOf[Found], frozen=True):
    """A page of the inbox; `total` and `unread` are null unless they were asked for."""

    total: int | None
    unread: int | None


@endpoint(
    Spec(
        "POST",
        ALL,
        "Create a group",
        "conversations",
        status=201,
        location=ALL + "/{id}",
        body_examples={"group": examples.NEW_CONVERSATION},
        example=examples.CONVERSATION,
    ),
    may=permits.creates_groups,
    shows=Shows("conversation_id", permits.sees_conversation),
    refuses=("invalid-group", "group-exists", "number-access-denied", "contact-not-assigned", "carrier-limit"),
)
async def create_conversation(call: Writing[ConversationInput]) -> Written[Conversation]:
    """Create a group of one business number and its participants, and send its first message if there is one (R1 to R6, R35)."""
    return await call.run(_create, call.body.group())


async def _create(decision: Decision, who: Caller, asked: NewGroup) -> Conversation:
    created = await conversations.create_group(decision, who, asked)
    return queries.created(created.conversation_id, decision.emitted)


@endpoint(
    Spec("GET", ALL, "The inbox", "conversations", page=InboxPageShown, example=examples.INBOX),
    waits_for=(inbox.VIEW.name, READ_MARKS.name, thread.VIEW.name, message_search.VIEW.name),
)
async def read_inbox(call: Reading[InboxQuery]) -> Answer[InboxPage]:
    """List conversations, newest activity first, with filters and search by name, participant's name and number (R27).

    `text` searches the words of messages. It lists the conversations in which a message has all of them, with the newest such
    message as `matched`, in the order of these messages, newest first.

    With `count=true`, `total` is how many conversations match, and `unread` how many of all that the caller sees are unread.
    """
    query = call.query
    return Answer(await queries.page(call.views, call.who, query.chosen, query.page, counted=query.count))


@endpoint(
    Spec("GET", ONE, "One conversation", "conversations", example=examples.CONVERSATION),
    first=permits.sees_conversation,
    waits_for=(inbox.VIEW.name, READ_MARKS.name),
)
async def read_conversation(call: Call) -> Answer[Conversation]:
    """Read a conversation as the caller sees it."""
    return Answer(await queries.now(call.views, call.who, call.path["conversation_id"]))


@endpoint(
    Spec(
        "PATCH",
        ONE,
        "Change a group",
        "conversations",
        body_examples={"name": {"name": "Saturday crew"}, "no name": {"name": None}, "data": {"metadata": {"deal": "4711"}}},
        example=examples.CONVERSATION,
    ),
    first=permits.sees_conversation,
    may=permits.sends,
)
async def change_conversation(call: Writing[ConversationChange]) -> Written[Conversation]:
    """Give a group a new name; null restores the participants' names (R13)."""
    id_ = call.path["conversation_id"]
    renamed = await call.run(conversations.change_group, id_, call.body.name, call.body.metadata)
    return Written(value=await queries.now(call.views, call.who, id_), position=renamed.position)


@endpoint(
    Spec(
        "POST",
        ONE + "/successor",
        "Continue without people who opted out",
        "conversations",
        status=201,
        location=ALL + "/{id}",
        body_examples={"as it was": {}, "with a message": {"name": "Saturday crew 2", "message": {"body": "Going on here."}}},
        body_may_be_missing=True,
        example=examples.SUCCESSOR,
    ),
    first=permits.sees_conversation,
    may=permits.succeeds,
    shows=Shows("conversation_id", permits.sees_conversation),
    refuses=("invalid-group", "group-exists", "carrier-limit"),
)
async def create_successor(call: Writing[SuccessorInput]) -> Written[Conversation]:
    """Create a group that continues this one, with everyone who is not opted out now. Both groups link to each other (R18)."""
    return await call.run(_succeed, call.path["conversation_id"], call.body)


async def _succeed(decision: Decision, who: Caller, conversation_id: str, asked: SuccessorInput) -> Conversation:
    draft = None if asked.message is None else asked.message.draft()
    created = await conversations.create_successor(decision, who, conversation_id, asked.name, draft)
    return queries.created(created.conversation_id, decision.emitted)


@endpoint(
    Spec(
        "PUT",
        ONE + "/read",
        "Mark as read",
        "conversations",
        status=204,
        body_may_be_missing=True,
        body_examples={"everything": {}, "up to a version": {"version": 7}},
    ),
    first=permits.sees_conversation,
    may=permits.writes,
)
async def mark_read(call: Writing[ReadUpTo]) -> Written[None]:
    """Mark the conversation as read by the caller, up to a version or completely (R30). A mark never goes backwards."""
    return await call.run(read_marks.mark_read, call.path["conversation_id"], call.body.version)


@endpoint(
    Spec("DELETE", ONE + "/read", "Mark as unread", "conversations", status=204),
    first=permits.sees_conversation,
    may=permits.writes,
)
async def mark_unread(call: Call) -> Written[None]:
    """Count at least one unread message in the conversation for the caller, until it is read again (R30)."""
    return await call.run(read_marks.mark_unread, call.path["conversation_id"])
