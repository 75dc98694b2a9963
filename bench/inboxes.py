"""The first page of an inbox of 100,000 conversations over HTTP, against a bare FastAPI that returns as many bytes.

Our side is an API process alone: the views are complete before, and nothing is written meanwhile.
"""

import asyncio
import http.client
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from subprocess import Popen

import cpu
import histories
import uvloop
from load import Load, Result
from postgres import Server
from rounds import Measure, alternate, compare
from service import CONNECTIONS, LISTENING, SERVE, environment_of, founded, post, started
from stores import opened

from groupchat.commands.keys import read
from groupchat.projections import inbox, read_marks
from groupchat.projections.rebuild import rebuild
from groupchat.values.event import Event
from groupchat.values.ids import new_id

GOAL = 0.5
_PATH = "/v1/conversations?limit=50"
_ECHO = Path(__file__).with_name("echo.py")


class _Side:
    """A server that is asked for one thing, as fast as it responds."""

    def __init__(self, process: Popen[bytes], load: Load) -> None:
        self._process, self._load = process, load
        self.results: list[Result] = []
        self.cpu: list[float] = []

    def get(self) -> float:
        """Ask for a while."""
        before = cpu.used(self._process.pid)
        result = post(self._load)
        if result.refused:
            msg = f"{result.refused} requests were refused"
            raise RuntimeError(msg)
        self.results.append(result)
        self.cpu.append((cpu.used(self._process.pid) - before) / result.accepted)
        return result.accepted / result.seconds

    def notes(self, side: str) -> dict[str, float]:
        """Return medians without the round that warms up."""
        return {
            f"{side}_p50_ms": round(median(result.p50_ms for result in self.results[1:]), 1),
            f"{side}_server_cpu_us": round(median(self.cpu[1:]) * 1e6),
        }


def measure(server: Server, *, rounds: int, seconds: float, conversations: int) -> Measure:
    """Return the rate of pages against that of bare responses of the same length."""
    url = server.database()
    environment = environment_of(url)
    key = founded(environment)
    _fill(url, key, conversations)
    server.checkpoint()
    with ExitStack() as stack:
        api, port = stack.enter_context(started(SERVE, environment, LISTENING))
        length = _length(int(port), key)
        echo, echo_port = stack.enter_context(started((str(_ECHO),), dict(os.environ), LISTENING))
        ours = _Side(api, _load(int(port), _PATH, key, seconds))
        bare = _Side(echo, _load(int(echo_port), f"/json/{length}", key, seconds))
        rates = alternate(f"inbox of {conversations:,} conversations", {"ours": ours.get, "bare": bare.get}, rounds)
    name = f"inbox page of 50 of {conversations:,} conversations / bare GET of as many bytes"
    notes = {"bytes": length, **ours.notes("ours"), **bare.notes("other")}
    return compare(name, rates["ours"], rates["bare"], goal=GOAL, unit="requests/s", notes=notes)


def _load(port: int, path: str, key: str, seconds: float) -> Load:
    return Load(port=port, paths=[path] * CONNECTIONS, key=key, seconds=seconds, method="GET")


def _fill(url: str, key: str, conversations: int) -> None:
    """Store conversations, half of which have an unread reply, and fill the views that the inbox is made of."""
    login = read(key)
    if login is None:
        msg = "the workspace has no key"
        raise RuntimeError(msg)
    with opened(url) as store, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        histories.store(store.database, login.workspace_id, _story(conversations))
        runner.run(rebuild(store, [inbox.VIEW, read_marks.VIEW], lambda _done, _total: None))


def _story(conversations: int) -> Iterator[tuple[str, Event]]:
    for n in range(conversations):
        conversation = new_id("cnv")
        roster = tuple(histories.participant(n * histories.PARTICIPANTS + each) for each in range(histories.PARTICIPANTS))
        told = (*histories.beginning(conversation, roster), *histories.exchange(conversation, roster, replied=n % 2 == 0))
        yield from ((stream, event) for stream, event in told if stream == conversation)


def _length(port: int, key: str) -> int:
    """Return the length of the page, which must be full."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", _PATH, headers={"Authorization": f"Bearer {key}"})
        page = connection.getresponse().read()
    finally:
        connection.close()
    if page.count(b'"unread_count"') != 50:
        msg = f"the inbox does not have 50 conversations: {page[:300]!r}"
        raise RuntimeError(msg)
    return len(page)
