"""Reviews: texts that may be an opt-out in a person's own words (R40)."""

from groupchat.aggregates import consent, review
from groupchat.aggregates.access import Access, HiddenError
from groupchat.aggregates.stop_wishes import language_of, stop_wish
from groupchat.commands.auto_replies import Asked, opt_out_and_confirm
from groupchat.commands.caller import Caller, access, visible_group
from groupchat.commands.streams import CONSENT, REVIEW
from groupchat.store.decision import Decision
from groupchat.values.business_days import business_days_after
from groupchat.values.errors import NotFoundError


async def open_review(
    decision: Decision, conversation_id: str, message_id: str, business_number: str, number: str, body: str | None
) -> None:
    """Mark a text for review if it may be an opt-out, unless its writer has opted out already."""
    because = stop_wish(body)
    if because is None:
        return
    known = await decision.load(CONSENT, consent.stream(business_number, number))
    if known is not None and known.opted_out:
        return
    command = review.OpenReview(
        message_id=message_id,
        conversation_id=conversation_id,
        business_number=business_number,
        number=number,
        because=because,
        due_at=business_days_after(decision.now, review.BUSINESS_DAYS),
    )
    await decision.take(REVIEW, review.stream(message_id), command)


async def settle_review(decision: Decision, who: Caller, message_id: str, *, is_opt_out: bool, note: str | None) -> None:
    """Judge a text. An opt-out blocks like one that a user records, and is confirmed within five minutes of the text (R41).

    Raises `NotFoundError` for a review of a conversation that the caller doesn't see, `NumberAccessDeniedError` unless they may
    record an opt-out in it, `ReviewSettledError` if it was settled the other way.
    """
    rights = await access(decision, who)
    rights.require_recorder((await visible_review(decision, rights, message_id)).business_number)
    await _settle(decision, message_id, is_opt_out=is_opt_out, note=note)


async def visible_review(decision: Decision, rights: Access, message_id: str) -> review.ReviewOpened:
    """Return a review of a conversation that the caller may see; raises `NotFoundError` for any other (R22: `HiddenError`)."""
    opened = (await _existing(decision, message_id)).opened
    try:
        await visible_group(decision, rights, opened.conversation_id)
    except HiddenError as error:
        raise HiddenError(review.missing(), error.about) from error
    except NotFoundError as error:
        raise review.missing() from error
    return opened


async def settle_overdue(decision: Decision, message_id: str) -> None:
    """Take a review that nobody has settled in time for an opt-out."""
    if (await _existing(decision, message_id)).opt_out is None:
        await _settle(decision, message_id, is_opt_out=True, note=None)


async def _settle(decision: Decision, message_id: str, *, is_opt_out: bool, note: str | None) -> None:
    events = await decision.take(REVIEW, review.stream(message_id), review.SettleReview(opt_out=is_opt_out, note=note))
    if events and is_opt_out:
        marked = await _existing(decision, message_id)
        opened = marked.opened
        opting = consent.OptOut(business_number=opened.business_number, number=opened.number, cause="review", evidence=message_id)
        asked = Asked(
            conversation_id=opened.conversation_id,
            message_id=message_id,
            number=opened.number,
            language=language_of(opened.because),
            at=marked.opened_at,
        )
        await opt_out_and_confirm(decision, opting, asked)


async def _existing(decision: Decision, message_id: str) -> review.MarkedText:
    return review.existing(await decision.load(REVIEW, review.stream(message_id)))
