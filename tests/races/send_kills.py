"""kill -9 between any two steps of a send: each phone gets the text once, or its status says that nobody knows.

For each carrier, a process delivers one message with a file and is killed: before each commit of a transaction, when each call has
reached the carrier, and when the carrier has taken it, before it answers. Each time, a second process continues, a minute later by
its clock. The processes run the workers as `groupchat work` does. The carriers are the fakes of the contract, behind HTTP, in the
process that kills; the simulated one is in the database.

`python -m tests.races.send_kills URL [EVERY [CARRIER ...]]`, on empty databases of your own (`{carrier}` in the URL is the name),
kills at every n-th step, and prints what became of the messages. It exits with 1 if a text arrived twice or was lost without a
word. `make chaos` kills at each step.
"""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from typing import Literal, TextIO, get_args

import httpx
import msgspec
from msgspec import Struct

from groupchat.aggregates import delivery
from groupchat.aggregates.group_events import MessageSent
from groupchat.bootstrap import System, running, working
from groupchat.commands.streams import DELIVERY
from groupchat.processes.delivery import CARRIER_SECONDS, DeliveryProcess
from groupchat.settings import Settings, from_environment
from groupchat.store.schema import migrated_database
from groupchat.values.clock import utc_now
from tests.carriers.bandwidth.fake import FakeBandwidth
from tests.carriers.telnyx.fake import PUBLIC_KEY, FakeTelnyx
from tests.carriers.twilio.fake import FakeTwilio
from tests.carriers.vendor import Vendor
from tests.store.following import log_to_stderr
from tests.support.builders import number
from tests.support.statements import before_commits
from tests.support.world import World, a_caller, a_world

Place = Literal["commit", "arrived", "taken"]
PEOPLE = (1, 2)
PATIENCE = 30.0
A_MINUTE = timedelta(seconds=2 * CARRIER_SECONDS + 1)
"""After this time, no call of a process that died can still arrive."""


class Counted(Struct):
    """What became of the messages of one carrier, counted for each phone. `twice` and `lost` must be 0."""

    carrier: str
    kills: dict[Place, int]
    once: int = 0
    unconfirmed: int = 0
    twice: int = 0
    lost: int = 0
    """It did not arrive, and its status does not say so."""


class Fake(Struct, frozen=True):
    """A carrier: how to create the fake behind HTTP, if there is one, and the settings that lead to it at the address `{url}`."""

    create: Callable[[], Vendor] | None
    settings: Mapping[str, str]


_ACCOUNT = {"GROUPCHAT_PUBLIC_URL": "https://chat.example.com"}
FAKES = {
    "simulator": Fake(None, {}),
    "telnyx": Fake(
        lambda: FakeTelnyx(honors_keys=False),
        {f"GROUPCHAT_TELNYX_{name}": "x" for name in ("API_KEY", "MESSAGING_PROFILE_ID")}
        | {"GROUPCHAT_TELNYX_PUBLIC_KEY": PUBLIC_KEY, "GROUPCHAT_TELNYX_URL": "{url}/v2"},
    ),
    "bandwidth": Fake(
        FakeBandwidth,
        {
            f"GROUPCHAT_BANDWIDTH_{name}": "x"
            for name in ("ACCOUNT_ID", "APPLICATION_ID", "USER", "PASSWORD", "WEBHOOK_USER", "WEBHOOK_PASSWORD")
        }
        | {"GROUPCHAT_BANDWIDTH_URL": "{url}/api/v2"},
    ),
    "twilio": Fake(
        FakeTwilio,
        {
            f"GROUPCHAT_TWILIO_{name}": "x"
            for name in ("ACCOUNT_SID", "API_KEY", "API_SECRET", "AUTH_TOKEN", "MESSAGING_SERVICE_SID", "SERVICE_SID")
        }
        | {"GROUPCHAT_TWILIO_URL": "{url}", "GROUPCHAT_TWILIO_MEDIA_URL": "{url}"},
    ),
}


class Killing(Struct):
    """The step at which a process is killed: the n-th of its kind."""

    place: Place
    left: int

    def at(self, place: Place, pid: int) -> bool:
        """Count a step, and kill the process if it is the one; return whether it was."""
        if place != self.place:
            return False
        self.left -= 1
        if self.left == 0:
            os.kill(pid, signal.SIGKILL)
        return self.left == 0


class CarrierServer(HTTPServer):
    """A carrier behind HTTP, which serves when it is asked to, and may kill its caller."""

    def __init__(self, vendor: Vendor) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.vendor = vendor
        self.killing: Killing | None = None
        self.caller = 0

    def reached(self, place: Place) -> bool:
        """Count a step of a call; return whether its caller was killed."""
        return self.killing is not None and self.killing.at(place, self.caller)


class _Handler(BaseHTTPRequestHandler):
    server: CarrierServer

    def _respond(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.server.reached("arrived"):
            return
        address = f"http://127.0.0.1{self.path}"
        answer = self.server.vendor.answer(httpx.Request(self.command, address, headers=dict(self.headers), content=content))
        if self.server.reached("taken"):
            return
        self.send_response(answer.status_code)
        self.send_header("content-length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = _respond  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Trials:
    """The messages of one carrier, one for each step: the first of each kind, and every n-th of those that follow."""

    def __init__(self, url: str, carrier: str, every: int) -> None:
        self._every = every
        fake = FAKES[carrier]
        self._server = None if fake.create is None else CarrierServer(fake.create())
        address = "" if self._server is None else f"http://127.0.0.1:{self._server.server_port}"
        given = {"GROUPCHAT_DATABASE_URL": url, "GROUPCHAT_CARRIER": carrier} | (_ACCOUNT if self._server else {})
        self._settings = from_environment(given | {name: value.format(url=address) for name, value in fake.settings.items()})
        self._forward = timedelta()
        self._counted = Counted(carrier, dict.fromkeys(get_args(Place), 0))

    def run(self) -> Counted:
        """Kill a process at each step, until there is no further one; return what became of the messages."""
        key, group = asyncio.run(_prepared(self._settings))
        for place in get_args(Place) if self._server else ("commit",):
            for step in count(1, self._every):
                if not self._is_killed(Killing(place, step), Message(key, group, f"{place} {step}")):
                    break
                self._counted.kills[place] += 1
        asyncio.run(self._judge())
        return self._counted

    def _is_killed(self, killing: Killing, message: "Message") -> bool:
        """Let a process send a message, and kill it at a step; let another continue. Return whether there was such a step."""
        is_killed = self._process(killing, message)
        if is_killed:
            self._process(None, None)
        return is_killed

    def _process(self, killing: Killing | None, message: "Message | None") -> bool:
        """Fork a process that works until everything is delivered, and serve its calls; return whether it was killed."""
        self._forward += A_MINUTE
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            asyncio.run(_live(self._settings, self._forward, killing, message))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self._serve(pipe, child, killing)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status) and status != 0:
            msg = f"a process of {self._counted.carrier} failed with {status}"
            raise RuntimeError(msg)
        return os.WIFSIGNALED(status)

    def _serve(self, ends: TextIO, child: int, killing: Killing | None) -> None:
        """Take calls until the process has ended, and then those that are still on their way."""
        server = self._server
        if server is None:
            select.select([ends], [], [])
            return
        server.caller, server.killing = child, killing
        while ends not in select.select([ends, server], [], [])[0]:
            server.handle_request()
        server.killing = None
        while select.select([server], [], [], 0)[0]:
            server.handle_request()

    async def _judge(self) -> None:
        found = self._counted
        async with running(self._settings) as system:
            for recorded in system.store.log.read(0, 1_000_000).events:
                if not isinstance(recorded.event, MessageSent):
                    continue
                statuses = (await system.store.load_fresh(DELIVERY, delivery.stream(recorded.event.message_id))).statuses
                for phone in map(number, PEOPLE):
                    received = await self._received(system, phone, recorded.event)
                    found.twice += max(received) > 1
                    found.unconfirmed += statuses[phone] == "unconfirmed"
                    found.once += received == (1, 1) and statuses[phone] in ("sent", "delivered")
                    found.lost += min(received) == 0 and statuses[phone] != "unconfirmed"

    async def _received(self, system: System, phone: str, sent: MessageSent) -> tuple[int, int]:
        """Return how often a phone received a message's text, and its file."""
        texts, files = await self._phone(system, phone)
        (file,) = sent.media
        hash_ = sha256(_content(sent.body or "")).hexdigest()
        return texts.count(sent.body), sum(each == hash_ or (file.media_id or "") in each for each in files)

    async def _phone(self, system: System, phone: str) -> tuple[list[str | None], list[str]]:
        if self._server is not None:
            return list(self._server.vendor.phones[phone]), self._server.vendor.files[phone]
        received = [] if system.simulator is None else await system.simulator.handset(phone)
        return [each.body for each in received], [file.url for each in received for file in each.media]


class Message(Struct, frozen=True):
    """A message to send: the caller's key, the conversation, and the body."""

    key: str
    group: str
    body: str


def _content(body: str) -> bytes:
    """Return the content of the file of a message."""
    return f"%PDF-1.4 {body}".encode()


async def _prepared(settings: Settings) -> tuple[str, str]:
    """Create a workspace and a group; return the owner's key and the conversation."""
    async with running(settings) as system:
        world = await a_world(system.store)
        return world.key, await world.group(*PEOPLE)


async def _live(settings: Settings, forward: timedelta, killing: Killing | None, message: Message | None) -> None:
    """Send a message if there is one, and deliver everything, on a clock that is set forward."""
    async with running(settings, clock=lambda: utc_now() + forward) as system:
        if message is not None:
            world = World(store=system.store, who=await a_caller(system.store, message.key), key=message.key)
            file = await world.kept(system.services.media, _content(message.body))
            await world.send(message.group, message.body, (file,))
        if killing is not None:
            before_commits(system.database, lambda: killing.at("commit", os.getpid()))
        stored = asyncio.Event()
        loop = asyncio.get_running_loop()
        system.store.observe(lambda *_: loop.call_soon_threadsafe(stored.set))
        names = [DeliveryProcess.name, *(name for name in system.workers if name == settings.carrier)]
        async with working(system, names), asyncio.timeout(PATIENCE):
            while await _is_unanswered(system):
                await stored.wait()
                stored.clear()
            assert await system.progress.wait_for([DeliveryProcess.name], system.store.log.head(), PATIENCE)


async def _is_unanswered(system: System) -> bool:
    """Return whether the newest message has no outcome yet."""
    sent = [each.event for each in system.store.log.read(0, 1_000_000).events if isinstance(each.event, MessageSent)]
    begun = await system.store.load_fresh(DELIVERY, delivery.stream(sent[-1].message_id))
    return begun is None or begun.unanswered


def main() -> None:
    """Carry out the trials of the command line, and print the counts as JSON."""
    bad = False
    every = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for carrier in sys.argv[3:] or FAKES:
        url = sys.argv[1].format(carrier=carrier)
        migrated_database(url).close()
        counted = Trials(url, carrier, every).run()
        print(msgspec.json.encode(counted).decode(), flush=True)  # noqa: T201 - what it is run for
        bad = bad or counted.twice > 0 or counted.lost > 0
    sys.exit(bad)


if __name__ == "__main__":
    log_to_stderr()
    main()
