"""What a check of an account at a carrier finds, in words."""

import httpx

from groupchat.carriers.calls import CarrierAnswer
from groupchat.carriers.port import CarrierFinding


def not_shown(answer: CarrierAnswer, what: str, settings: str) -> CarrierFinding:
    """Return what a refused call of a check says about the settings that it depends on."""
    says = f"The carrier does not show {what}"
    if httpx.codes.is_server_error(answer.status) or answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return CarrierFinding(good=False, says=f"{says} at the moment (status {answer.status}). Try later.")
    return CarrierFinding(good=False, says=f"{says} (status {answer.status}). Check {settings}.")


def compared(says: str, *, good: bool, otherwise: str) -> CarrierFinding:
    """Return what is set at the carrier; what to do follows only if it is not as it should be."""
    return CarrierFinding(good=good, says=f"{says}." if good else f"{says}. {otherwise}.")
