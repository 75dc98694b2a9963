"""Why a message was sent or withheld, and why an entry was charged or credited: the events and the rules, line by line."""

from groupchat.aggregates.delivery import Started, Updated, Withheld
from groupchat.aggregates.group_events import InboundReceived, MessageSent, ParticipantOptedIn, ParticipantOptedOut
from groupchat.audit import as_of, timeline, words
from groupchat.audit.explanation import Explanation, ExplanationLine, Verdict, ending, line
from groupchat.audit.grounds import grounds, opt_outs, rate, seen, turned
from groupchat.audit.history import History, Step
from groupchat.projections import ledger
from groupchat.projections.ledger import Entry
from groupchat.values.errors import NotFoundError
from groupchat.values.event import Recorded

# --- a message


def message(history: History, message_id: str) -> Explanation:
    """Explain why a message was sent or withheld; raises `NotFoundError` if the conversation has no such message."""
    step = _message(history, message_id)
    event = step.recorded.event
    who = words.actor(history, step.recorded, step.after)
    lines = [line(f"{who} {words.what(step)}, by the request {words.plain(step.recorded.cause.correlation_id)}.", step.recorded)]
    if isinstance(event, MessageSent):
        lines += grounds(history, step, event)
    else:
        lines += [*_said(history, step), seen(history, step)]
    lines += _way(history, step, message_id)
    verdict, decided, by = _fate(history, step, message_id)
    return ending(f"message {message_id}", verdict, lines, decided, by)


def _message(history: History, message_id: str) -> Step:
    step = history.message(message_id)
    if step is None:
        msg = f"There is no message {message_id} in {history.conversation_id}."
        raise NotFoundError(msg)
    return step


def _said(history: History, step: Step) -> list[ExplanationLine]:
    """Return the effect of a keyword (R14)."""
    event = step.recorded.event
    if not isinstance(event, InboundReceived) or event.keyword is None:
        return []
    words_ = [each.recorded for each in history.steps if _evidence(each) == event.message_id]
    if not words_:
        return [line("The whole message is a keyword, but it changed nothing (R14).", step.recorded)]
    return [line(f"The whole message is a keyword (R14): {words.what(history.step(each.version))}.", each) for each in words_]


def _evidence(step: Step) -> str | None:
    event = step.recorded.event
    return event.evidence if isinstance(event, ParticipantOptedOut | ParticipantOptedIn) else None


def _way(history: History, step: Step, message_id: str) -> list[ExplanationLine]:
    """Return what the message was billed, and its delivery, step by step."""
    found: list[ExplanationLine] = []
    calls = 0
    for recorded in (step.recorded, *history.of_message.get(message_id, ())):
        if (said := timeline.went(step.after, recorded)) is not None:
            calls += isinstance(recorded.event, Started)
            found.append(line(_stage(recorded, said, again=calls > 1), recorded))
        if (bill := ledger.line_of(recorded)) is not None:
            found.append(line(f"It was {timeline.billed(bill)} (R24).", recorded))
    return found


def _stage(recorded: Recorded, said: str, *, again: bool) -> str:
    """Return a step of a delivery as a sentence; `again` if the carrier was called before."""
    match recorded.event:
        case Started() if again:
            return f"The last call had not reached the carrier, so it was {said} again."
        case Started() | Withheld():
            return f"It was {said}."
        case _:
            return f"Then {said}."


def _fate(history: History, step: Step, message_id: str) -> tuple[Verdict, ExplanationLine, Recorded]:
    """Return the message's final outcome, and the event that decided it."""
    deliveries = history.of_message.get(message_id, ())
    sent = isinstance(step.recorded.event, MessageSent)
    for recorded in deliveries:
        if isinstance(recorded.event, Withheld):
            return "withheld", *why_withheld(history, step, recorded)
    for recorded in deliveries:
        if isinstance(recorded.event, Started):
            return "sent" if sent else "relayed", _why_begun(history, step, recorded), recorded
    if sent:
        return "waiting", line("It was accepted and is waiting to be handed to the carrier.", step.recorded), step.recorded
    says = "It was recorded, like everything that a participant writes (R15). No relay is stored (R12)."
    return "received", line(says, step.recorded), step.recorded


def why_withheld(history: History, step: Step, withheld: Recorded) -> tuple[ExplanationLine, Recorded]:
    """Return why a message was not handed over, with the opt-out that decided it (R16)."""
    before = history.steps_before(withheld)
    if isinstance(step.recorded.event, MessageSent):
        late = (each.recorded for each in before if each.after.opted_out_since(step.recorded.version))
        cause = next(late, None)
    else:
        cause = turned(before) if before and before[-1].after.blocked else None
    if cause is None:
        says = "It was withheld, but no opt-out precedes it in the log, so R16 doesn't explain it."
        return line(says, withheld, wrong=True), withheld
    began = any(isinstance(each.event, Started) for each in history.of_message.get(as_of.id_of(step.recorded), ()))
    stood = "it had not reached the carrier" if began else "its hand-over had not started"
    return line(f"It was withheld because {stood} when {words.what(history.step(cause.version))} (R16).", cause), cause


def _why_begun(history: History, step: Step, started: Recorded) -> ExplanationLine:
    """Return why a message was handed over, including whether anyone had opted out meanwhile (R16)."""
    group, sent = history.group_before(started), isinstance(step.recorded.event, MessageSent)
    if group.opted_out_since(step.recorded.version) if sent else group.blocked:
        out = opt_outs(history.steps_before(started))[-1].recorded
        says = f"It was handed over after an opt-out that was stored earlier ({out.id}): R16 forbids this."
        return line(says, started, wrong=True)
    return line("Nobody had opted out when its hand-over to the carrier started, so it was sent (R16).", started)


# --- an entry of the ledger


def read_entry_id(id_: str) -> tuple[str, int, int]:
    """Return the stream, the version and the number in an entry's id; raises `ValueError` for any other text."""
    stream, version, n = id_.rsplit("/", 2)
    if not stream or not (version.isascii() and version.isdigit() and n.isascii() and n.isdigit()):
        msg = f"{id_} is not an entry's id"
        raise ValueError(msg)
    return stream, int(version), int(n)


def entry(history: History, entry_id: str) -> Explanation:
    """Explain why an entry was charged or credited; raises `NotFoundError` if its event has no such entry."""
    billed, source = _entry(history, entry_id)
    step = _message(history, billed.message_id)
    lines = [line(_entry_words(history, billed), source), *_of_message(history, step, billed)]
    if isinstance(source.event, Withheld):
        decided, by = why_withheld(history, step, source)
        return ending(f"entry {entry_id}", "credited", lines, decided, by)
    says = "It was charged because the message was accepted at this moment: one segment for each participant (R24)."
    return ending(f"entry {entry_id}", "charged", lines, line(says, source), source)


def _entry(history: History, entry_id: str) -> tuple[Entry, Recorded]:
    stream, version, n = read_entry_id(entry_id)
    for recorded in (*history.events, *history.deliveries):
        if (recorded.stream, recorded.version) == (stream, version):
            bill = ledger.line_of(recorded)
            entries = bill.entries() if bill else ()
            if 0 < n <= len(entries):
                return entries[n - 1], recorded
            msg = f"{recorded.id} is {recorded.type}, with {len(entries) or 'no'} entries in the ledger: there is no {entry_id}."
            raise NotFoundError(msg)
    msg = f"There is no event {stream}/{version}, so there is no entry {entry_id}."
    raise NotFoundError(msg)


def _entry_words(history: History, billed: Entry) -> str:
    verb = "credits" if billed.segments < 0 else "charges"
    to = words.person(history.group, billed.recipient)
    segments = f"{billed.segments} MMS segment at {billed.rate} {billed.currency}: {billed.amount} {billed.currency}"
    return f"It {verb} the message {billed.message_id} to {to}: {segments} (R24, R25)."


def _of_message(history: History, step: Step, billed: Entry) -> list[ExplanationLine]:
    """Return the message that was billed, its rate, its delivery to that recipient, and the entry with the opposite sign."""
    event = step.recorded.event
    lines = [line(f"{words.actor(history, step.recorded, step.after)} {words.what(step)}.", step.recorded)]
    if isinstance(event, MessageSent):
        lines.append(rate(history, step.recorded, event))
    for recorded in (step.recorded, *history.of_message.get(billed.message_id, ())):
        bill = ledger.line_of(recorded)
        other = [each for each in (bill.entries() if bill else ()) if each.recipient == billed.recipient and each.id != billed.id]
        lines += [
            line(f"{each.id} {'reverses it' if each.segments < 0 else 'is the entry that it reverses'} (R16).", recorded)
            for each in other
        ]
        if isinstance(recorded.event, Updated):
            reported = [each for each in recorded.event.outcomes if each.recipient == billed.recipient]
            lines += [line(f"Its outcome: {timeline.outcomes(step.after, [each])}.", recorded) for each in reported]
    return lines
