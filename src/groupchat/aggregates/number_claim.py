"""Number claim: the workspace that a business number belongs to.

- R4 A business number belongs to one workspace only, the first that adds it. Each number has a separate stream for this, written in
  the same append as the workspace's stream (`business_numbers.py`).
- R56 A number that was given up still belongs to its workspace, which alone can add it again. People still write to that workspace,
  STOP included, and the number's consents are its own. Another workspace would see, or break, data that is not its own.
"""

from msgspec import Struct

from groupchat.aggregates.workspace_events import NumberClaimed
from groupchat.values.errors import RefusalError
from groupchat.values.event import Event, Recorded

# --- state


def stream(number: str) -> str:
    """Return the stream that records to which workspace a business number belongs."""
    return f"number-{number}"


def evolve(state: str | None, recorded: Recorded) -> str | None:
    """Fold a number's claim into the id of its workspace."""
    event = recorded.event
    return event.workspace_id if isinstance(event, NumberClaimed) else state


# --- errors


class NumberTakenError(RefusalError):
    """R4: the business number already belongs to a workspace."""

    slug = "number-taken"

    def __init__(self, number: str) -> None:
        super().__init__(f"{number} already belongs to a workspace. A business number can belong to only one (R4).")


# --- commands and decide


class Claim(Struct, frozen=True, kw_only=True):
    """Claim a number for a workspace."""

    number: str
    workspace_id: str


Command = Claim


def decide(command: Claim, state: str | None) -> list[Event]:
    """Return the claim, none if the number already belongs to the workspace; raises `NumberTakenError` if it belongs to another."""
    if state is not None:
        if state != command.workspace_id:
            raise NumberTakenError(command.number)
        return []
    return [NumberClaimed(number=command.number, workspace_id=command.workspace_id)]
