"""The story of the demo: a month of a property manager's front desk, which shows what groupchat does.

Each chapter is one group, and they are in the order of time. A start that was interrupted continues with the first chapter that has
not begun.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from decimal import Decimal

from msgspec import Struct

from groupchat.aggregates.business_numbers import AddNumber
from groupchat.aggregates.users import UserFields
from groupchat.aggregates.workspace_state import ADMIN, AUDITOR, MEMBER, User
from groupchat.commands import business_numbers, users, workspaces
from groupchat.commands import contacts as directory
from groupchat.commands.caller import Caller
from groupchat.demo.teller import Character, Teller
from groupchat.values.ids import new_id
from groupchat.values.money import Rate

FRONT_DESK = "+14155550100"
LEASING = "+14155550140"

ANN = Character("Ann Lee", "+14155550101", "crm-101")
BEN = Character("Ben Ortiz", "+14155550102", "crm-102")
CLEO = Character("Cleo", "+16045550103")
DEV = Character("Dev Patel", "+14155550104", "crm-104")
EVA = Character("Eva Novak", "+14155550105", "crm-105")
FINN = Character("Finn Moore", "+14155550106", "crm-106")
GUS = Character("Gus Hall", "+14155550107", "crm-107")
HANA = Character("Hana Kim", "+14155550108", "crm-108")
IVAN = Character("Ivan Petrov", "+14155550109", "crm-109")
JUNE = Character("June Brooks", "+14155550110", "crm-110")
STRANGER = Character("", "+14155550111")
"""A person whom nobody knows yet."""
_OWNS = (HANA, IVAN)
"""The contacts that are assigned to the restricted user."""
_DIRECTORY = (ANN, BEN, DEV, EVA, FINN, GUS, HANA, IVAN, JUNE)
_NEW_NUMBER_OF_DEV = "+14155550114"
_LANDLINE = "30006"
RESTRICTED = "rosa@example.com"


class Staff(Struct, frozen=True):
    """The users who write in the story: the owner, and one who sees only the contacts that are assigned to them."""

    olivia: Caller
    rosa: Caller


async def set_up(teller: Teller, owner: Caller) -> None:
    """Prepare the workspace: numbers, rates, roles, users and contacts. It can be repeated."""
    teller.clock.set_to(days_ago=31, hour=15)
    await teller.run(owner, users.change_user, owner.user.id, UserFields(name="Olivia Park"))
    await teller.run(owner, business_numbers.add_number, AddNumber(number=FRONT_DESK, label="Front desk", default=True))
    await teller.run(owner, business_numbers.add_number, AddNumber(number=LEASING, label="Leasing"))
    today = teller.clock().date()
    for effective_from, price in ((today, "0.0250"), (today + timedelta(days=20), "0.0200")):
        await teller.run(owner, workspaces.post_rate, effective_from, Rate(mms_segment=Decimal(price), currency="USD"))
    await teller.run(owner, workspaces.define_role, "trainee", group_chat=False)
    await _add_user(teller, owner, "Adam Reyes", "adam@example.com", ADMIN)
    rosa = await _add_user(teller, owner, "Rosa Diaz", RESTRICTED, MEMBER, assigned_only=True)
    await _add_user(teller, owner, "Max Stone", "max@example.com", "trainee")
    await _add_user(teller, owner, "Quinn Abbott", "quinn@example.com", AUDITOR)
    for person in _DIRECTORY:
        await teller.contact(owner, person, assigned_to=rosa.id if person in _OWNS else None)


async def _add_user(teller: Teller, owner: Caller, name: str, email: str, role: str, *, assigned_only: bool = False) -> User:
    user = User(id=new_id("usr"), name=name, email=email, role=role, assigned_only=assigned_only, active=True)
    return (await teller.run(owner, users.add_user, user)).user


async def _maple_court(teller: Teller, staff: Staff) -> None:
    """Show contacts that change and disappear while their group keeps its numbers (R8, R9)."""
    teller.clock.set_to(days_ago=29, hour=16)
    olivia = staff.olivia
    text = "Good morning! The heating in Maple Court will be off on Thursday from 9 to 12."
    group = await teller.group(olivia, FRONT_DESK, "Maple Court heating", (ANN, DEV, EVA), text)
    await group.hear(DEV, "Thanks for the notice. I have a new phone number from next week, by the way.")
    await group.hear(EVA, "I'm moving out on the 1st.")
    await group.send(olivia, "Noted, both of you. This group keeps the numbers that you have now.")
    teller.clock.set_to(days_ago=22, hour=15)
    await teller.contact(olivia, DEV, number=_NEW_NUMBER_OF_DEV)
    eva = await teller.contact(olivia, EVA)
    await teller.run(olivia, directory.delete_contact, eva.id)
    await group.send(olivia, "The heating is on again. Thank you for your patience.")
    await group.read(olivia)


async def _block_party(teller: Teller, staff: Staff) -> None:
    """Show a person who texts STOP, and the group that continues without them (R15, R18)."""
    teller.clock.set_to(days_ago=20, hour=17)
    olivia = staff.olivia
    text = "The block party is on the 12th at 3 pm. Who brings a table?"
    group = await teller.group(olivia, FRONT_DESK, "Block party", (BEN, EVA, FINN, CLEO), text)
    await group.hear(BEN, "I have two.")
    await group.hear(FINN, "STOP")
    await group.read(olivia)
    await group.goes_on(olivia, "We go on here. Ben brings two tables, so we need chairs.")


async def _spare_keys(teller: Teller, staff: Staff) -> None:
    """Show texts that fail, with the carrier's reason (R49)."""
    teller.clock.set_to(days_ago=13, hour=16)
    olivia = staff.olivia
    text = "The spare keys are ready. You can pick them up at the office until 6 pm."
    group = await teller.group(olivia, FRONT_DESK, "Spare keys", (ANN, BEN, GUS), text)
    await group.hear(ANN, "I'll come at 5.")
    await group.misbehaves(GUS, "fail", _LANDLINE)
    await group.misbehaves(BEN, "silent")
    await group.send(olivia, "Please bring your ID.")
    await group.misbehaves(BEN, None)
    await group.read(olivia)


async def _pool_hours(teller: Teller, staff: Staff) -> None:
    """Show an opt-out that a user recorded: nobody can be texted here until somebody continues without that person (R14, R18).

    Another text may be an opt-out, and waits for somebody to judge it (R40).
    """
    teller.clock.set_to(days_ago=8, hour=18)
    olivia = staff.olivia
    group = await teller.group(olivia, FRONT_DESK, "Pool hours", (ANN, BEN, JUNE), "From Monday, the pool opens at 7 am.")
    await group.hear(BEN, "Great, thank you!")
    await group.hear(ANN, "Please don't text me about the pool anymore.")
    await group.opt_out(olivia, JUNE)
    await group.read(olivia)


async def _viewing(teller: Teller, staff: Staff) -> None:
    """Show a group of the restricted user, from another business number (R21, R22)."""
    teller.clock.set_to(days_ago=3, hour=17)
    text = "Hi Hana and Ivan, the apartment on Pine Avenue is free on the 1st. Would you like to see it?"
    group = await teller.group(staff.rosa, LEASING, "Viewing on Pine Avenue", (HANA, IVAN), text)
    await group.hear(HANA, "Yes! Could we come on Friday after 4?")
    await group.send(staff.rosa, "Friday at 4:30 works. See you there.")
    await group.hear(IVAN, "Perfect.")
    await group.read(staff.olivia)


async def _elm_street(teller: Teller, staff: Staff) -> None:
    """Show today: a person who writes to the business alone (R44), and a group that is waiting for someone to open the console."""
    teller.clock.set_back(minutes=50)
    olivia = staff.olivia
    await teller.hear(LEASING, STRANGER, (), "Hello, is the studio on Oak Lane still free?")
    text = "Hello all! The viewing is on Saturday at 10. Does that suit you?"
    group = await teller.group(olivia, FRONT_DESK, "House on Elm Street", (ANN, BEN, CLEO), text)
    await group.hear(ANN, "Saturday is fine 👍")
    await group.hear(BEN, "For me as well, see you there.")
    await group.read(olivia)
    await group.send(olivia, "Wonderful. I'll bring the keys.")


CHAPTERS: dict[str, Callable[[Teller, Staff], Awaitable[None]]] = {
    "Maple Court heating": _maple_court,
    "Block party": _block_party,
    "Spare keys": _spare_keys,
    "Pool hours": _pool_hours,
    "Viewing on Pine Avenue": _viewing,
    "House on Elm Street": _elm_street,
}
"""The chapters by the names of their groups."""
