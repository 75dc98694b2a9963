"""Answering a person alone: confirming an opt-out in the append that stores it, and answering HELP (R41)."""

from datetime import datetime

from msgspec import Struct

from groupchat.aggregates import auto_replies, consent, group_conversation, group_replying, workspace
from groupchat.aggregates.auto_replies import Purpose
from groupchat.aggregates.group_state import GroupConversation
from groupchat.commands.consents import opt_out
from groupchat.commands.streams import CONSENT, CONVERSATION, WORKSPACE
from groupchat.store.decision import Decision
from groupchat.values.language import Language


class Asked(Struct, frozen=True, kw_only=True):
    """A person's message that asks for an answer, and when it came.

    `carrier_answers` says that the carrier itself answers it, so that the business must not.
    """

    conversation_id: str
    message_id: str
    number: str
    language: Language
    at: datetime
    carrier_answers: bool = False


async def opt_out_and_confirm(decision: Decision, opting: consent.OptOut, asked: Asked) -> None:
    """Opt a person out who asked for it, and confirm it to them, unless they were out already."""
    group = await _group(decision, asked)
    known = await decision.load(CONSENT, consent.stream(opting.business_number, opting.number))
    member = group.member(asked.number)
    was_out = (known is not None and known.opted_out) or (member is not None and bool(member.out))
    await opt_out(decision, opting)
    if not was_out:
        await _answer(decision, "opt-out", asked)


async def help_out(decision: Decision, asked: Asked) -> None:
    """Answer a person who asked for help. Somebody who is opted out gets nothing."""
    await _answer(decision, "help", asked)


async def _answer(decision: Decision, purpose: Purpose, asked: Asked) -> None:
    """Store an answer, if the workspace gives one, still has the number, and the carrier does not answer itself."""
    state = workspace.existing(await decision.load(WORKSPACE, decision.cause.workspace_id))
    from_ = (await _group(decision, asked)).business_number
    if asked.carrier_answers or from_ not in state.numbers or not state.auto_replies.answers(purpose):
        return
    command = group_replying.AutoReply(
        message_id=decision.new_id("msg"),
        number=asked.number,
        purpose=purpose,
        evidence=asked.message_id,
        language=asked.language,
        body=auto_replies.filled(state.auto_replies.text(purpose, asked.language), state.name),
        rate=state.rate_at(decision.now),
        asked_at=asked.at,
        at=decision.now,
    )
    await decision.take(CONVERSATION, asked.conversation_id, command)


async def _group(decision: Decision, asked: Asked) -> GroupConversation:
    return group_conversation.existing(await decision.load(CONVERSATION, asked.conversation_id))
