"""A real S3 server for tests: S3Proxy from Maven Central, on 127.0.0.1, with its objects in a folder.

`python -m tests.support.s3` only fetches its jars.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest
from filelock import FileLock

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build" / "s3proxy"
POM = HERE / "s3proxy.xml"
BUCKET = "media"
START_SECONDS = 60
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


def reason_to_skip() -> str | None:
    """Return why there can be no server here; none if there can."""
    missing = [each for each in ("java", "mvn") if shutil.which(each) is None]
    return f"{' and '.join(missing)} not installed" if missing else None


@pytest.fixture(scope="session")
def s3_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with an empty bucket, for all tests of a process."""
    if reason := reason_to_skip():
        pytest.skip(reason)
    with s3_server(tmp_path_factory.mktemp("s3") / "objects") as address:
        yield address


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run a server, and yield its address; the folder has a bucket."""
    install()
    (folder / BUCKET).mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    properties = folder.parent / "s3proxy.properties"
    properties.write_text(
        f"s3proxy.endpoint={address}\ns3proxy.authorization=aws-v2-or-v4\ns3proxy.identity=key\ns3proxy.credential=secret\n"
        f"jclouds.provider=filesystem-nio2\njclouds.filesystem.basedir={folder}\njclouds.identity=x\njclouds.credential=x\n"
    )
    flags = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")  # it lives for seconds: half of its CPU time would go into compiling
    command = ["java", *flags, "-cp", f"{BUILD / 'libs'}/*", "org.gaul.s3proxy.Main", "--properties", str(properties)]
    with (folder.parent / "s3proxy.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        try:
            _wait(address, server)
            yield address
        finally:
            server.kill()


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = monotonic() + START_SECONDS
    while monotonic() < until and server.poll() is None:
        try:
            httpx.get(address)
        except httpx.TransportError:
            sleep(0.1)  # the server is another program, which says nothing when it is ready
        else:
            return
    msg = "S3Proxy did not start."
    raise RuntimeError(msg)


def install() -> None:
    """Fetch the jars, unless they are there."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with FileLock(BUILD / "lock"):
        stamp = BUILD / "pom.xml"
        if stamp.is_file() and stamp.read_bytes() == POM.read_bytes():
            return
        libs = f"-DoutputDirectory={BUILD / 'libs'}"
        subprocess.run(
            [shutil.which("mvn") or "mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", libs],
            check=True,
            timeout=300,
        )
        shutil.copy(POM, stamp)


if __name__ == "__main__":
    install()
