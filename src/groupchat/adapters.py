"""Which carrier carries the messages: `GROUPCHAT_CARRIER` names it, and its adapter is made here, from the settings.

A new carrier is a package in `carriers/` that fulfils `carriers/port.py`, a name in `settings.py`, and a case here.
"""

from typing import assert_never

from msgspec import Struct

from groupchat.carriers.port import Carrier, Webhook, Work
from groupchat.carriers.simulator.adapter import Simulator
from groupchat.settings import Settings
from groupchat.store.database import Database
from groupchat.values.clock import Clock


class Adapter(Struct, frozen=True, kw_only=True):
    """A carrier with what belongs to it.

    `work` is what it does by itself, as a worker of the carrier's name; `webhook` takes what the carrier posts. `simulator` is the
    carrier itself where it is the simulated one: its handsets have routes of their own.
    """

    carrier: Carrier
    work: Work | None = None
    webhook: Webhook | None = None
    simulator: Simulator | None = None


def choose(settings: Settings, database: Database, clock: Clock) -> Adapter:
    """Return the adapter that the settings name."""
    match settings.carrier:
        case "simulator":
            simulator = Simulator(database, clock, native_group=settings.simulator_native_group)
            return Adapter(carrier=simulator, work=simulator.work, simulator=simulator)
        case _:
            assert_never(settings.carrier)
