"""Refused attempts on a conversation, from the refusal records: who tried what, and which rule refused it (R15, R20 to R22)."""

from itertools import groupby

from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.refusal import RefusalRecorded, Rule
from groupchat.audit import words
from groupchat.projections import refusals
from groupchat.projections.refusals import RefusalFilter
from groupchat.store.log import Log
from groupchat.store.positions import statuses
from groupchat.values.event import Recorded

_BECAUSE: dict[Rule, str] = {
    "R15": "{people} had opted out",
    "R20": "the user's role doesn't allow group chat",
    "R21": "the user has no access to the business number {number}",
    "R22": "it is not assigned to the user, who therefore received the answer that it doesn't exist",
}


def read(log: Log, workspace_id: str, conversation_id: str) -> list[Recorded]:
    """Return the records about a conversation, oldest first. It blocks.

    The view `refusals` says where they are, and they are read from the log, together with those that the view doesn't have yet.
    """
    status = statuses(log.database).get(refusals.VIEW.name)
    followed = 0 if status is None else status.position
    chosen = RefusalFilter(conversation_id=conversation_id)
    ids = [each.id.rsplit("/", 1) for each in refusals.each(log.database, workspace_id, chosen)]
    found: list[Recorded] = []
    for stream, group in groupby(ids, key=lambda id_: id_[0]):
        versions = {int(version) for _, version in group}
        found += [each for each in log.stream(stream, after=min(versions) - 1, upto=max(versions)) if each.version in versions]
    newest = found[-1].position if found else 0
    later = log.each([RefusalRecorded.TOPIC], after=max(followed, newest))
    return found + [each for each in later if isinstance(each.event, RefusalRecorded) and _is_about(each.event, conversation_id)]


def _is_about(event: RefusalRecorded, conversation_id: str) -> bool:
    return event.about.conversation_id == conversation_id


def what(event: RefusalRecorded, group: GroupConversation) -> str:
    """Return a record in words, with the number of attempts."""
    because = _BECAUSE[event.rule].format(people=words.people(group, event.about.numbers), number=event.about.business_number)
    times = "" if event.times == 1 else f" {event.times} times"
    return f"was refused{times} ({words.plain(event.operation)}), because {because} ({event.rule})"
