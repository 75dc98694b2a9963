"""A real broker for tests: the one that GROUPCHAT_TEST_KAFKA names, or one of the tests' own, for all xdist workers together."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from types import ModuleType

import msgspec
from filelock import FileLock
from msgspec import Struct

ROOT = Path(__file__).parents[2]


def _load() -> ModuleType:
    spec = spec_from_file_location("groupchat_test_broker", ROOT / "kafka" / "broker.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


broker = _load()
Broker = broker.Broker


_started: list[Broker] = []
"""Kept, because Python complains of a process that it forgets while it runs."""


class Shared(Struct):
    """A broker that several processes use; the last of them ends it."""

    address: str
    pid: int
    users: int = 0


@contextmanager
def running_broker(folder: Path) -> Iterator[str]:
    """Run a broker, one for all processes that give this folder, and give its address; raises `BrokerError` if it can't be had."""
    if named := os.environ.get("GROUPCHAT_TEST_KAFKA"):
        yield named
        return
    shared = _change(folder, 1)
    try:
        yield shared.address
    finally:
        if _change(folder, -1).users == 0:
            os.kill(shared.pid, signal.SIGKILL)


def _change(folder: Path, users: int) -> Shared:
    """Count a process that begins or ends to use the broker, and start one for the first."""
    install()
    path = folder / "broker.json"
    with FileLock(folder / "broker.lock"):
        shared = msgspec.json.decode(path.read_bytes(), type=Shared) if path.exists() else Shared("", 0)
        if not shared.users:
            own = Broker(Path(mkdtemp(prefix="kafka-", dir=folder)))
            own.start()
            _started.append(own)
            shared = Shared(own.address, own.pid)
        shared.users += users
        path.write_bytes(msgspec.json.encode(shared))
    return shared


QUICK_RETURN = {"broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "500"}
"""The controller admits a broker that was killed when its last session has ended, which takes 9 seconds by default."""


@contextmanager
def a_broker() -> Iterator[Broker]:
    """Run a broker that a test may stop, kill and start again."""
    install()
    with TemporaryDirectory(prefix="groupchat-kafka-") as folder:
        own = Broker(Path(folder), settings=QUICK_RETURN)
        own.start()
        try:
            yield own
        finally:
            own.kill()


def install() -> None:
    """Fetch the jars, once for all of xdist's workers."""
    broker.BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(broker.BUILD / "install.lock"):
        broker.install()
