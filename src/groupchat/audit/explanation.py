"""The parts of an explanation: the verdict in a sentence, the event that decided, and the grounds, each based on an event."""

from typing import Literal, Self

from msgspec import Struct

from groupchat.values.event import Moment, Recorded

Verdict = Literal["waiting", "sent", "withheld", "received", "relayed", "charged", "credited", "blocked", "open"]
Kind = Literal["message", "entry", "conversation", "participant"]


class EventRef(Struct, frozen=True, kw_only=True):
    """An event of the log: its stream and its version there, its type, its position in the whole log, and its time."""

    stream: str
    version: int
    type: str
    position: int
    at: Moment

    @classmethod
    def to(cls, recorded: Recorded) -> Self:
        """Return the reference to an event."""
        return cls(
            stream=recorded.stream,
            version=recorded.version,
            type=recorded.type,
            position=recorded.position,
            at=recorded.at,
        )

    @property
    def id(self) -> str:
        """The event's own id."""
        return f"{self.stream}/{self.version}"


class ExplanationGround(Struct, frozen=True, kw_only=True):
    """A sentence, and the event that proves it if there is one; `wrong` marks a stored event that the rules forbid."""

    says: str
    event: EventRef | None = None
    wrong: bool = False


class Explanation(Struct, frozen=True, kw_only=True):
    """The reason for a state of a message, a ledger entry, a conversation, or a participant of one.

    `id` is that of the thing, and a participant's number. `summary` is the verdict in a sentence, and `decided_by` the event that
    decided. `contradicts` says that the log contains something that the rules forbid: a ground that is `wrong`, or the summary.
    """

    kind: Kind
    id: str
    conversation_id: str
    verdict: Verdict
    summary: str
    decided_by: EventRef
    contradicts: bool
    grounds: tuple[ExplanationGround, ...]


class Reason(Struct, frozen=True):
    """The verdict in a sentence, and the event that decided; `wrong` if the rules forbid it."""

    says: str
    by: Recorded
    wrong: bool = False


class Question(Struct, frozen=True, kw_only=True):
    """The thing whose state an explanation is asked for."""

    kind: Kind
    id: str
    conversation_id: str


def ground(says: str, recorded: Recorded | None = None, *, wrong: bool = False) -> ExplanationGround:
    """Return a ground, with the event that proves it if there is one."""
    return ExplanationGround(says=says, event=None if recorded is None else EventRef.to(recorded), wrong=wrong)


def concluded(question: Question, verdict: Verdict, reason: Reason, grounds: list[ExplanationGround]) -> Explanation:
    """Return the explanation of a verdict."""
    return Explanation(
        kind=question.kind,
        id=question.id,
        conversation_id=question.conversation_id,
        verdict=verdict,
        summary=reason.says,
        decided_by=EventRef.to(reason.by),
        contradicts=reason.wrong or any(each.wrong for each in grounds),
        grounds=tuple(grounds),
    )
