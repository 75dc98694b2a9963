"""A message from end to end: accepted, handed over, ten statuses, all views and the ledger; what it costs in processor time.

The time is that of all processes of a side together, as `/proc` counts it: API, worker, and Postgres with what it has started.
It is therefore what a message costs on a machine of any speed of disk, and other work on the machine hardly moves it.
"""

from contextlib import ExitStack
from time import monotonic, sleep

import cpu
from postgres import Server
from service import Service

_LOOK_SECONDS = 0.1
_QUIET_SECONDS = 0.4
_PATIENCE_SECONDS = 120


class Ours:
    """Our side: API and worker on a database of their own."""

    def __init__(self, stack: ExitStack, server: Server, seconds: float) -> None:
        self.service = Service(stack, server)
        self._server, self._seconds = server, seconds

    def cost(self) -> dict[str, float]:
        """Return the milliseconds of each process per message."""
        before = self._used()
        result = self.service.post(self._seconds)
        self._settle()
        after = self._used()
        return {name: (after[name] - before[name]) / result.accepted * 1_000 for name in before}

    def _used(self) -> dict[str, float]:
        service = self.service
        return {"api": cpu.used(service.api.pid), "worker": cpu.used(service.worker.pid), "postgres": self._server.cpu_seconds()}

    def _settle(self) -> None:
        """Wait until nothing happens any more."""
        until, quiet, head = monotonic() + _PATIENCE_SECONDS, monotonic(), 0
        while monotonic() < until:
            if self.service.behind() or self.service.head() != head:
                quiet, head = monotonic(), self.service.head()
            elif monotonic() - quiet > _QUIET_SECONDS:
                return
            sleep(_LOOK_SECONDS)
        msg = f"the worker is still {self.service.behind()} events behind"
        raise RuntimeError(msg)
