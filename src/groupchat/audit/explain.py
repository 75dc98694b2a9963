"""Why a message was sent or withheld: the events and the rules."""

from collections.abc import Collection

from groupchat.aggregates.delivery_events import PartsUpdated, RecipientOutcome, Settled, Started, Updated, Withheld
from groupchat.aggregates.group_events import AutoReplied, InboundReceived, MessageSent, ParticipantOptedIn, ParticipantOptedOut
from groupchat.aggregates.workspace_events import NumberGivenUp
from groupchat.audit import as_of, explain_reply, timeline, words
from groupchat.audit.explanation import Explanation, ExplanationGround, Question, Reason, Verdict, concluded, ground
from groupchat.audit.grounds import grounds, opt_outs, seen, turned
from groupchat.audit.history import History, Step
from groupchat.projections import ledger
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Recorded


def message(history: History, message_id: str) -> Explanation:
    """Explain why a message was sent or withheld; raises `NotFoundError` if the conversation has no such message."""
    step = require_message(history, message_id)
    event = step.recorded.event
    text = f"{words.deed(history, step)}, by the request {words.plain(step.recorded.cause.correlation_id)}."
    found = [ground(text, step.recorded)]
    if isinstance(event, AutoReplied):
        found += explain_reply.grounds(history, step, event)
    elif isinstance(event, MessageSent):
        found += grounds(history, step, event)
    else:
        found += [*_claims(history, step), seen(history, step)]
    found += _way(history, step, message_id)
    about = Question(kind="message", id=message_id, conversation_id=history.conversation_id)
    return concluded(about, *_fate(history, step, message_id), found)


def require_message(history: History, message_id: str) -> Step:
    """Return the event of a message; raises `NotFoundError` if the conversation has no such message."""
    step = history.message(message_id)
    if step is None:
        msg = f"There is no message {message_id} in {history.conversation_id}."
        raise NotFoundError(msg)
    return step


def _claims(history: History, step: Step) -> list[ExplanationGround]:
    """Return the effect of a keyword (R14)."""
    event = step.recorded.event
    if not isinstance(event, InboundReceived) or event.keyword is None:
        return []
    words_ = [each.recorded for each in history.steps if _evidence(each) == event.message_id]
    if not words_:
        return [ground("The whole message is a keyword, but it changed nothing (R14).", step.recorded)]
    return [
        ground(f"The whole message is a keyword (R14): {words.what(history.step(each.version), history.user_names)}.", each)
        for each in words_
    ]


def _evidence(step: Step) -> str | None:
    event = step.recorded.event
    return event.evidence if isinstance(event, ParticipantOptedOut | ParticipantOptedIn) else None


def _way(history: History, step: Step, message_id: str) -> list[ExplanationGround]:
    """Return what the message was billed, and its delivery, step by step, with the last status of each recipient."""
    found: list[ExplanationGround] = []
    begun: set[int] = set()
    deliveries = history.of_message.get(message_id, ())
    for recorded in (step.recorded, *deliveries):
        text = None if isinstance(recorded.event, Updated) else timeline.went(step.after, recorded, history.user_names)
        if text is not None:
            part = recorded.event.part if isinstance(recorded.event, Started) else None
            found.append(ground(_stage(recorded, text, again=part in begun), recorded))
            begun |= set() if part is None else {part}
        if (bill := ledger.line_of(recorded)) is not None:
            found.append(ground(f"It was {timeline.billed(bill)} (R24).", recorded))
    return found + _arrived(step, deliveries)


def _stage(recorded: Recorded, text: str, *, again: bool) -> str:
    """Return a step of a delivery as a sentence; `again` if the carrier was called before."""
    if isinstance(recorded.event, Settled):
        return f"Then it was {text}."
    if isinstance(recorded.event, PartsUpdated):
        return f"Its parts: {text}."
    return f"The last call had not reached the carrier, so it was {text} again." if again else f"It was {text}."


def _arrived(step: Step, deliveries: Collection[Recorded]) -> list[ExplanationGround]:
    """Return the last status of each recipient that was reported; equal ones together, with the last event of these."""
    last: dict[str, tuple[Recorded, RecipientOutcome]] = {}
    for recorded in deliveries:
        if isinstance(recorded.event, Updated):
            last |= {each.recipient: (recorded, each) for each in recorded.event.outcomes}
    alike: dict[tuple[str, str | None], list[str]] = {}
    for number, (_, outcome) in last.items():
        alike.setdefault((outcome.status, outcome.code), []).append(number)
    in_parts = any(isinstance(recorded.event, PartsUpdated) for recorded in deliveries)
    said = "The status of the whole message is" if in_parts else "The carrier reported the status"
    return [
        ground(
            f"{said} {status} for {words.everybody(step.after, to)}{words.why(code)}.",
            max((last[number][0] for number in to), key=lambda recorded: recorded.position),
        )
        for (status, code), to in alike.items()
    ]


def _fate(history: History, step: Step, message_id: str) -> tuple[Verdict, Reason]:
    """Return the message's final outcome, and what decided it."""
    deliveries = history.of_message.get(message_id, ())
    if isinstance(step.recorded.event, AutoReplied):
        return explain_reply.fate(history, step, step.recorded.event, deliveries)
    sent = isinstance(step.recorded.event, MessageSent)
    for recorded in deliveries:
        if isinstance(recorded.event, Withheld):
            return "withheld", why_withheld(history, step, recorded)
    for recorded in deliveries:
        if isinstance(recorded.event, Started):
            return "sent" if sent else "relayed", _why_begun(history, step, recorded)
    if sent:
        return "waiting", Reason("The message was accepted and is waiting to be handed to the carrier.", step.recorded)
    says = "The message was recorded, like everything that a participant writes (R15). No relay is stored (R12)."
    return "received", Reason(says, step.recorded)


def why_withheld(history: History, step: Step, withheld: Recorded) -> Reason:
    """Return why a message was not handed over: an opt-out decided it (R16), or its number was given up (R56)."""
    if isinstance(step.recorded.event, AutoReplied):
        return explain_reply.why_withheld(history, step.recorded.event, withheld)
    before = history.steps_before(withheld)
    if isinstance(step.recorded.event, MessageSent):
        late = (each.recorded for each in before if each.after.opted_out_since(step.recorded.version))
        cause = next(late, None)
    else:
        cause = turned(before) if before and before[-1].after.blocked else None
    if cause is None:
        return _why_withheld_without_opt_out(history, withheld)
    began = any(isinstance(each.event, Started) for each in history.of_message.get(as_of.id_of(step.recorded), ()))
    stood = "it had not reached the carrier" if began else "its hand-over had not started"
    says = f"The message was withheld because {stood} when {words.what(history.step(cause.version), history.user_names)} (R16)."
    return Reason(says, cause)


def _why_withheld_without_opt_out(history: History, withheld: Recorded) -> Reason:
    number, workspace = history.group.business_number, history.workspace_before(withheld)
    if workspace is None or number not in workspace.given_up:
        says = "The message was withheld, but no opt-out precedes it in the log, so R16 doesn't explain it."
        return Reason(says, withheld, wrong=True)
    earlier = (each for each in reversed(history.workspace) if each.position < withheld.position)
    cause = next(each for each in earlier if isinstance(each.event, NumberGivenUp) and each.event.number == number)
    return Reason(f"The message was withheld because {number} was given up before it went (R56).", cause)


def _why_begun(history: History, step: Step, started: Recorded) -> Reason:
    """Return why a message was handed over, including whether anyone had opted out meanwhile (R16)."""
    group, sent = history.group_before(started), isinstance(step.recorded.event, MessageSent)
    if group.opted_out_since(step.recorded.version) if sent else group.blocked:
        out = opt_outs(history.steps_before(started))[-1].recorded
        says = f"The message was handed over after an opt-out that was stored earlier ({out.id}): R16 forbids this."
        return Reason(says, started, wrong=True)
    says = "The message was sent: nobody had opted out when its hand-over to the carrier started (R16)."
    return Reason(says, started)
