"""Why an automatic reply was sent or withheld (R41)."""

from collections.abc import Iterable

from groupchat.aggregates.delivery_events import Started, Withheld
from groupchat.aggregates.group_events import AutoReplied, InboundReceived
from groupchat.audit import words
from groupchat.audit.as_of import written
from groupchat.audit.explanation import ExplanationGround, Reason, Verdict, ground
from groupchat.audit.grounds import rate
from groupchat.audit.history import History, Step
from groupchat.values.event import Recorded


def grounds(history: History, step: Step, reply: AutoReplied) -> list[ExplanationGround]:
    """Return the message that is answered, the time limit, and the rate."""
    asked = history.message(reply.evidence)
    found = [rate(history, step.recorded, reply)]
    if asked is None or not isinstance(asked.recorded.event, InboundReceived):
        return [ground(f"The message {reply.evidence}, which it answers, is not in this conversation.", wrong=True), *found]
    quote = words.quoted(asked.recorded.event.body)
    says = f"It answers {quote} to its writer alone, and may be handed over until {written(reply.send_by)} (R41)."
    return [ground(says, asked.recorded), *found]


def fate(history: History, step: Step, reply: AutoReplied, deliveries: Iterable[Recorded]) -> tuple[Verdict, Reason]:
    """Return the reply's final outcome, and what decided it."""
    events = list(deliveries)
    for recorded in events:
        if isinstance(recorded.event, Withheld):
            return "withheld", why_withheld(history, reply, recorded)
    for recorded in events:
        if isinstance(recorded.event, Started):
            return "sent", _why_begun(reply, recorded)
    return "waiting", Reason("The reply was accepted and is waiting to be handed to the carrier.", step.recorded)


def why_withheld(history: History, reply: AutoReplied, withheld: Recorded) -> Reason:
    """Return why a reply was not handed over: its time was over, it was no longer true, or its number was given up (R56)."""
    if withheld.at >= reply.send_by:
        says = f"The reply was withheld because it could not be handed over before {written(reply.send_by)} (R41)."
        return Reason(says, withheld)
    group = history.group_before(withheld)
    member = group.member(reply.number)
    is_out = member is not None and bool(member.out)
    if is_out != (reply.purpose == "opt-out"):
        now = "had opted out" if is_out else "had opted in again"
        return Reason(f"The reply was withheld because {words.person(group, reply.number)} {now} before it went (R41).", withheld)
    return Reason(f"The reply was withheld because {group.business_number} was given up before it went (R56).", withheld)


def _why_begun(reply: AutoReplied, started: Recorded) -> Reason:
    if started.at >= reply.send_by:
        says = f"The reply was handed over after {written(reply.send_by)}: R41 forbids this."
        return Reason(says, started, wrong=True)
    did = "confirms an opt-out" if reply.purpose == "opt-out" else "answers a request for help"
    return Reason(f"The reply was sent: it {did}, and was handed over before {written(reply.send_by)} (R41).", started)
