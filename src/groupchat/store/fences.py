"""Fences: a worker that has lost its lease can't start anything new, even before it notices the loss.

Every process that takes a lease raises the lease's generation. An append that names the lease's fence is stored only if the
generation is still the worker's. This is checked in the transaction of the append, and no process can raise the generation
meanwhile.
"""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Column, Connection, Table, Text, bindparam, select

from groupchat.store.refusals import UnavailableError
from groupchat.store.tables import BIG, METADATA
from groupchat.store.upserts import insert_new, upsert

LEASES = Table(
    "leases",
    METADATA,
    Column("name", Text, primary_key=True, comment="the follower's"),
    Column("generation", BIG, nullable=False, comment="the number of times that the lease was taken"),
)
_T = LEASES.c
_NAMED = _T.name.in_(bindparam("names", expanding=True))
_IN_ORDER = select(_T.name, _T.generation).where(_NAMED).order_by(_T.name)
"""Everybody locks leases in the same order, so that nobody waits in a circle."""
_GENERATIONS = _IN_ORDER.with_for_update(read=True)
_TO_RAISE = _IN_ORDER.with_for_update()


class Fence(Struct, frozen=True):
    """A lease, and the generation of its holder."""

    name: str
    generation: int


class LeaseLostError(UnavailableError):
    """Another process has taken the lease meanwhile. Nothing was stored."""

    def __init__(self, fence: Fence) -> None:
        super().__init__(f"Another process has taken the lease of {fence.name}; nothing was stored.")


def raise_generations(connection: Connection, names: Collection[str]) -> dict[str, Fence]:
    """Raise leases' generations; further appends of their earlier holders are refused."""
    if not names:
        return {}
    insert_new(connection, LEASES, [{"name": name, "generation": 0} for name in sorted(names)])
    found = connection.execute(_TO_RAISE, {"names": list(names)}).tuples()
    raised = [{"name": name, "generation": generation + 1} for name, generation in found]
    upsert(connection, LEASES, raised)
    return {each["name"]: Fence(**each) for each in raised}


def generations(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Return the leases' generations, which no process can raise until the transaction ends."""
    if not names:
        return {}
    return dict(connection.execute(_GENERATIONS, {"names": list(names)}).tuples().all())


def all_generations(connection: Connection) -> dict[str, int]:
    """Return the generation of every lease that was ever taken."""
    return dict(connection.execute(select(_T.name, _T.generation)).tuples().all())
