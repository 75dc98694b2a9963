"""Why a conversation is blocked or open: who opted out, how, and what was sent since (R15 to R18)."""

from groupchat.aggregates.delivery_events import Started, Withheld
from groupchat.aggregates.group_events import (
    AutoReplied,
    InboundReceived,
    MessageSent,
    ParticipantOptedIn,
    ParticipantOptedOut,
    ParticipantOptOutTakenBack,
    Unblocked,
)
from groupchat.audit import words
from groupchat.audit.as_of import id_of
from groupchat.audit.explanation import Explanation, ExplanationGround, Question, Reason, concluded, ground
from groupchat.audit.grounds import blocks, opt_outs, turned
from groupchat.audit.history import History, Step
from groupchat.values.errors import NotFoundError


def block(history: History, number: str | None = None) -> Explanation:
    """Explain why a conversation is blocked or open; with a number, whether that participant's opt-out blocks it.

    Raises `NotFoundError` for a number that is not in the group.
    """
    if number is not None and history.group.member(number) is None:
        msg = f"{number} is not a participant of {history.conversation_id}. Its numbers are {', '.join(history.group.numbers)}."
        raise NotFoundError(msg)
    found = [each for step in history.steps for each in _opting_grounds(history, step, number)]
    found += [*_withheld(history), *_sent_since(history, number)]
    by = turned(history.steps, number) or history.events[0]
    about = _question(history.conversation_id, number)
    if not blocks(history.group, number):
        return concluded(about, "open", Reason(_why_open(history, number), by), found)
    return concluded(about, "blocked", Reason(_why_blocked(history, by.version), by), [*found, *_still(history, number)])


def _question(conversation_id: str, number: str | None) -> Question:
    if number is None:
        return Question(kind="conversation", id=conversation_id, conversation_id=conversation_id)
    return Question(kind="participant", id=number, conversation_id=conversation_id)


def _opting_grounds(history: History, step: Step, number: str | None) -> list[ExplanationGround]:
    """Return the opt-outs and opt-ins."""
    event = step.recorded.event
    if isinstance(event, Unblocked) or (
        isinstance(event, ParticipantOptOutTakenBack | AutoReplied) and number in (None, event.number)
    ):
        return [ground(f"{words.deed(history, step)}.", step.recorded)]
    if not isinstance(event, ParticipantOptedOut | ParticipantOptedIn) or number not in (None, event.number):
        return []
    message = history.message(event.evidence)
    keyword = message.recorded.event if message else None
    quote = f" ({words.quoted(keyword.body)})" if isinstance(keyword, InboundReceived) else ""
    text = f"{words.what(step, history.user_names)}{quote} (R14)"
    by = "" if event.cause == "user" else f", reported by {words.actor(history, step.recorded, step.after)}"
    return [ground(f"{text}{by}.", step.recorded)]


def _withheld(history: History) -> list[ExplanationGround]:
    return [
        ground(
            f"The message {id_of(each)}, which was sent earlier, was withheld (R16){', and credited' if event.rate else ''}.", each
        )
        for each in history.deliveries
        if isinstance(event := each.event, Withheld)
    ]


def _sent_since(history: History, number: str | None) -> list[ExplanationGround]:
    """Return whether anything was sent or handed over after an opt-out, which the rules forbid (R15, R16)."""
    outs = opt_outs(history.steps, number)
    if not outs:
        return []
    found = [
        ground(f"{id_of(step.recorded)} was accepted while the group was blocked: R15 forbids this.", step.recorded, wrong=True)
        for step in history.steps
        if isinstance(step.recorded.event, MessageSent) and blocks(step.before, number)
    ]
    for started in (each for each in history.deliveries if isinstance(each.event, Started)):
        message, group = history.message(id_of(started)), history.group_before(started)
        if message and isinstance(message.recorded.event, MessageSent) and group.opted_out_since(message.recorded.version):
            says = f"The message {id_of(started)} was handed over after an opt-out that followed it: R16 forbids this."
            found.append(ground(says, started, wrong=True))
    return found or [_nothing_since(history, outs[-1])]


def _nothing_since(history: History, out: Step) -> ExplanationGround:
    """Return what was sent after the last opt-out: nothing, or only messages after the group was reopened."""
    sent = [step.recorded for step in history.steps if isinstance(step.recorded.event, MessageSent)]
    since = [each for each in sent if each.version > out.recorded.version]
    if since:
        says = f"{len(since)} messages were sent after the last opt-out, all of them after the group was reopened."
        return ground(says, since[0])
    last = f"the last message before it is {id_of(sent[-1])}" if sent else "no message was ever sent"
    replied = any(isinstance(each.recorded.event, AutoReplied) for each in history.steps[out.recorded.version :])
    nothing = "Nothing but automatic replies (R41)" if replied else "Nothing"
    says = f"{nothing} was sent or handed over after the last opt-out: {last} (R16)."
    return ground(says, sent[-1] if sent else out.recorded)


def _still(history: History, number: str | None) -> list[ExplanationGround]:
    """Return why an opt-in does not open the group (R17), and the group that continues it (R18)."""
    found, group = list[ExplanationGround](), history.group
    back = [member for member in group.members if member.blocks and not member.out and number in (None, member.number)]
    if any("mistake" in member.blocked_for for member in back):
        found.append(ground("Another open group had the same participants when the mistake was taken back (R35, R39)."))
    elif back and not group.policy.reopen_on_opt_in:
        says = "Opting in again doesn't reopen the group, because its policy has reopen_on_opt_in off (R17)."
        found.append(ground(says, history.events[0]))
    elif back:
        out = [member.number for member in group.members if member.out]
        why = f"{words.people(group, out)} is still opted out" if out else "another open group had the same participants (R35)"
        found.append(ground(f"Opting in again did not reopen it: {why} (R17).", history.events[-1]))
    if group.successor_id:
        found.append(ground(f"{group.successor_id} continues it without the people who opted out (R18)."))
    return found


def _why_blocked(history: History, version: int) -> str:
    return f"Nothing can be sent since {words.what(history.step(version), history.user_names)} (R15)."


def _why_open(history: History, number: str | None) -> str:
    if number is not None:
        return f"{words.person(history.group, number)} doesn't block the group (R15)."
    reopened = turned(history.steps) is not None
    return (
        "The group is open: it was blocked, but has been reopened (R17)."
        if reopened
        else "The group is open: nobody has blocked it since it was created (R15)."
    )
