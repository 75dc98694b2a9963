"""Settling an unconfirmed message: a person records whether it arrived, and why (R28)."""

from typing import Literal

from groupchat.aggregates import delivery
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import DELIVERY
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision
from groupchat.store.event_store import EventStore
from groupchat.values import names
from groupchat.values.errors import InvalidRequestError, NotFoundError

Settlement = Literal["delivered", "failed"]


async def settle(
    decision: Decision, who: Caller, message_id: str, status: Settlement, reason: str, recipients: tuple[str, ...] = ()
) -> None:
    """Record what an owner or admin found out about a message; without `recipients`, about all that are unconfirmed.

    Raises `NotFoundError` for a message of a conversation that the caller doesn't see, `NotUnconfirmedError` for a status that is
    known, and for a message that was not handed over yet, and `InvalidRequestError` for a reason that says nothing, and for a
    number that is not a recipient.
    """
    rights = await access(decision, who)
    state = await decision.load(DELIVERY, delivery.stream(message_id))
    if state is not None:
        await visible_group(decision, rights, state.conversation_id)
    rights.require_manager()
    await _settle(decision, message_id, status, reason, recipients)


async def settle_by_operator(
    decision: Decision, message_id: str, status: Settlement, reason: str, recipients: tuple[str, ...] = ()
) -> None:
    """Record what the operator found out, as `settle`; run it with `by_operator(...)` of the message's workspace."""
    await _settle(decision, message_id, status, reason, recipients)


async def workspace_of(store: EventStore, message_id: str) -> str:
    """Return the workspace of a message that was handed to a carrier; raises `NotFoundError` for any other."""
    state = await store.load_fresh(DELIVERY, delivery.stream(message_id))
    if state is None:
        msg = "There is no such message that was handed to a carrier."
        raise NotFoundError(msg)
    return state.workspace_id


async def _settle(decision: Decision, message_id: str, status: Settlement, reason: str, recipients: tuple[str, ...]) -> None:
    if fault := names.fault(reason):
        raise InvalidRequestError("reason", f"{fault}.")
    numbers = tuple(read_number(f"recipients.{index}", number) for index, number in enumerate(recipients))
    command = delivery.Settle(recipients=numbers, status=status, reason=reason)
    await decision.take(DELIVERY, delivery.stream(message_id), command)
