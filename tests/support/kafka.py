"""A real broker for tests: the one that GROUPCHAT_TEST_KAFKA names, or one of the tests' own, an xdist worker each."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

from filelock import FileLock

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


@contextmanager
def running_broker() -> Iterator[str]:
    """Run a broker and give its address; raises `BrokerError` where it can't be had."""
    if named := os.environ.get("GROUPCHAT_TEST_KAFKA"):
        yield named
        return
    with a_broker() as own:
        yield own.address


@contextmanager
def a_broker(**settings: str) -> Iterator["broker.Broker"]:
    """Run a broker that a test may stop, kill and start again; settings as keyword arguments, with `_` for `.`."""
    install()
    with TemporaryDirectory(prefix="groupchat-kafka-") as folder:
        own = broker.Broker(Path(folder), settings={name.replace("_", "."): value for name, value in settings.items()})
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
