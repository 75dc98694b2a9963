"""Commands for carriers: checking their setup, and settling messages whose result the carrier doesn't know."""

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from groupchat.cli.later import loading
from groupchat.cli.shell import clean, run, say, settings
from groupchat.settings import CARRIERS, Settings
from groupchat.values.errors import ExpectedError

if TYPE_CHECKING:
    from groupchat.bootstrap import System
    from groupchat.carriers.port import CarrierFinding
    from groupchat.commands.settling import Settlement

app = typer.Typer()
_carrier = typer.Typer(no_args_is_help=True)
app.add_typer(_carrier, name="carrier", help="Check what is set up at a carrier. It texts nobody.")


class Status(StrEnum):
    """The results that a person can record for a message."""

    DELIVERED = "delivered"
    FAILED = "failed"


class CarrierNotConfiguredError(ExpectedError):
    """There is no such carrier, or it has no settings here; the message says which have."""


@_carrier.command()
def check(name: Annotated[str, typer.Argument(metavar="NAME", help="The carrier: telnyx, bandwidth or twilio.")]) -> None:
    """Make harmless calls to a carrier, and report what is still to be set up. It texts nobody.

    LOOK marks what can't be seen from here. Exit code 1 if something is to be set up. docs/carriers.md explains each step.
    """
    findings = run(_check(settings(), name))
    for each in findings:
        typer.echo(f"{_MARKS[each.good]}  {clean(each.says)}")
    if any(each.good is False for each in findings):
        say.print("docs/carriers.md explains the setup.")
        raise typer.Exit(1)


@app.command()
def settle(
    message: Annotated[str, typer.Argument(metavar="MESSAGE", help="The message's id, `msg_...`.")],
    status: Annotated[Status, typer.Argument(help="Whether it arrived.")],
    reason: Annotated[str, typer.Option("--reason", help="How you know. It is stored.")],
    number: Annotated[list[str] | None, typer.Option("--number", help="Only for this recipient; can be repeated.")] = None,
) -> None:
    """Record whether an unconfirmed message arrived, and how you know."""
    run(_settle(settings(), message, status.value, reason, tuple(number or ())))
    typer.echo(f"The message {message} is settled as {status.value}.")


async def _check(chosen: Settings, name: str) -> "list[CarrierFinding]":
    with loading():
        from groupchat.addresses import Addresses
        from groupchat.bootstrap import running
        from groupchat.carriers import public_url
        from groupchat.carriers.port import CarrierFinding, CarrierRefusedError, CarrierUnclearError
    if name not in CARRIERS:
        msg = f"There is no carrier {name!r} to check. Use one of: {', '.join(CARRIERS)}."
        raise CarrierNotConfiguredError(msg)
    async with running(chosen) as system:
        checks = {each.carrier.name: each.check for each in system.adapters if each.check is not None}
        if name not in checks:
            msg = f"The carrier {name!r} is not configured. Configured: {', '.join(checks) or 'none'}. See docs/carriers.md."
            raise CarrierNotConfiguredError(msg)
        addresses = Addresses()
        public = await public_url.check(chosen.public_url or "", addresses)
        addresses.close()
        try:
            return [public, *await checks[name](await _numbers_of(system, name))]
        except (CarrierRefusedError, CarrierUnclearError) as error:
            why = error.detail if isinstance(error, CarrierRefusedError) else error.reason
            says = f"The carrier could not be reached: {why}. Check the network and GROUPCHAT_{name.upper()}_URL."
            return [public, CarrierFinding(good=False, says=says)]


async def _numbers_of(system: "System", carrier: str) -> list[str]:
    """Return the business numbers of all workspaces that have a carrier."""
    from groupchat.audit import directory
    from groupchat.commands.streams import WORKSPACE

    ids = await asyncio.to_thread(lambda: [each.id for each in directory.workspaces(system.store.log)])
    states = [state for id_ in ids if (state := await system.store.load(WORKSPACE, id_)) is not None]
    named = system.store.carriers.named
    return [number for state in states for number, owned in state.numbers.items() if named(owned.carrier) == carrier]


_MARKS = {True: "ok  ", False: "TODO", None: "LOOK"}


async def _settle(chosen: Settings, message_id: str, status: "Settlement", reason: str, numbers: tuple[str, ...]) -> None:
    with loading():
        from groupchat.bootstrap import running
        from groupchat.commands.keys import by_operator
        from groupchat.commands.settling import settle_by_operator, workspace_of
    async with running(chosen) as system:
        cause = by_operator(await workspace_of(system.store, message_id))
        await system.store.run(cause, settle_by_operator, message_id, status, reason, numbers)
