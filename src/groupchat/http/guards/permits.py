"""Permits: what a caller may see and do, checked before a request is found malformed: 404 before 403, and 403 before 422.

The rules are those of `aggregates/access.py`. A command checks them again in its own decision; here they only come first. A permit
carries the problems of callers without it, so an operation's documentation includes them by naming the permit.
"""

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from groupchat.commands.caller import Caller
from groupchat.commands.written_numbers import read_number
from groupchat.queries import contacts, conversations, explanations, messages, reviews, users, webhooks, workspaces
from groupchat.queries.rights import rights_of
from groupchat.queries.views import Views

Path = Mapping[str, str]
"""The parameters of a request's path."""
Judge = Callable[[Views, Caller, Path], Awaitable[object]]


class Permit(Struct, frozen=True):
    """A right that a caller needs. For callers without it, `judge` raises the refusal, with one of the `slugs`."""

    judge: Judge
    slugs: tuple[str, ...]


def permit(*slugs: str) -> Callable[[Judge], Permit]:
    """Make a permit of the function that checks it."""
    return lambda judge: Permit(judge, slugs)


# --- things that exist for the caller


@permit("not-found")
async def sees_conversation(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's conversation (R22)."""
    await conversations.require_visible(views.store, who, path["conversation_id"])


@permit("not-found", "projection-behind")
async def sees_message(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's message (R22)."""
    await messages.one(views, who, path["message_id"])


@permit("not-found")
async def sees_entry(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's entry of the ledger (R22)."""
    await explanations.require_entry(views, who, path["entry_id"])


@permit("not-found")
async def sees_contact(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's contact (R22)."""
    await contacts.require_visible(views.store, who, path["contact_id"])


@permit("not-found")
async def sees_user(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's user (R22)."""
    await users.require_visible(views.store, who, path["user_id"])


@permit("not-found")
async def sees_review(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the caller can see the path's review (R22)."""
    await reviews.require_visible(views, who, path["review_id"])


@permit("not-found")
async def has_number(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the path's number is the workspace's."""
    await workspaces.require_number(views.store, who, read_number("number", path["number"]))


@permit("not-found")
async def has_webhook(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotFoundError` unless the path's webhook is the workspace's."""
    await webhooks.require_exists(views.store, who, path["webhook_id"])


# --- things that the caller may do


@permit("not-permitted")
async def manages(views: Views, who: Caller, _: Path) -> None:
    """Raise `NotPermittedError` unless the caller manages the workspace (R23)."""
    (await rights_of(views.store, who)).require_manager()


@permit("not-permitted")
async def writes(views: Views, who: Caller, _: Path) -> None:
    """Raise `NotPermittedError` for an auditor (R23)."""
    (await rights_of(views.store, who)).require_writer()


@permit("not-permitted")
async def audits(views: Views, who: Caller, _: Path) -> None:
    """Raise `NotPermittedError` unless the caller manages or audits the workspace (R23)."""
    (await rights_of(views.store, who)).require_auditor()


@permit("not-permitted")
async def sees_everything(views: Views, who: Caller, _: Path) -> None:
    """Raise `NotPermittedError` for a caller who sees assigned data only (R22)."""
    (await rights_of(views.store, who)).require_unrestricted()


@permit("not-permitted")
async def plays_handsets(views: Views, who: Caller, _: Path) -> None:
    """Raise `NotPermittedError` for an auditor, and for a caller who sees assigned data only (R22, R23)."""
    rights = await rights_of(views.store, who)
    rights.require_writer()
    rights.require_unrestricted()


@permit("not-permitted", "group-chat-not-permitted")
async def creates_groups(views: Views, who: Caller, _: Path) -> None:
    """Raise `GroupChatNotPermittedError` unless the caller's role may create groups (R20)."""
    (await rights_of(views.store, who)).require_group_chat()


@permit("not-permitted", "number-access-denied")
async def settles_reviews(views: Views, who: Caller, path: Path) -> None:
    """Raise `NumberAccessDeniedError` unless the caller may record an opt-out in the review's conversation (R21)."""
    await reviews.require_may_settle(views, who, path["review_id"])


@permit("not-permitted", "number-access-denied")
async def records_opt_outs(views: Views, who: Caller, path: Path) -> None:
    """Raise `NumberAccessDeniedError` unless the caller may record an opt-out in the path's conversation (R21)."""
    await conversations.require_may_record(views.store, who, path["conversation_id"])


@permit("not-permitted", "number-access-denied", "number-given-up")
async def sends(views: Views, who: Caller, path: Path) -> None:
    """Raise `NumberAccessDeniedError` unless the caller has access to the number of the path's conversation (R21)."""
    await conversations.require_may_send(views.store, who, path["conversation_id"])


@permit(*creates_groups.slugs, *sends.slugs)
async def succeeds(views: Views, who: Caller, path: Path) -> None:
    """Raise what forbids the caller to continue the path's conversation (R20, R21)."""
    await creates_groups.judge(views, who, path)
    await sends.judge(views, who, path)


@permit("not-permitted")
async def holds_keys(views: Views, who: Caller, path: Path) -> None:
    """Raise `NotPermittedError` unless the keys of the path's user are the caller's to see and change (R23)."""
    await users.require_own_keys(views.store, who, path["user_id"])
