"""Roster: the rules of creating a group. The rules after creation are in `group_conversation.py`.

- R1 At least `min_participants`, at most `max_participants`.
- R2 A participant is requested as a contact (its primary or one of its secondary numbers) or as a bare number with an optional
  name; a bare number that is a contact's is linked to that contact, the oldest if several have it.
- R3 Numbers are E.164; no number appears twice; the business number is not a participant.
- R4 Every number is valid and of an allowed region, and can be texted; the business number is not toll-free.
- R5 A number that has opted out from this business number, or from all by DND (R36), can't be added.
- R6 All that is wrong is said at once, each with its rule and participant.
- R35 No two unblocked groups of a business number have the same participants.
- R43 No more participants than the business number's carrier takes, whatever the policy.
"""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from groupchat.aggregates.carrier_limit import exceeds
from groupchat.aggregates.consent import Consent
from groupchat.aggregates.contact import Contact
from groupchat.aggregates.do_not_disturb import DoNotDisturb
from groupchat.aggregates.group_events import Participant
from groupchat.values import phone
from groupchat.values.carriers import NO_LIMITS, CarrierLimits
from groupchat.values.errors import RefusalError
from groupchat.values.policy import Policy

Rule = Literal["R1", "R2", "R3", "R4", "R5", "R43"]
Code = Literal[
    "too-few-participants",
    "too-many-participants",
    "duplicate-number",
    "invalid-number",
    "region-not-allowed",
    "toll-free-number",
    "number-not-textable",
    "contact-dnd",
    "opted-out",
    "contact-unknown",
    "contact-deleted",
    "number-not-of-contact",
    "business-number-unknown",
    "business-number-as-participant",
    "carrier-limit",
]


class Violation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason why a group can't be created; `index` counts the requested participants, from 0."""

    rule: Rule
    code: Code
    detail: str
    number: str | UnsetType = UNSET
    contact_id: str | UnsetType = UNSET
    index: int | UnsetType = UNSET


class InvalidGroupError(RefusalError):
    """R1 to R6: the group breaks rules; `violations` lists all of them."""

    slug = "invalid-group"

    def __init__(self, violations: Sequence[Violation], done: str = "created") -> None:
        detail = f"Nothing was {done}. " + " ".join(violation.detail for violation in violations)
        super().__init__(detail, violations=list(violations))
        self.violations = tuple(violations)


class GroupExistsError(RefusalError):
    """R35: an open group with this business number and these participants already exists."""

    slug = "group-exists"

    def __init__(self, conversation_id: str | None) -> None:
        where = f"use {conversation_id} instead" if conversation_id else "ask an owner or admin about it"
        msg = f"An unblocked group with the same participants exists: {where} (R35)."
        super().__init__(msg, conversation_id=conversation_id)


class RequestedParticipant(Struct, frozen=True, kw_only=True):
    """A participant as requested: a contact with an optional number, or a number with an optional name (R2)."""

    contact_id: str | None = None
    number: str | None = None
    name: str | None = None


class Sender(Struct, frozen=True, kw_only=True):
    """The business number as found: as E.164 if it is `readable`, and whether the workspace has it, or had it (R56)."""

    number: str
    readable: bool = False
    owned: bool = False
    given_up: bool = False


class Candidate(Struct, frozen=True, kw_only=True):
    """A participant as found: the request, and the facts that the rules need. `number` is none if it is unclear.

    `opted_out` is the number's opt-out from the business number, `do_not_disturb` a person's do-not-disturb (R36).
    """

    index: int
    number: str | None
    contact: Contact | None = None
    name: str | None = None
    opted_out: bool = False
    do_not_disturb: bool = False
    violation: Violation | None = None


def bare(index: int, asked: RequestedParticipant) -> Candidate:
    """Return the candidate of a bare number, not yet linked to a contact (R2, R3)."""
    number, violation = _read(index, asked.number or "")
    return Candidate(index=index, number=number, name=asked.name, violation=violation)


def of_contact(index: int, asked: RequestedParticipant, contact: Contact | None) -> Candidate:
    """Return the candidate of a contact requested by its id, with the requested number or else its primary one (R2)."""
    contact_id = asked.contact_id or ""
    if contact is None or contact.deleted:
        code: Code = "contact-unknown" if contact is None else "contact-deleted"
        state = "unknown" if contact is None else "deleted"
        detail = f"Contact {contact_id} is {state}. Omit it, or give a bare number."
        found = Violation(rule="R2", code=code, detail=detail, contact_id=contact_id, index=index)
        return Candidate(index=index, number=None, violation=found)
    if asked.number is None:
        return Candidate(index=index, number=contact.number, contact=contact)
    number, violation = _read(index, asked.number)
    if number is not None and number not in contact.numbers:
        detail = f"{number} is not a number of contact {contact_id}, which has {', '.join(contact.numbers)}."
        violation = Violation(
            rule="R2", code="number-not-of-contact", detail=detail, number=number, contact_id=contact_id, index=index
        )
    return Candidate(index=index, number=number, contact=contact, violation=violation)


def linked(candidate: Candidate, contact: Contact | None) -> Candidate:
    """Link a bare number to the oldest contact that has it (R2)."""
    return replace(candidate, contact=contact)


def with_consent(candidate: Candidate, known: Consent | None, dnd: DoNotDisturb | None) -> Candidate:
    """Add the number's opt-out from the business number (R5), and whether do-not-disturb applies to it (R36)."""
    return replace(candidate, opted_out=known is not None and known.opted_out, do_not_disturb=dnd is not None and dnd.is_on)


def participant(candidate: Candidate) -> Participant:
    """Return the participant that an accepted candidate becomes, named after its contact if it has one (R11)."""
    contact = candidate.contact
    return Participant(
        number=candidate.number or "",
        contact_id=None if contact is None else contact.id,
        name=candidate.name if contact is None else contact.name,
    )


def sender(written: str, owned: Container[str], given_up: Container[str] = ()) -> Sender:
    """Return the business number as found; `owned` has the workspace's numbers, `given_up` its former ones, as E.164."""
    try:
        number = phone.to_e164(written)
    except phone.InvalidNumberError:
        return Sender(number=written)
    return Sender(number=number, readable=True, owned=number in owned, given_up=number in given_up)


def violations(
    candidates: Sequence[Candidate], sender: Sender, policy: Policy, limits: CarrierLimits = NO_LIMITS
) -> list[Violation]:
    """Return everything that is wrong with a group, in the order of its participants (R6)."""
    found = [*_of_sender(sender, policy), *_of_size(len(candidates), policy, limits)]
    times = Counter(candidate.number for candidate in candidates if candidate.violation is None)
    for candidate in candidates:
        found.extend(_of_candidate(candidate, sender.number, policy, times))
    return found


def check(candidates: Sequence[Candidate], sender: Sender, policy: Policy, limits: CarrierLimits = NO_LIMITS) -> None:
    """Raise `InvalidGroupError` unless the group keeps R1 to R5, and R43 within the limits of the business number's carrier."""
    if found := violations(candidates, sender, policy, limits):
        raise InvalidGroupError(found)


def check_size(count: int, policy: Policy, limits: CarrierLimits = NO_LIMITS, *, done: str = "created") -> None:
    """Raise `InvalidGroupError` unless `count` participants are enough, and not too many (R1, R43; all that R18 asks).

    `done` is what was to be done with the group.
    """
    if found := list(_of_size(count, policy, limits)):
        raise InvalidGroupError(found, done)


def check_no_same(open_groups: Iterable[str | None]) -> None:
    """Raise `GroupExistsError` if an open group has the same participants (R35); its id is none if it is hidden (R22)."""
    for conversation_id in open_groups:
        raise GroupExistsError(conversation_id)


def _of_size(count: int, policy: Policy, limits: CarrierLimits) -> Iterator[Violation]:
    if count < policy.min_participants:
        detail = f"A group has at least {policy.min_participants} participants, not {count}."
        yield Violation(rule="R1", code="too-few-participants", detail=detail)
    if count > policy.max_participants:
        detail = f"A group has at most {policy.max_participants} participants, not {count}."
        yield Violation(rule="R1", code="too-many-participants", detail=detail)
    if exceeds(count, limits.recipients):
        detail = f"The carrier of this business number takes at most {limits.recipients} participants, not {count}."
        yield Violation(rule="R43", code="carrier-limit", detail=detail)


def _read(index: int, written: str) -> tuple[str | None, Violation | None]:
    try:
        return phone.to_e164(written), None
    except phone.ServiceNumberError as error:
        return None, Violation(rule="R4", code="number-not-textable", detail=f"{error}.", number=written, index=index)
    except phone.InvalidNumberError as error:
        return None, Violation(rule="R3", code="invalid-number", detail=f"{error}.", number=written, index=index)


def _of_sender(sender: Sender, policy: Policy) -> Iterator[Violation]:
    number = sender.number
    if not sender.readable:
        detail = f"{number!r} can't be read as a phone number: include the country code, as in +14155550101."
        yield Violation(rule="R3", code="invalid-number", detail=detail, number=number)
    elif phone.is_toll_free(number):
        detail = f"{number} is toll-free, and carriers accept no group messages from toll-free numbers."
        yield Violation(rule="R4", code="toll-free-number", detail=detail, number=number)
    elif not sender.owned:
        why = "was given up (R56)" if sender.given_up else "is not a business number of this workspace"
        detail = f"{number} {why}. Add it first."
        yield Violation(rule="R1", code="business-number-unknown", detail=detail, number=number)
    elif not phone.is_of(number, policy.allowed_regions):
        detail = f"{number} is of region {' or '.join(phone.regions_of(number))}, which the policy does not allow."
        yield Violation(rule="R4", code="region-not-allowed", detail=detail, number=number)


def _of_candidate(candidate: Candidate, business_number: str, policy: Policy, times: Counter[str | None]) -> Iterator[Violation]:
    if candidate.violation is not None:
        yield candidate.violation
        return
    number = candidate.number or ""
    contact_id: str | UnsetType = UNSET if candidate.contact is None else candidate.contact.id

    def violation(rule: Rule, code: Code, detail: str) -> Violation:
        return Violation(rule=rule, code=code, detail=detail, number=number, contact_id=contact_id, index=candidate.index)

    if number == business_number:
        yield violation("R3", "business-number-as-participant", f"{number} is the business number itself. Omit it.")
    if times[number] > 1:
        yield violation("R3", "duplicate-number", f"{number} appears {times[number]} times. Include it once.")
    if not phone.can_be_texted(number):
        yield violation(
            "R4",
            "number-not-textable",
            f"{number} is a toll-free, premium-rate, personal or service number, which can't be texted.",
        )
    elif not phone.is_of(number, policy.allowed_regions):
        region, allowed = " or ".join(phone.regions_of(number)), ", ".join(policy.allowed_regions)
        yield violation("R4", "region-not-allowed", f"{number} is of region {region}; the policy allows {allowed}.")
    if candidate.contact is not None and candidate.contact.dnd:
        yield violation("R5", "contact-dnd", f"{candidate.contact.name} ({number}) has do-not-disturb on.")
    elif candidate.do_not_disturb:
        detail = f"{number} has do-not-disturb on, through a contact that has or had this number (R36)."
        yield violation("R5", "contact-dnd", detail)
    if candidate.opted_out:
        yield violation("R5", "opted-out", f"{number} has opted out from {business_number}.")
