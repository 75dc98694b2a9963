"""The grounds of a message when it was accepted: its numbers, what its author saw, consent, and the rate, each with its event."""

from collections.abc import Iterable

from groupchat.aggregates.group_events import AutoReplied, Created, MessageSent, ParticipantOptedOut
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.workspace_events import RatePosted
from groupchat.audit import words
from groupchat.audit.explanation import ExplanationGround, ground
from groupchat.audit.history import History, Step
from groupchat.projections import pane
from groupchat.projections.pane import Person
from groupchat.values.event import Recorded


def grounds(history: History, step: Step, sent: MessageSent) -> list[ExplanationGround]:
    """Return the grounds of a sent message, line by line."""
    return [_numbers(history, step, sent), seen(history, step), _consent(history, step), rate(history, step.recorded, sent)]


def _numbers(history: History, step: Step, sent: MessageSent) -> ExplanationGround:
    created, to = history.events[0], ", ".join(sent.recipients)
    frozen = tuple(each.number for each in created.event.roster) if isinstance(created.event, Created) else ()
    if frozen == sent.recipients:
        return ground(
            f"It is for exactly the {len(frozen)} numbers that were frozen when the group was created: {to} (R7, R8).", created
        )
    says = f"It is for {to or 'nobody'}, but the numbers that were frozen at creation are {', '.join(frozen)}. R8 forbids this."
    return ground(says, step.recorded, wrong=True)


def seen(history: History, step: Step) -> ExplanationGround:
    """Return what the pane showed at that moment (R9, R19)."""
    before = history.events[: step.recorded.version]
    held = pane.current(None, before)
    if held is None:
        return ground("The pane was empty.", wrong=True)
    shown = pane.shown(held)
    lists = f"participants: {_persons(shown.participants)}; opted out: {_persons(shown.opted_out)}"
    return ground(f"The pane showed at that moment: {lists} (R9, R19).", before[-2] if len(before) > 1 else before[-1])


def _persons(persons: Iterable[Person]) -> str:
    return words.listed(_tagged(person) for person in persons)


def _tagged(person: Person) -> str:
    name = f"{words.plain(person.name)} ({person.number})" if person.name else person.number
    return f"{name} [{', '.join(person.tags)}]" if person.tags else name


def _consent(history: History, step: Step) -> ExplanationGround:
    before = history.steps[: step.recorded.version - 1]
    if step.before is not None and step.before.blocked:
        by = words.people(step.before, step.before.blocked_by)
        return ground(f"The group was blocked by {by} at that moment: R15 forbids this message.", turned(before), wrong=True)
    if (opened := turned(before)) is not None:
        return ground("The group had been blocked but was open again, so nothing prevented the message (R15, R17).", opened)
    return ground("Nobody had opted out of the group, so nothing prevented the message (R15).")


def turned(steps: Iterable[Step], number: str | None = None) -> Recorded | None:
    """Return the last event that blocked or opened the group (or changed whether a number blocks it); none without one."""
    last: Recorded | None = None
    for step in steps:
        if blocks(step.before, number) != blocks(step.after, number):
            last = step.recorded
    return last


def blocks(group: GroupConversation | None, number: str | None = None) -> bool:
    """Return whether a group is blocked; with a number, whether that participant's opt-out blocks it (R15)."""
    return group is not None and (group.blocked if number is None else number in group.blocked_by)


def opt_outs(steps: Iterable[Step], number: str | None = None) -> list[Step]:
    """Return the opt-outs, of one number or of all."""
    found = [(step, step.recorded.event) for step in steps]
    return [step for step, event in found if isinstance(event, ParticipantOptedOut) and number in (None, event.number)]


def rate(history: History, recorded: Recorded, sent: MessageSent | AutoReplied) -> ExplanationGround:
    """Return the rate that a message is billed at, and where it comes from (R25)."""
    price = f"{sent.rate.mms_segment:f} {sent.rate.currency}"
    workspace = history.workspace_before(recorded)
    number = None if workspace is None else workspace.rate_line_at(recorded.at)
    posts = [each for each in history.workspace if isinstance(each.event, RatePosted)]
    in_effect = None if workspace is None else workspace.rate_at(recorded.at)
    if in_effect is not None and in_effect != sent.rate:
        says = (
            f"The rate is {price} per segment, but {in_effect.mms_segment:f} {in_effect.currency} was in effect: R25 forbids this."
        )
        return ground(says, recorded, wrong=True)
    if number is None:
        return ground(f"The rate is {price} per segment, the default, because no posted rate was in effect yet (R25).", recorded)
    post = posts[number]
    begins = post.event.effective_from.isoformat() if isinstance(post.event, RatePosted) else ""
    poster = words.actor(history, post, history.group)
    return ground(f"The rate is {price} per segment, in effect from {begins}, posted by {poster} (R25).", post)
