"""Commands on group conversations: create, send, rename, continue in a successor."""

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from groupchat.aggregates import carrier_limit, consent, group_conversation, phone_book, roster
from groupchat.aggregates.access import Access
from groupchat.aggregates.group_events import Author, Media, Participant
from groupchat.aggregates.group_state import GroupConversation
from groupchat.aggregates.roster import Candidate, RequestedParticipant
from groupchat.commands.beginnings import begin
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.consents import same_set
from groupchat.commands.do_not_disturb import states_of
from groupchat.commands.media import attached
from groupchat.commands.streams import CONSENT, CONTACT, CONVERSATION, PHONE_BOOK
from groupchat.store.decision import Decision
from groupchat.values.carriers import CarrierLimits
from groupchat.values.errors import NotFoundError
from groupchat.values.metadata import MetadataChange


class Draft(Struct, frozen=True, kw_only=True):
    """The content of a message to send (R10)."""

    body: str | None = None
    media: tuple[Media, ...] = ()


class NewGroup(Struct, frozen=True, kw_only=True):
    """A group to create; `sender` is the business number in any common format."""

    sender: str
    participants: tuple[RequestedParticipant, ...]
    name: str | None = None
    metadata: MetadataChange = {}
    message: Draft | None = None


class CreatedGroup(Struct, frozen=True):
    """The ids of a new group and of its first message."""

    conversation_id: str
    message_id: str | None


async def create_group(decision: Decision, who: Caller, asked: NewGroup) -> CreatedGroup:
    """Create a group, and send its first message if there is one (R1 to R6, R35)."""
    conversation_id = decision.new_id("cnv")
    rights = await access(decision, who)
    rights.require_group_chat()
    sender = roster.sender(asked.sender, rights.state.numbers, rights.state.given_up)
    if sender.owned:
        rights.require_number(sender.number)
    candidates = await _candidates(decision, sender, asked.participants)
    rights.require_assigned(candidates)
    roster.check(candidates, sender, rights.state.policy, _limits(decision, rights, sender.number))
    members = tuple(roster.participant(candidate) for candidate in candidates)
    create = group_conversation.CreateGroup(
        business_number=sender.number, name=asked.name, roster=members, policy=rights.state.policy
    )
    await _begin(decision, rights, conversation_id, create)
    if asked.metadata:
        await decision.take(CONVERSATION, conversation_id, group_conversation.ChangeMetadata(asked.metadata))
    return await _first_message(decision, conversation_id, rights, asked.message)


async def send_message(decision: Decision, who: Caller, conversation_id: str, draft: Draft) -> str:
    """Send to all participants; return the message's id (R10, R15, R24)."""
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    rights.require_number(group.business_number)
    return await _send(decision, conversation_id, rights, draft)


async def change_group(
    decision: Decision,
    who: Caller,
    conversation_id: str,
    name: str | UnsetType | None = UNSET,
    metadata: MetadataChange | None = None,
) -> None:
    """Give a group another name, or none (R13), and change its metadata (R54)."""
    rights = await access(decision, who)
    group = await visible_group(decision, rights, conversation_id)
    rights.require_number(group.business_number)
    if name is not UNSET:
        await decision.take(CONVERSATION, conversation_id, group_conversation.RenameGroup(name=name))
    if metadata:
        await decision.take(CONVERSATION, conversation_id, group_conversation.ChangeMetadata(metadata))


async def create_successor(
    decision: Decision, who: Caller, conversation_id: str, name: str | UnsetType | None = UNSET, draft: Draft | None = None
) -> CreatedGroup:
    """Create a group that continues a blocked one, without participants who are opted out now (R18). Omit the name to keep it."""
    successor_id = decision.new_id("cnv")
    rights = await access(decision, who)
    old = await visible_group(decision, rights, conversation_id)
    rights.require_group_chat()
    rights.require_number(old.business_number)
    if not old.blocked:
        raise group_conversation.NotBlockedError(conversation_id)
    left = await _left(decision, old)
    roster.check_size(len(left), rights.state.policy, _limits(decision, rights, old.business_number))
    create = group_conversation.CreateGroup(
        business_number=old.business_number,
        name=old.name if name is UNSET else name,
        roster=left,
        policy=rights.state.policy,
        predecessor_id=conversation_id,
    )
    await _begin(decision, rights, successor_id, create)
    await _tag(decision, successor_id, left)
    await decision.take(CONVERSATION, conversation_id, group_conversation.Succeed(conversation_id=successor_id))
    return await _first_message(decision, successor_id, rights, draft)


def _limits(decision: Decision, rights: Access, business_number: str) -> CarrierLimits:
    return decision.carriers.limits_of(rights.state.carrier_of(business_number))


async def _candidates(decision: Decision, sender: roster.Sender, asked: tuple[RequestedParticipant, ...]) -> list[Candidate]:
    """Return every participant with the facts that the rules need: their contact, and whether they opted out (R2, R5)."""
    found = [await _candidate(decision, index, participant) for index, participant in enumerate(asked)]
    streams = {c.number: consent.stream(sender.number, c.number) for c in found if c.number and sender.owned}
    consents = dict(zip(streams, await decision.load_many(CONSENT, streams.values()), strict=True))
    dnds = await states_of(decision, [candidate.number or "" for candidate in found])
    return [
        roster.with_consent(candidate, consents.get(candidate.number or ""), dnd)
        for candidate, dnd in zip(found, dnds, strict=True)
    ]


async def _candidate(decision: Decision, index: int, asked: RequestedParticipant) -> Candidate:
    if asked.contact_id is not None:
        contact = await decision.load(CONTACT, asked.contact_id)
        if contact is not None and contact.workspace_id != decision.cause.workspace_id:
            contact = None
        return roster.of_contact(index, asked, contact)
    candidate = roster.bare(index, asked)
    if candidate.number is None:
        return candidate
    entry = await decision.load(PHONE_BOOK, phone_book.stream(decision.cause.workspace_id, candidate.number))
    if entry is None or entry.oldest is None:
        return candidate
    return roster.linked(candidate, await decision.load(CONTACT, entry.oldest))


async def _begin(decision: Decision, rights: Access, conversation_id: str, create: group_conversation.CreateGroup) -> None:
    """Take a group's creation, and add it to the consent stream of each participant (R16, R35)."""
    numbers = tuple(participant.number for participant in create.roster)
    same = await same_set(decision, create.business_number, numbers)
    roster.check_no_same([await _if_seen(decision, rights, id_) for id_, group in same if not group.blocked])
    await begin(decision, conversation_id, create)


async def _if_seen(decision: Decision, rights: Access, conversation_id: str) -> str | None:
    try:
        await visible_group(decision, rights, conversation_id)
    except NotFoundError:
        return None
    return conversation_id


async def _first_message(decision: Decision, conversation_id: str, rights: Access, draft: Draft | None) -> CreatedGroup:
    if draft is None:
        return CreatedGroup(conversation_id, None)
    return CreatedGroup(conversation_id, await _send(decision, conversation_id, rights, draft, loc="message.media"))


async def _send(decision: Decision, conversation_id: str, rights: Access, draft: Draft, *, loc: str = "media") -> str:
    message_id = decision.new_id("msg")
    draft = replace(draft, media=await attached(decision, rights, conversation_id, message_id, draft.media, loc=loc))
    send = group_conversation.Send(
        conversation_id=conversation_id,
        message_id=message_id,
        author=Author(user_id=rights.user.id, name=rights.user.name),
        body=draft.body,
        media=draft.media,
        rate=rights.state.rate_at(await decision.time_in(CONVERSATION, conversation_id)),
    )
    await decision.take(CONVERSATION, conversation_id, send)
    await _require_carrier_takes(decision, conversation_id, rights, draft)
    return send.message_id


async def _require_carrier_takes(decision: Decision, conversation_id: str, rights: Access, draft: Draft) -> None:
    """Raise `CarrierLimitError` for a message that the business number's carrier doesn't take (R43).

    A group that a person began may be larger than the policy allows (R44): then it raises `InvalidGroupError` (R1).
    """
    group = group_conversation.existing(await decision.load(CONVERSATION, conversation_id))
    if not group.direct:
        roster.check_size(len(group.numbers), group.policy, done="sent")
    carrier = rights.state.carrier_of(group.business_number)
    carrier_limit.require(
        decision.carriers.limits_of(carrier),
        decision.carriers.named(carrier),
        recipients=len(group.numbers),
        body=draft.body,
        media=draft.media,
    )


async def _left(decision: Decision, old: GroupConversation) -> tuple[Participant, ...]:
    """Return the participants to take into a successor: all whose number and linked contact don't refuse messages (R18, R36)."""
    consents = await decision.load_many(CONSENT, [consent.stream(old.business_number, number) for number in old.numbers])
    dnds = await states_of(decision, old.numbers)
    contacts = await decision.load_many(CONTACT, [member.contact_id or "" for member in old.members])
    return group_conversation.left(
        old,
        out={
            member.number
            for member, known, dnd, contact in zip(old.members, consents, dnds, contacts, strict=True)
            if (known and known.opted_out) or (dnd and dnd.is_on) or (contact and contact.refuses(member.number))
        },
    )


async def _tag(decision: Decision, conversation_id: str, roster_: tuple[Participant, ...]) -> None:
    """Tag participants whose contact was changed or deleted before the successor was created (R9)."""
    for contact in await decision.load_many(CONTACT, dict.fromkeys(p.contact_id for p in roster_ if p.contact_id)):
        if contact is not None:
            await decision.take(CONVERSATION, conversation_id, group_conversation.NoteContact(contact=contact))
