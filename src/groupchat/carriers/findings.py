"""What a check of an account at a carrier finds, in words."""

from groupchat.carriers.calls import CarrierAnswer
from groupchat.carriers.port import CarrierFinding


def not_shown(answer: CarrierAnswer, what: str, settings: str) -> CarrierFinding:
    """Return what a refused call of a check says about the settings that it depends on."""
    says = f"The carrier does not show {what}"
    if answer.unavailable:
        return CarrierFinding(good=False, says=f"{says} at the moment (status {answer.status}). Try later.")
    return CarrierFinding(good=False, says=f"{says} (status {answer.status}). Check {settings}.")


def compared(says: str, *, good: bool, otherwise: str) -> CarrierFinding:
    """Return what is set at the carrier; what to do follows only if it is not as it should be."""
    return CarrierFinding(good=good, says=f"{says}." if good else f"{says}. {otherwise}.")


def not_owned(number: str) -> str:
    """Return what to say about a business number that the carrier does not know as one of the account."""
    return f"The number {number} is not one of this account. Buy it there, or change the carrier of the number in groupchat."


def sends_mms(number: str, *, capable: bool) -> CarrierFinding:
    """Return whether a number of the account can send MMS, which every message to a group is."""
    if capable:
        return CarrierFinding(good=True, says=f"The number {number} is this account's and can send MMS.")
    return CarrierFinding(good=False, says=f"The number {number} can't send MMS, and so not to groups. Buy one that can.")
