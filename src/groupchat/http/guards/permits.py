"""What a caller may do, asked before the request is judged malformed: 404 goes before 403, and 403 before 422.

The rules are those of `aggregates/access.py`. A command asks them again in its own decision; here they only go first.
"""

from groupchat.http.calls.endpoint import Call
from groupchat.queries import contacts, conversations, users
from groupchat.queries.rights import rights_of


async def sees_conversation(call: Call) -> None:
    """Raise `NotFoundError` unless the path's conversation is there for the caller (R22)."""
    await conversations.require_visible(call.store, call.who, call.path["conversation_id"])


async def sees_contact(call: Call) -> None:
    """Raise `NotFoundError` unless the path's contact is there for the caller (R22)."""
    await contacts.require_visible(call.store, call.who, call.path["contact_id"])


async def sees_user(call: Call) -> None:
    """Raise `NotFoundError` unless the path's user is there for the caller (R22)."""
    await users.require_visible(call.store, call.who, call.path["user_id"])


async def manages(call: Call) -> None:
    """Raise `NotPermittedError` unless the caller manages the workspace (R23)."""
    (await rights_of(call.store, call.who)).require_manager()


async def writes(call: Call) -> None:
    """Raise `NotPermittedError` for an auditor (R23)."""
    (await rights_of(call.store, call.who)).require_writer()


async def audits(call: Call) -> None:
    """Raise `NotPermittedError` unless the caller manages or audits the workspace (R23)."""
    (await rights_of(call.store, call.who)).require_auditor()


async def sees_everything(call: Call) -> None:
    """Raise `NotPermittedError` for a caller who sees assigned data only (R22)."""
    (await rights_of(call.store, call.who)).require_unrestricted()


async def plays_handsets(call: Call) -> None:
    """Raise `NotPermittedError` for an auditor, and for a caller who sees assigned data only (R22, R23)."""
    await writes(call)
    await sees_everything(call)


async def creates_groups(call: Call) -> None:
    """Raise `GroupChatNotPermittedError` unless the caller's role may create groups (R20)."""
    (await rights_of(call.store, call.who)).require_group_chat()


async def sends(call: Call) -> None:
    """Raise `NumberAccessDeniedError` unless the caller has access to the number of the path's conversation (R21)."""
    await conversations.require_may_send(call.store, call.who, call.path["conversation_id"])


async def succeeds(call: Call) -> None:
    """Raise what forbids the caller to continue the path's conversation (R20, R21)."""
    await creates_groups(call)
    await sends(call)


async def holds_keys(call: Call) -> None:
    """Raise `NotPermittedError` unless the keys of the path's user are the caller's to see and change (R23)."""
    await users.require_own_keys(call.store, call.who, call.path["user_id"])
