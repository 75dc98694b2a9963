"""The parts of an explanation: lines, each based on an event, ending with the event that decided."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from groupchat.values.event import Recorded

Verdict = Literal["waiting", "sent", "withheld", "received", "relayed", "charged", "credited", "blocked", "open"]


class ExplanationLine(Struct, frozen=True, kw_only=True):
    """A sentence, and the event that shows it; `wrong` marks what the rules forbid and yet stands in the log."""

    says: str
    event: str | None = None
    at: datetime | None = None
    wrong: bool = False


class Explanation(Struct, frozen=True, kw_only=True):
    """Why something is as it is: `decided_by` is the event of the last line."""

    about: str
    verdict: Verdict
    lines: tuple[ExplanationLine, ...]
    decided_by: str

    @property
    def contradicts(self) -> bool:
        """Whether the log has something that the rules forbid."""
        return any(line.wrong for line in self.lines)


def line(says: str, recorded: Recorded | None = None, *, wrong: bool = False) -> ExplanationLine:
    """Return a line that an event shows, if one does."""
    if recorded is None:
        return ExplanationLine(says=says, wrong=wrong)
    return ExplanationLine(says=says, event=recorded.id, at=recorded.at, wrong=wrong)


def ending(about: str, verdict: Verdict, lines: list[ExplanationLine], decided: ExplanationLine, by: Recorded) -> Explanation:
    """Return an explanation whose last line is the event that decided."""
    return Explanation(about=about, verdict=verdict, lines=(*lines, decided), decided_by=by.id)
