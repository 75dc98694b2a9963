"""The parts of an explanation: lines, each based on an event, ending with the event that decided."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from groupchat.values.event import Recorded

Verdict = Literal["waiting", "sent", "withheld", "received", "relayed", "charged", "credited", "blocked", "open"]


class ExplanationLine(Struct, frozen=True, kw_only=True):
    """A sentence, and the event that proves it; `wrong` marks a stored event that the rules forbid."""

    says: str
    event: str | None = None
    at: datetime | None = None
    wrong: bool = False


class Explanation(Struct, frozen=True, kw_only=True):
    """The reason for a state; `decided_by` is the event of the last line."""

    about: str
    verdict: Verdict
    lines: tuple[ExplanationLine, ...]
    decided_by: str

    @property
    def contradicts(self) -> bool:
        """Whether the log contains something that the rules forbid."""
        return any(line.wrong for line in self.lines)


def line(says: str, recorded: Recorded | None = None, *, wrong: bool = False) -> ExplanationLine:
    """Return a line, with the event that proves it if there is one."""
    if recorded is None:
        return ExplanationLine(says=says, wrong=wrong)
    return ExplanationLine(says=says, event=recorded.id, at=recorded.at, wrong=wrong)


def ending(about: str, verdict: Verdict, lines: list[ExplanationLine], decided: ExplanationLine, by: Recorded) -> Explanation:
    """Return an explanation whose last line is the event that decided."""
    return Explanation(about=about, verdict=verdict, lines=(*lines, decided), decided_by=by.id)
