"""One broker of Apache Kafka in KRaft mode on 127.0.0.1, from Maven Central: `make kafka`, and the tests' own.

`python kafka/broker.py` runs it on port 9092 until Ctrl-C, with its data in `build/kafka/data`; `--install` only fetches the jars.
It needs a JDK (17 or newer) and `mvn`. Nothing but Python's own library is needed here.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic, sleep

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "kafka"
LIBS = BUILD / "libs"
FORMATTED = BUILD / "formatted"
"""A new broker's data, to copy: Kafka's own tool needs a second for it."""
CLASSES = BUILD / "classes.jsa"
"""Kafka's classes as the JVM keeps them in memory (class data sharing), which halves the time to start a broker."""
CLUSTER = "Z3JvdXBjaGF0LWthZmthMQ"
"""The id of each cluster, as none knows of another. A random one can begin with a dash, which the tool takes for an option."""
POM = HERE / "pom.xml"
START_SECONDS = 60
STOP_SECONDS = 30
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
}
"""What docker-compose.yml sets too, but for addresses."""


class BrokerError(Exception):
    """The broker can't be had here; the message says what to do."""


def install() -> None:
    """Fetch the jars and store their classes, unless those of this `pom.xml` are there; raises `BrokerError`."""
    stamp = BUILD / "pom.xml"
    if stamp.is_file() and stamp.read_bytes() == POM.read_bytes() and CLASSES.is_file():
        return
    for program in ("java", "mvn"):
        if shutil.which(program) is None:
            msg = f"{program} is not installed: install a JDK (17 or newer) and Maven, or name a broker in GROUPCHAT_TEST_KAFKA"
            raise BrokerError(msg)
    for made in (LIBS, FORMATTED):
        shutil.rmtree(made, ignore_errors=True)
    CLASSES.unlink(missing_ok=True)
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={LIBS.resolve()}"]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    if fetched.returncode:
        msg = f"mvn could not fetch Kafka:\n{(fetched.stdout + fetched.stderr)[-2_000:]}"
        raise BrokerError(msg)
    _store_classes()
    shutil.copy(POM, stamp)


def _store_classes() -> None:
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        broker = Broker(Path(folder), options=[f"-XX:ArchiveClassesAtExit={CLASSES}"])
        broker.start()
        broker.stop()


class Broker:
    """A broker process with its own folder; it may be stopped, killed and started again on the same data."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        options: Sequence[str] = (f"-XX:SharedArchiveFile={CLASSES}", "-Xlog:cds=off"),
    ) -> None:
        self.folder = folder
        self.port = port or _free_port()
        self._controller = _free_port()
        self._settings = dict(settings or {})
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return None if self._process is None else self._process.pid

    @property
    def address(self) -> str:
        """The bootstrap server."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start, and wait until it takes connections; raises `BrokerError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self._configure()
        if not (self.folder / "data" / "meta.properties").is_file():
            self._format(config)
        self._process = self._java("kafka.Kafka", str(config), options=self._options)
        deadline = monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or monotonic() > deadline:
                self.kill()
                msg = f"the broker did not start:\n{(self.folder / 'log').read_text(errors='replace')[-2_000:]}"
                raise BrokerError(msg)
            sleep(0.1)

    def _format(self, config: Path) -> None:
        data = self.folder / "data"
        if FORMATTED.is_dir():
            shutil.copytree(FORMATTED, data)
            return
        self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(config)).wait()
        with tempfile.TemporaryDirectory(dir=BUILD) as beside, contextlib.suppress(OSError):  # another process may be first
            shutil.copytree(data, Path(beside) / "data").rename(FORMATTED)

    def stop(self) -> None:
        """Stop in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop as by `kill -9`."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Hold the process where it is, and return when it stands still."""
        self.send(signal.SIGSTOP)
        if self._process is not None:
            os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal: SIGCONT lets it go on."""
        if self._process is not None:
            self._process.send_signal(number)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _configure(self) -> Path:
        listeners = {
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "log.dirs": str((self.folder / "data").resolve()),
        }
        lines = [f"{name}={value}\n" for name, value in (SETTINGS | listeners | self._settings).items()]
        path = self.folder / "server.properties"
        path.write_text("".join(lines))
        return path

    def _java(self, *words: str, options: Sequence[str] = ()) -> "subprocess.Popen[bytes]":
        options = [
            *options,
            "-Xms128m",
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        ]
        with (self.folder / "log").open("ab") as out:
            command = ["java", *options, "-cp", f"{LIBS.resolve()}/*", *words]
            return subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def main() -> int:
    """Run a broker until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--install", action="store_true", help="only fetch the jars")
    parser.add_argument("--port", type=int, default=9092)
    given = parser.parse_args()
    try:
        install()
        if given.install:
            return 0
        broker = Broker(BUILD, port=given.port)
        broker.start()
    except BrokerError as error:
        print(f"kafka: {error}", file=sys.stderr)
        return 1
    print(f"Kafka listens on {broker.address}. Stop with Ctrl-C.\nexport GROUPCHAT_KAFKA_BOOTSTRAP_SERVERS={broker.address}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.pause()
    broker.stop()
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
