"""Refusals, recorded for auditors: who tried what and when, which rule refused it, and what it was about.

- R15 A send that somebody's opt-out stopped.
- R20, R21 A group, or a message, that the user's role or access to the business number does not allow.
- R22 What was asked for is there, but not for a user who is restricted to assigned data.

Nobody who is refused fills the store: alike refusals that follow each other within a minute are counted, not stored one by one, and
a day's records have an end, for each user and for the workspace. A stream is one workspace's UTC day, so none grows without end; no
decision but its own reads it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from groupchat.values.event import Event, Moment, Recorded, stored_as

Rule = Literal["R15", "R20", "R21", "R22"]
Verdict = Literal["record", "later", "no-more"]
Whose = Literal["user", "workspace"]

APART = timedelta(minutes=1)
"""How long after a record alike refusals are only counted."""
RECORDS_A_DAY = 1_000
RECORDS_OF_A_USER_A_DAY = 250
"""A share of the day's limit, so that no user can hide what others try by trying a lot."""

# --- events


class Subject(Struct, frozen=True, kw_only=True):
    """The subject of a refusal, as far as it exists in the workspace.

    `numbers` are people's: people who opted out (R15), or who are not contacts assigned to the user (R22).
    """

    conversation_id: str | None = None
    contact_ids: tuple[str, ...] = ()
    business_number: str | None = None
    numbers: tuple[str, ...] = ()


@stored_as("groupchat.refusal.recorded")
class RefusalRecorded(Event, frozen=True, kw_only=True):
    """A user was refused something, `times` times alike from `first_at` to `last_at`.

    `operation` is the method and the path's template. `no_more_of` says that the rest of the UTC day's refusals, of this user or of
    the whole workspace, are counted in a metric only.
    """

    user_id: str
    slug: str
    rule: Rule
    operation: str
    about: Subject
    times: int
    first_at: Moment
    last_at: Moment
    no_more_of: Whose | None = None


# --- state


class Day(Struct, frozen=True, kw_only=True):
    """A workspace's day: how many records each user has, and when the last of each kind was stored."""

    records: Mapping[str, int] = {}
    last: Mapping[str, datetime] = {}

    @property
    def left(self) -> int:
        """How many records the day still takes."""
        return RECORDS_A_DAY - sum(self.records.values())

    def left_of(self, user_id: str) -> int:
        """Return how many records the day still takes of a user's refusals, were it not for others'."""
        return RECORDS_OF_A_USER_A_DAY - self.records.get(user_id, 0)


NONE = Day()


def stream(workspace_id: str, day: date) -> str:
    """Return the stream of a workspace's UTC day."""
    return f"refusals-{workspace_id}-{day.isoformat()}"


def evolve(state: Day | None, recorded: Recorded) -> Day | None:
    """Fold one event."""
    event = recorded.event
    if not isinstance(event, RefusalRecorded):
        return state
    state = state or NONE
    key = _key(Refusal(user_id=event.user_id, slug=event.slug, rule=event.rule, operation=event.operation, about=event.about))
    count = state.records.get(event.user_id, 0) + 1
    return Day(records={**state.records, event.user_id: count}, last={**state.last, key: recorded.at})


# --- commands and decide


class Refusal(Struct, frozen=True, kw_only=True):
    """A refusal and its user. Equal refusals are merged."""

    user_id: str
    slug: str
    rule: Rule
    operation: str
    about: Subject


class RecordRefusals(Struct, frozen=True, kw_only=True):
    """Record alike refusals, at a time."""

    refusal: Refusal
    times: int
    first_at: datetime
    last_at: datetime
    at: datetime


class RecordAtOnce(RecordRefusals, frozen=True, kw_only=True):
    """The same from a process that ends, and can't count on."""


Command = RecordRefusals | RecordAtOnce


def verdict(command: Command, state: Day | None) -> Verdict:
    """Tell whether refusals are to be recorded now, later (they are to be counted until then), or not at all on this day."""
    state, refusal = state or NONE, command.refusal
    if min(state.left, state.left_of(refusal.user_id)) <= 0:
        return "no-more"
    last = None if isinstance(command, RecordAtOnce) else state.last.get(_key(refusal))
    return "later" if last is not None and command.at < last + APART else "record"


def decide(command: Command, state: Day | None) -> list[Event]:
    """Return the record; none where `verdict` says so."""
    if verdict(command, state) != "record":
        return []
    state, refusal = state or NONE, command.refusal
    return [
        RefusalRecorded(
            **asdict(refusal),
            times=command.times,
            first_at=command.first_at,
            last_at=command.last_at,
            no_more_of=_last_of(state, refusal.user_id),
        ),
    ]


def _last_of(state: Day, user_id: str) -> Whose | None:
    if state.left == 1:
        return "workspace"
    return "user" if state.left_of(user_id) == 1 else None


def _key(refusal: Refusal) -> str:
    return msgspec.json.encode(refusal).decode()
