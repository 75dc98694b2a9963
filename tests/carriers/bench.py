"""The contract's (`test_contract.py`) requirements for an adapter: a fake carrier next to it, which a test controls."""

from typing import Literal, Protocol

from groupchat.carriers.port import Carrier, Inbox, Receipt

Trouble = Literal["cut off", "nonsense", "never arrived", "refused", "refused for now", "too slow"]
"""What becomes of a call: it is taken, but the answer is lost; it is taken, but the answer can't be read; it is lost on the way; it
is refused forever; it is refused for now; it is taken when nobody waits for the answer any more."""


class Bench(Protocol):
    """An adapter on a bench. Numbers are E.164; whatever a test does is done when the call returns."""

    carrier: Carrier
    can_be_asked: bool
    """Whether the carrier knows the result of a call whose response was lost."""

    async def trouble(self, kind: Trouble | None) -> None:
        """Let this become of calls from now on; none: they are taken and answered."""

    async def arrive(self) -> None:
        """Let all calls that are still on their way arrive."""

    async def phone(self, number: str) -> list[str]:
        """Return the texts that a person's phone has received, oldest first."""

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        """Let the carrier say this; as its webhook, signature and all, where it has one."""

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        """Let a person write to the business number, in a group with these others where given; it is brought so many times."""
