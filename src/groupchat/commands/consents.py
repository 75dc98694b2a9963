"""Opting out and in. An opt-out and the block of every conversation that it covers are one append (R16).

Creating a group adds it to the consent stream of each participant's number, so these commands need no query that could lag.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from groupchat.aggregates import consent, group_conversation, group_opting
from groupchat.aggregates.consent import Cause, Consent, OptOutIsTheirsError
from groupchat.aggregates.group_state import GroupConversation
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import CONSENT, CONVERSATION
from groupchat.commands.written_numbers import read_number
from groupchat.store.decision import Decision
from groupchat.values.errors import NotFoundError

Set = tuple[str, frozenset[str]]
"""A business number and the participants of a group."""
SameSets = Mapping[str, Sequence[str]]
"""For each conversation, the ids of all that have its business number and exactly its participants (R35), and its own."""


async def opt_out_by_hand(decision: Decision, who: Caller, conversation_id: str, number: str) -> None:
    """Record that a participant told a user that they want no more messages (R14)."""
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    participant = _participant(group, number)
    rights.require_recorder(group.business_number)
    opting = consent.OptOut(business_number=group.business_number, number=participant, cause="user", evidence=rights.user.id)
    await opt_out(decision, opting)


async def take_back_opt_out(decision: Decision, who: Caller, conversation_id: str, number: str, reason: str) -> None:
    """Take back an opt-out that a user recorded by mistake, and the blocks that only this opt-out caused (R39).

    Raises `OptOutIsTheirsError` for the person's own opt-out, by a keyword, the carrier, or DND.
    """
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    rights.require_manager()
    participant = _participant(group, number)
    business_number = group.business_number
    command = consent.TakeBack(business_number=business_number, number=participant, reason=reason)
    taken = await decision.take(CONSENT, consent.stream(business_number, participant), command)
    member = group.member(participant)
    if not taken and member is not None and "hand" not in member.blocked_for and "dnd" in member.out:
        raise OptOutIsTheirsError(participant)
    ids = (await _consent(decision, business_number, participant)).conversations
    alike = await same_sets(decision, ids)
    for id_ in reversed(ids):
        same = await _another_is_open(decision, id_, alike)
        await decision.take(
            CONVERSATION, id_, group_opting.TakeBackParticipantOptOut(number=participant, reason=reason, same_set_is_open=same)
        )


async def opt_out(decision: Decision, opting: consent.OptOut) -> None:
    """Opt a number out: record it in its consent, and block all conversations of the business number with it (R15)."""
    await decision.take(CONSENT, consent.stream(opting.business_number, opting.number), opting)
    command = group_opting.OptOutParticipant(number=opting.number, cause=opting.cause, evidence=opting.evidence)
    ids = (await _consent(decision, opting.business_number, opting.number)).conversations
    await decision.load_many(CONVERSATION, ids)  # together, because there may be thousands
    for conversation_id in ids:
        await decision.take(CONVERSATION, conversation_id, command)


async def opt_in(decision: Decision, opting: consent.OptIn) -> None:
    """Opt a number in. Conversations stay blocked unless their policy reopens them, the newest first (R17)."""
    await decision.take(CONSENT, consent.stream(opting.business_number, opting.number), opting)
    ids = (await _consent(decision, opting.business_number, opting.number)).conversations
    alike = await same_sets(decision, ids)
    for conversation_id in reversed(ids):
        await come_back(decision, conversation_id, opting.number, opting.cause, opting.evidence, alike)


async def same_set(decision: Decision, business_number: str, numbers: tuple[str, ...]) -> list[tuple[str, GroupConversation]]:
    """Return the conversations of a business number with exactly these participants, oldest first (R35).

    The consent stream of any one participant has all of them, because every creation writes to it. So the one with the fewest is
    enough, and a person who is in thousands of groups slows down none of them.
    """
    known = await decision.load_many(CONSENT, [consent.stream(business_number, number) for number in numbers])
    ids = min((each or consent.NONE for each in known), key=lambda each: len(each.joined)).conversations
    groups = await decision.load_many(CONVERSATION, ids)
    pairs = zip(ids, map(group_conversation.existing, groups), strict=True)
    return [(id_, group) for id_, group in pairs if set(group.numbers) == set(numbers)]


async def same_sets(decision: Decision, ids: Iterable[str]) -> SameSets:
    """Return the same for many conversations at once, in three queries, however many they are."""
    asked = list(ids)
    sets = dict(zip(asked, map(_set_of, await decision.load_many(CONVERSATION, asked)), strict=True))
    firsts = dict.fromkeys(consent.stream(ours, min(theirs)) for ours, theirs in sets.values())
    known = await decision.load_many(CONSENT, firsts)
    every = list(dict.fromkeys(id_ for each in known if each for id_ in each.conversations))
    alike: defaultdict[Set, list[str]] = defaultdict(list)
    for id_, group in zip(every, await decision.load_many(CONVERSATION, every), strict=True):
        alike[_set_of(group)].append(id_)
    return {id_: alike[each] for id_, each in sets.items()}


async def come_back(decision: Decision, conversation_id: str, number: str, cause: Cause, evidence: str, alike: SameSets) -> None:
    """Record a participant's opt-in in one conversation (R17), of those whose `same_sets` are given."""
    same = await _another_is_open(decision, conversation_id, alike)
    command = group_opting.OptInParticipant(number=number, cause=cause, evidence=evidence, same_set_is_open=same)
    await decision.take(CONVERSATION, conversation_id, command)


async def _another_is_open(decision: Decision, conversation_id: str, alike: SameSets) -> bool:
    """Return whether another open group has the same participants (R35)."""
    others = await decision.load_many(CONVERSATION, [id_ for id_ in alike[conversation_id] if id_ != conversation_id])
    return any(not group_conversation.existing(other).blocked for other in others)


def _set_of(group: GroupConversation | None) -> Set:
    held = group_conversation.existing(group)
    return held.business_number, frozenset(held.numbers)


def _participant(group: GroupConversation, number: str) -> str:
    """Return the number of a participant, given in any common format; raises `NotFoundError` if it is not in the group."""
    read = read_number("number", number)
    if group.member(read) is None:
        msg = f"{read} is not a participant of this conversation."
        raise NotFoundError(msg, "participant")
    return read


async def _consent(decision: Decision, business_number: str, number: str) -> Consent:
    return await decision.load(CONSENT, consent.stream(business_number, number)) or consent.NONE
