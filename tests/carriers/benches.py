"""The carriers' fakes by name, the troubles that their calls can meet, and a process that dies at a call."""

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from groupchat.carriers.port import Outgoing, RecipientResult
from groupchat.store.database import Database
from tests.carriers.bandwidth.bench import BandwidthBench
from tests.carriers.bench import Bench, Trouble
from tests.carriers.doubles import HandClock
from tests.carriers.simulator.bench import SimulatorBench
from tests.carriers.telnyx.bench import TelnyxBench
from tests.carriers.twilio.bench import TwilioBench
from tests.processes.fake_carrier import CrashError

LONGEST_PATIENCE = 10.0


def patience(trouble: Trouble | None) -> float:
    """Return the seconds that a call gets: few if it never responds in time, otherwise enough on any machine."""
    return 0.05 if trouble == "too slow" else LONGEST_PATIENCE


BENCHES: dict[str, Callable[[Database, HandClock], Bench]] = {
    "simulator": lambda database, _: SimulatorBench(database),
    "telnyx, keys trusted": lambda _, clock: TelnyxBench(clock, trust_key=True),
    "telnyx, keys not trusted": lambda _, clock: TelnyxBench(clock, trust_key=False),
    "bandwidth": lambda *_: BandwidthBench(),
    "twilio": TwilioBench,
}
EVERY_TROUBLE: tuple[Trouble | None, ...] = (None, *get_args(Trouble))

Death = Literal["before", "after"]


class Dying:
    """A carrier under which the process dies before a call, or when it was answered, before anything of it is stored.

    The first `calm` calls go well.
    """

    def __init__(self, bench: Bench, when: Death, calm: int = 0) -> None:
        self.name, self.native_group, self.limits = bench.carrier.name, bench.carrier.native_group, bench.carrier.limits
        self.find = bench.carrier.find
        self._carrier, self._when, self._calm = bench.carrier, when, calm

    async def send(self, message: Outgoing) -> Sequence[RecipientResult]:
        self._calm -= 1
        if self._calm >= 0:
            return await self._carrier.send(message)
        if self._when == "after":
            await self._carrier.send(message)
        raise CrashError
