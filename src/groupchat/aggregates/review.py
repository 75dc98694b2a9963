"""Review: one text that may be an opt-out in a person's own words, until a user settles it (R40).

- R40 A user settles a marked text as an opt-out or not. If nobody has settled it ten business days after it
  came, it is an opt-out. A settled review stays settled.
"""

from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import asdict, replace

from groupchat.values.errors import NotFoundError, RefusalError
from groupchat.values.event import Event, Moment, Recorded, stored_as

BUSINESS_DAYS = 10
"""The longest time that the FCC gives for an opt-out (47 CFR 64.1200(a)(10))."""

# --- events


@stored_as("groupchat.review.opened")
class ReviewOpened(Event, frozen=True, kw_only=True):
    """A participant's text was marked for the phrase `because`. Unless it is settled before `due_at`, it is an opt-out."""

    message_id: str
    conversation_id: str
    business_number: str
    number: str
    because: str
    due_at: Moment


@stored_as("groupchat.review.settled")
class ReviewSettled(Event, frozen=True, kw_only=True):
    """A user judged whether the text was an opt-out, or the time was over, which counts as one."""

    message_id: str
    conversation_id: str
    opt_out: bool
    note: str | None


# --- state


class MarkedText(Struct, frozen=True):
    """A marked text, and how it was settled, if it was."""

    opened: ReviewOpened
    opened_at: datetime
    opt_out: bool | None = None


def stream(message_id: str) -> str:
    """Return the stream of a message's review."""
    return f"review-{message_id}"


def evolve(state: MarkedText | None, recorded: Recorded) -> MarkedText | None:
    """Fold one event."""
    match recorded.event:
        case ReviewOpened() as opened:
            return MarkedText(opened, recorded.at)
        case ReviewSettled(opt_out=opt_out) if state:
            return replace(state, opt_out=opt_out)
        case _:
            return state


# --- errors


class ReviewSettledError(RefusalError):
    """R40: the review was settled the other way."""

    slug = "review-settled"

    def __init__(self, *, opt_out: bool) -> None:
        answer = "an opt-out" if opt_out else "not an opt-out"
        super().__init__(f"This review is settled already: {answer} (R40).", opt_out=opt_out)


def existing(state: MarkedText | None) -> MarkedText:
    """Return the review, or raise `NotFoundError`."""
    if state is None:
        raise missing()
    return state


def missing() -> NotFoundError:
    """Return the refusal for a review that does not exist."""
    return NotFoundError("There is no such review.", "review")


# --- commands and decide


class OpenReview(Struct, frozen=True, kw_only=True):
    """Mark a text for review."""

    message_id: str
    conversation_id: str
    business_number: str
    number: str
    because: str
    due_at: Moment


class SettleReview(Struct, frozen=True, kw_only=True):
    """Judge a text."""

    opt_out: bool
    note: str | None = None


Command = OpenReview | SettleReview


def decide(command: Command, state: MarkedText | None) -> list[Event]:
    """Return the events of a command; none if it says nothing new.

    Raises `NotFoundError` for a review that does not exist, `ReviewSettledError` for one that was settled the other way.
    """
    match command:
        case OpenReview():
            return [] if state else [ReviewOpened(**asdict(command))]
        case SettleReview():
            return _settle(command, existing(state))
        case _:
            assert_never(command)


def _settle(command: SettleReview, state: MarkedText) -> list[Event]:
    if state.opt_out is not None:
        if state.opt_out != command.opt_out:
            raise ReviewSettledError(opt_out=state.opt_out)
        return []
    opened = state.opened
    return [
        ReviewSettled(
            message_id=opened.message_id, conversation_id=opened.conversation_id, opt_out=command.opt_out, note=command.note
        )
    ]
