"""Refusals, recorded for auditors: who tried what and when, which rule refused it, and what it was about.

- R15 A message that someone's opt-out stopped.
- R20, R21 A group, or a message, that the user's role or access to the business number does not allow.
- R22 A request for something that exists, but not for a user who is restricted to assigned data.

No refused user can fill the store: equal refusals that follow each other within a minute are counted, not stored one by one, and
the number of records per day is limited, for each user and for the workspace. A stream is one workspace's UTC day, so none grows
without limit, and only the decisions of this aggregate read it.
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
"""The time after a record during which equal refusals are only counted."""


class DayLimits(Struct, frozen=True, kw_only=True):
    """The number of records that a day allows: in all, and of one user, so that nobody can hide others' attempts by making many."""

    records: int = 1_000
    of_a_user: int = 250


DAY_LIMITS = DayLimits()

# --- events


class Subject(Struct, frozen=True, kw_only=True):
    """The subject of a refusal, as far as it exists in the workspace.

    `numbers` are people who opted out (R15), or who are not contacts assigned to the user (R22).
    """

    conversation_id: str | None = None
    contact_ids: tuple[str, ...] = ()
    business_number: str | None = None
    numbers: tuple[str, ...] = ()


@stored_as("groupchat.refusal.recorded")
class RefusalRecorded(Event, frozen=True, kw_only=True):
    """A user was refused something, `times` times from `first_at` to `last_at`.

    `operation` is the method and the path's template. `no_more_of` says that the rest of the UTC day's refusals, of this user or of
    the whole workspace, are only counted in a metric.
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
    """A workspace's day: the number of each user's records, and the time of the last record of each kind."""

    records: Mapping[str, int] = {}
    last: Mapping[str, datetime] = {}

    def left(self, limits: DayLimits) -> int:
        """Return the number of records that the day still allows."""
        return limits.records - sum(self.records.values())

    def left_of(self, user_id: str, limits: DayLimits) -> int:
        """Return the number of records that the day still allows a user, disregarding others."""
        return limits.of_a_user - self.records.get(user_id, 0)


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
    """Record equal refusals, at a time."""

    refusal: Refusal
    times: int
    first_at: datetime
    last_at: datetime
    at: datetime
    limits: DayLimits = DAY_LIMITS


class RecordAtOnce(RecordRefusals, frozen=True, kw_only=True):
    """The same from a process that is ending and can't keep counting."""


Command = RecordRefusals | RecordAtOnce


def verdict(command: Command, state: Day | None) -> Verdict:
    """Return whether to record refusals now, later (count them until then), or not at all on this day."""
    state, refusal = state or NONE, command.refusal
    if min(state.left(command.limits), state.left_of(refusal.user_id, command.limits)) <= 0:
        return "no-more"
    last = None if isinstance(command, RecordAtOnce) else state.last.get(_key(refusal))
    return "later" if last is not None and command.at < last + APART else "record"


def decide(command: Command, state: Day | None) -> list[Event]:
    """Return the record; none if `verdict` says so."""
    if verdict(command, state) != "record":
        return []
    state, refusal = state or NONE, command.refusal
    return [
        RefusalRecorded(
            **asdict(refusal),
            times=command.times,
            first_at=command.first_at,
            last_at=command.last_at,
            no_more_of=_last_of(state, refusal.user_id, command.limits),
        ),
    ]


def _last_of(state: Day, user_id: str, limits: DayLimits) -> Whose | None:
    if state.left(limits) == 1:
        return "workspace"
    return "user" if state.left_of(user_id, limits) == 1 else None


def _key(refusal: Refusal) -> str:
    return msgspec.json.encode(refusal).decode()
