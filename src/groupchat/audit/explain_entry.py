"""Why an entry of the ledger was charged or credited: the events and the rules."""

import re

from groupchat.aggregates.delivery_events import CostReported, PartsUpdated, Updated, Withheld
from groupchat.aggregates.group_events import AutoReplied, MessageSent
from groupchat.audit import timeline, words
from groupchat.audit.explain import require_message, why_withheld
from groupchat.audit.explanation import Explanation, ExplanationGround, Question, Reason, concluded, ground
from groupchat.audit.grounds import rate
from groupchat.audit.history import History, Step
from groupchat.projections import ledger
from groupchat.projections.ledger import Entry
from groupchat.values.errors import InvalidRequestError, NotFoundError
from groupchat.values.event import Recorded

_ENTRY_ID = re.compile(r"(?P<stream>[^/]+)/(?P<version>[0-9]{1,15})/(?P<n>[0-9]{1,15})")


def read_entry_id(id_: str) -> tuple[str, int, int]:
    """Return the stream, the version and the number in an entry's id; raises `InvalidRequestError` for any other text."""
    read = _ENTRY_ID.fullmatch(id_)
    if read is None:
        msg = f"{id_!r} is not an entry's id. Use STREAM/VERSION/N, as shown in the ledger."
        raise InvalidRequestError("entry_id", msg)
    return read["stream"], int(read["version"]), int(read["n"])


def entry(history: History, entry_id: str) -> Explanation:
    """Explain why an entry was charged or credited; raises `NotFoundError` if its event has no such entry."""
    billed, source = _entry(history, entry_id)
    step = require_message(history, billed.message_id)
    found = [ground(_entry_words(history, billed), source), *_of_message(history, step, billed)]
    about = Question(kind="entry", id=entry_id, conversation_id=history.conversation_id)
    if isinstance(source.event, Withheld):
        return concluded(about, "credited", why_withheld(history, step, source), found)
    says = "The entry was charged because the message was accepted at this moment: one segment for each recipient (R24)."
    return concluded(about, "charged", Reason(says, source), found)


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


def _of_message(history: History, step: Step, billed: Entry) -> list[ExplanationGround]:
    """Return the message that was billed, its rate, its delivery to that recipient, and the entry with the opposite sign."""
    event = step.recorded.event
    lines = [ground(f"{words.deed(history, step)}.", step.recorded)]
    if isinstance(event, MessageSent | AutoReplied):
        lines.append(rate(history, step.recorded, event))
    for recorded in (step.recorded, *history.of_message.get(billed.message_id, ())):
        bill = ledger.line_of(recorded)
        other = [each for each in (bill.entries() if bill else ()) if each.recipient == billed.recipient and each.id != billed.id]
        lines += [
            ground(f"{each.id} {'reverses it' if each.segments < 0 else 'is the entry that it reverses'} (R16).", recorded)
            for each in other
        ]
        if isinstance(recorded.event, PartsUpdated):
            parts = [each for each in recorded.event.outcomes if each.recipient == billed.recipient]
            lines += [ground(f"Part {each.part + 1}: {timeline.outcomes(step.after, [each])}.", recorded) for each in parts]
        if isinstance(recorded.event, Updated):
            reported = [each for each in recorded.event.outcomes if each.recipient == billed.recipient]
            lines += [ground(f"Its outcome: {timeline.outcomes(step.after, [each])}.", recorded) for each in reported]
        if isinstance(recorded.event, CostReported):
            costs = [each.amount for each in recorded.event.costs if each.recipient == billed.recipient]
            lines += [ground(f"The carrier charged {cost:f} {recorded.event.currency} for it (R26).", recorded) for cost in costs]
    return lines
