"""Recording refusals: which ones are recorded, within the limits of `aggregates/refusal.py`.

The decision reads only a stream of refusals, and no other decision reads one, so recording makes no command conflict.
"""

from datetime import UTC, datetime

from msgspec import Struct

from groupchat.aggregates import refusal as refusals
from groupchat.aggregates.access import (
    ContactNotAssignedError,
    GroupChatNotPermittedError,
    HiddenError,
    NumberAccessDeniedError,
)
from groupchat.aggregates.group_conversation import ConversationBlockedError
from groupchat.aggregates.refusal import (
    DAY_LIMITS,
    DayLimits,
    RecordAtOnce,
    RecordRefusals,
    Refusal,
    Rule,
    Subject,
    Verdict,
)
from groupchat.commands.caller import Caller
from groupchat.commands.streams import REFUSALS
from groupchat.store.decision import Decision
from groupchat.values.errors import RefusalError
from groupchat.values.event import Actor, Cause

RULES: dict[type[RefusalError], Rule] = {
    ConversationBlockedError: "R15",
    GroupChatNotPermittedError: "R20",
    NumberAccessDeniedError: "R21",
    ContactNotAssignedError: "R22",
    HiddenError: "R22",
}
"""The refusals that are recorded, with the rule that each stands for."""


class Counted(Struct, frozen=True, kw_only=True):
    """Equal refusals: their number, the first and last time, and the newest one's request."""

    workspace_id: str
    refusal: Refusal
    times: int
    first_at: datetime
    last_at: datetime
    correlation_id: str

    def cause(self) -> Cause:
        """Return the envelope of the record: the refused user's newest request."""
        return Cause(
            workspace_id=self.workspace_id,
            actor=Actor("user", self.refusal.user_id),
            correlation_id=self.correlation_id,
            causation_id=self.correlation_id,
        )


def to_record(error: RefusalError, who: Caller, operation: str, conversation_id: str | None) -> Refusal | None:
    """Return the record of a refusal, none for most; `conversation_id` is the one in the request's path."""
    rule = RULES.get(type(error))
    if rule is None:
        return None
    about = _about(error, conversation_id)
    return Refusal(user_id=who.user.id, slug=error.slug, rule=rule, operation=operation, about=about)


async def record(decision: Decision, counted: Counted, *, at_once: bool = False, limits: DayLimits = DAY_LIMITS) -> Verdict:
    """Record refusals within the limits per day and of equal ones; return what was decided. Run it with `counted.cause()`."""
    kind = RecordAtOnce if at_once else RecordRefusals
    stream = refusals.stream(counted.workspace_id, decision.now.astimezone(UTC).date())
    command = kind(
        refusal=counted.refusal,
        times=counted.times,
        first_at=counted.first_at,
        last_at=counted.last_at,
        at=decision.now,
        limits=limits,
    )
    verdict = refusals.verdict(command, await decision.load(REFUSALS, stream))
    await decision.take(REFUSALS, stream, command)
    return verdict


def _about(error: RefusalError, conversation_id: str | None) -> Subject:
    match error:
        case HiddenError() | ContactNotAssignedError():
            return error.about
        case ConversationBlockedError():
            return Subject(conversation_id=conversation_id, numbers=tuple(error.members["opted_out"]))
        case _:
            return Subject(conversation_id=conversation_id, business_number=error.members.get("number"))
