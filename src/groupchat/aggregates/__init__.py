"""The rules. One file per aggregate, each in the same order: rules, events, state and `evolve`, errors, commands, `decide`.

Pure: no clock, no randomness, no I/O, no framework. `evolve` never rejects anything, so history stays readable when a rule changes.

All modules with events are imported here, because an event can be read only once its class is registered. So a process
that imports one aggregate can read the whole log, even if it only exports it.
"""

from groupchat.aggregates import (
    consent,
    contact,
    delivery,
    do_not_disturb,
    external_id,
    group_events,
    phone_book,
    reader,
    refusal,
    workspace_events,
)

__all__ = [
    "consent",
    "contact",
    "delivery",
    "do_not_disturb",
    "external_id",
    "group_events",
    "phone_book",
    "reader",
    "refusal",
    "workspace_events",
]
