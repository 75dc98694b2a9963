"""The contract's (`test_contract.py`) requirements for an adapter: a fake carrier next to it, which a test controls."""

from typing import Literal, Protocol

from groupchat.carriers.port import Carrier, Inbox, Receipt

Trouble = Literal["cut off", "nonsense", "never arrived", "refused", "refused for now", "too slow"]
"""The fate of a call: it is taken, but the response is lost; it is taken, but the response can't be read; it is lost on the way; it
is refused forever; it is refused for now; it is taken after the caller stopped waiting for the response."""


class Bench(Protocol):
    """An adapter on a bench. Numbers are E.164. Everything that a test does has happened when the call returns."""

    carrier: Carrier
    can_be_asked: bool
    """Whether the carrier knows the result of a call whose response was lost."""

    async def trouble(self, kind: Trouble | None, *, after: int = 0) -> None:
        """Let all further calls but the next `after` meet this trouble; none: they are taken and answered."""

    async def arrive(self) -> None:
        """Deliver all calls that are still on their way."""

    async def phone(self, number: str) -> list[str]:
        """Return the texts that a person's phone has received, oldest first."""

    async def files(self, number: str) -> list[str]:
        """Return the files that a person's phone has received, each by an address with its id, or by the hash of its content."""

    async def bring(self, receipt: Receipt, inbox: Inbox) -> None:
        """Let the carrier report this, by a signed webhook if it has one."""

    async def write(self, from_: str, group: tuple[str, ...] | None, body: str, inbox: Inbox, *, times: int = 1) -> None:
        """Let a person write to the business number, in a group with these others if given; it is reported so many times."""
